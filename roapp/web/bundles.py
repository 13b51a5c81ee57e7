"""Stylesheets and scripts are written in many files and served as one: ``static("bundles/app.css")``.

The files at the top of static/ consist of imports. With the imported files in the places of the imports they
are bundles, which are written to VAR_DIR whenever a server with DEBUG or ``collectstatic`` looks for them.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SOURCES = {
    f"bundles/{path.name}": path.name
    for path in sorted((settings.BASE_DIR / "static").glob("*.*"))
    if path.suffix in {".css", ".js"}
}
"""A bundle's path among the static files -> the file in static/ that it begins with."""
CSS_IMPORT = re.compile(r'^@import "(.+)";$', re.MULTILINE)
JS_IMPORT = re.compile(r'^import "(.+)";$', re.MULTILINE)


class BundleFinder(BaseFinder):
    """Finds bundles as they are now. With DEBUG they stay as they were written."""

    storage = FileSystemStorage(settings.VAR_DIR / "static")

    def find(self, path: str, find_all: bool = False, **_options: object) -> Any:  # noqa: ANN401  a path, or a list of them
        found = [str(self._written(path))] if path in SOURCES else []
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path in SOURCES:
            self._written(path)
            yield path, self.storage

    def _written(self, path: str) -> Path:
        source = settings.BASE_DIR / "static" / SOURCES[path]
        text = bundle(source) if settings.DEBUG else minified(source)
        target = Path(self.storage.path(path))
        if not target.exists() or target.read_text() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            # In one step, since other threads and processes may be reading it.
            draft = target.with_name(f"{target.name}.{threading.get_native_id()}")
            draft.write_text(text)
            draft.replace(target)
        return target


def bundle(path: Path) -> str:
    """The text of a stylesheet or script with the imported ones in their places."""
    if path.suffix == ".css":
        return CSS_IMPORT.sub(
            lambda found: bundle(path.parent / found[1]), path.read_text()
        )
    # In a block of its own each script keeps its names to itself, as a module does.
    return JS_IMPORT.sub(
        lambda found: "{\n" + bundle(path.parent / found[1]) + "}", path.read_text()
    )


def minified(path: Path) -> str:
    """A bundle without what only people read."""
    return (
        _without_spaces(bundle(path))
        if path.suffix == ".css"
        else _without_comments(bundle(path))
    )


def _without_spaces(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    # A space in front of a colon stays: ".a :hover" is what is hovered over inside of .a.
    css = re.sub(r" ?([{};]) ?|(?<=[:,]) ", r"\1", css)
    return css.replace(";}", "}").strip()


def _without_comments(script: str) -> str:
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
