"""Production serves one stylesheet and one script, made of many."""

import gzip
import json
import re
import shutil

import brotli
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from roapp.bundles import BUNDLES, BundledStaticFilesStorage, bundle

pytestmark = pytest.mark.once


WRITTEN_CSS = """/* Why. */
.a,
.b > p {
  color: var(--text);

  & :hover::after {
    content: attr(data-label) " ";
    margin: 0 -2px;
  }
}
"""
SERVED_CSS = '.a,.b > p{color:var(--text);& :hover::after{content:attr(data-label) " ";margin:0 -2px}}'
WRITTEN_JS = """// Why.
const show = 1;

function tick() {
  // Why.
  show(`${1}: 2`);
}
"""
SERVED_JS = """const show = 1;
function tick() {
show(`${1}: 2`);
}"""


def test_a_stylesheet_has_its_imports_in_their_places(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text(WRITTEN_CSS)
    (tmp_path / "css" / "b.css").write_text(".c {\n  color: red;\n}\n")
    (tmp_path / "both.css").write_text('@import "css/a.css";\n@import "css/b.css";\n')
    (tmp_path / "top.css").write_text('@import "both.css";\n\n.d {\n  color: red;\n}\n')
    assert bundle(tmp_path / "top.css") == f"{SERVED_CSS}.c{{color:red}}.d{{color:red}}"


def test_scripts_keep_their_names_to_themselves(tmp_path):
    (tmp_path / "a.js").write_text(WRITTEN_JS)
    (tmp_path / "b.js").write_text("const show = 2;\n")
    (tmp_path / "app.js").write_text('// All.\nimport "./a.js";\nimport "./b.js";\n')
    assert bundle(tmp_path / "app.js") == f"{{\n{SERVED_JS}\n}}\n{{\nconst show = 2;\n}}"


def test_collected_bundles_are_hashed_and_compressed_and_import_nothing(tmp_path):
    source = FileSystemStorage(settings.BASE_DIR / "static")
    shutil.copytree(source.location, tmp_path, dirs_exist_ok=True)
    storage = BundledStaticFilesStorage(location=tmp_path, base_url="/static/")
    done = list(storage.post_process({name: (source, name) for name in BUNDLES}))
    assert [each for each in done if isinstance(each[2], Exception)] == []
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert sorted(names) == sorted(BUNDLES)
    for name, hashed in names.items():
        text = (tmp_path / hashed).read_text()
        assert hashed != name
        assert re.findall(r'import "|/\*', text) == []
        assert gzip.decompress((tmp_path / f"{hashed}.gz").read_bytes()).decode() == text
        assert brotli.decompress((tmp_path / f"{hashed}.br").read_bytes()).decode() == text
