"""Stylesheets and scripts are written in many files and served as one.

The files at the top of static/ only import those of static/css and static/js. A browser can follow the
imports by itself, and does so with DEBUG. In production that would be dozens of requests, so
``collectstatic`` puts what is imported into the places of the imports, and leaves out what only people
read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = ["admin.css", "app.css", "app.js", "theme.css"]
CSS_IMPORT = re.compile(r'^@import "(.+)";$', re.MULTILINE)
JS_IMPORT = re.compile(r'^import "(.+)";$', re.MULTILINE)


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # has no types
    """Hashed and compressed files, with bundles in the places of the files that import."""

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        """Hash and compress ``paths``: name -> the storage of its source, and its path there."""
        bundles = InMemoryStorage()
        for name in BUNDLES:
            storage, path = paths[name]
            bundles.save(name, ContentFile(bundle(Path(storage.path(path)))))
            paths[name] = bundles, name
        yield from super().post_process(paths, *args, **options)


def bundle(path: Path) -> str:
    """The text of a stylesheet or script with what it imports in it, without what only people read."""
    return minified_css(path) if path.suffix == ".css" else minified_js(path)


def minified_css(path: Path) -> str:
    text = re.sub(r"/\*.*?\*/", "", with_imported_css(path), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    # A space in front of a colon stays: ".a :hover" is what is hovered over inside of .a.
    text = re.sub(r" ?([{};]) ?|(?<=[:,]) ", r"\1", text)
    return text.replace(";}", "}").strip()


def with_imported_css(path: Path) -> str:
    """The stylesheet as it was written, with the imported ones in their places."""
    return CSS_IMPORT.sub(lambda found: with_imported_css(path.parent / found[1]), path.read_text())


def minified_js(path: Path) -> str:
    # In a block of its own each file keeps its names to itself, as a module does.
    text = JS_IMPORT.sub(lambda found: "{\n" + minified_js(path.parent / found[1]) + "\n}", path.read_text())
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
