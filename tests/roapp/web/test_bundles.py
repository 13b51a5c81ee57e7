"""One stylesheet and one script are served, made of many."""

import gzip
import json
import os
import re
from pathlib import Path

import brotli
import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from roapp.web.bundles import SOURCES, BundleFinder, bundle, minified

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
    assert bundle(tmp_path / "top.css").startswith(WRITTEN_CSS)
    assert (
        minified(tmp_path / "top.css") == f"{SERVED_CSS}.c{{color:red}}.d{{color:red}}"
    )


def test_scripts_keep_their_names_to_themselves(tmp_path):
    (tmp_path / "a.js").write_text(WRITTEN_JS)
    (tmp_path / "b.js").write_text("const show = 2;\n")
    (tmp_path / "app.js").write_text('// All.\nimport "./a.js";\nimport "./b.js";\n')
    assert (
        minified(tmp_path / "app.js") == f"{{\n{SERVED_JS}\n}}\n{{\nconst show = 2;\n}}"
    )


@pytest.fixture
def finder(settings, tmp_path) -> BundleFinder:
    """One for a project with a single stylesheet."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.css").write_text("/* Why. */\n.a {\n  color: red;\n}\n")
    settings.BASE_DIR = tmp_path
    finder = BundleFinder()
    finder.storage = FileSystemStorage(tmp_path / "var")
    return finder


def test_a_bundle_is_found_as_it_is_now(finder, settings, tmp_path):
    found = Path(finder.find("bundles/app.css"))
    assert found == tmp_path / "var" / "bundles" / "app.css"
    assert found.read_text() == ".a{color:red}"
    (tmp_path / "static" / "app.css").write_text(".a {\n  color: blue;\n}\n")
    assert finder.find("bundles/app.css", find_all=True) == [str(found)]
    assert found.read_text() == ".a{color:blue}"
    settings.DEBUG = True
    finder.find("bundles/app.css")
    assert found.read_text() == ".a {\n  color: blue;\n}\n"
    assert [path.name for path in found.parent.iterdir()] == ["app.css"]


def test_a_bundle_that_is_the_same_is_not_written_again(finder):
    found = Path(finder.find("bundles/app.css"))
    os.utime(found, (1, 1))
    finder.find("bundles/app.css")
    assert found.stat().st_mtime == 1


def test_other_files_are_left_to_other_finders(finder):
    assert (finder.find("app.css"), finder.find("app.css", find_all=True)) == ([], [])


def test_collected_bundles_are_hashed_and_compressed_and_import_nothing(
    settings, tmp_path
):
    settings.STATIC_ROOT = tmp_path
    # the others' files take long to compress
    settings.STATICFILES_FINDERS = ["roapp.web.bundles.BundleFinder"]
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    for path in SOURCES:
        text = (tmp_path / names[path]).read_text()
        assert names[path] != path
        assert re.findall(r'import "|/\*', text) == []
        assert (
            gzip.decompress((tmp_path / f"{names[path]}.gz").read_bytes()).decode()
            == text
        )
        assert (
            brotli.decompress((tmp_path / f"{names[path]}.br").read_bytes()).decode()
            == text
        )
