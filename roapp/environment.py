"""Variables of the environment, and lines of a file ``.env``: each is read by one call that names its kind,
and a value that is none of that kind is refused at the start with a sentence."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
DEMO = "RO_APP_DEMO"
"""Set in the environment of a demo (make run), which is an installation of its own, whose folder it may share
with another one: it reads no .env."""
Kind = Callable[[str], T]
"""Makes a value of a text, or raises ValueError with what the variable must be: "must be a number"."""


class WrongSettingError(ImproperlyConfigured):
    """A sentence for whoever wrote the settings: which variable is wrong, and what it must be."""


def end_with_the_sentence() -> None:
    """A program that a wrong setting ends says that sentence alone: where it was read helps nobody."""
    usual = sys.excepthook

    def say(
        kind: type[BaseException], error: BaseException, places: TracebackType | None
    ) -> None:
        if isinstance(error, WrongSettingError):
            sys.stderr.write(f"{error}\n")
        else:
            usual(kind, error, places)

    sys.excepthook = say


@dataclass(frozen=True, slots=True)
class Variable:
    """How a variable was read."""

    kind: Kind[object]
    secret: bool


class Environment:
    """Reads variables, and remembers in ``read`` which, and in ``of_file`` what only the file has named. What
    is empty counts as not set.

    A secret may lie in a file of its own, as containers are given secrets: SECRET_KEY_FILE=/run/secrets/key.
    """

    def __init__(self, file: Path) -> None:
        given = set(os.environ)
        if DEMO not in os.environ:
            environ.Env.read_env(file)
        self.of_file = set(os.environ) - given
        self.read: dict[str, Variable] = {}

    def __call__(
        self, name: str, kind: Kind[T], default: T, *, secret: bool = False
    ) -> T:
        self.read[name] = Variable(kind, secret)
        text = self._secret(name) if secret else os.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return kind(text)
        except ValueError as error:
            shown = "" if secret else f"; it is “{text}”"
            raise WrongSettingError(f"{name} {error}{shown}.") from None

    def required(
        self,
        name: str,
        kind: Kind[T],
        why: str,
        default: T | None,
        *,
        secret: bool = False,
    ) -> T:
        """Without a default, which is for development, what is not set is refused."""
        value = self(name, kind, default, secret=secret)
        if value is None:
            raise WrongSettingError(
                f"{name} is not set; {why} (README.md, Deployment)."
            )
        return value

    def _secret(self, name: str) -> str:
        text = os.environ.get(name, "").strip()
        file = os.environ.get(f"{name}_FILE", "").strip()
        if not file:
            return text
        if text:
            raise WrongSettingError(
                f"{name} and {name}_FILE are both set, and only one of them may be."
            )
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise WrongSettingError(
                f"{name}_FILE must name a file that RO App may read; it is “{file}”."
            ) from None
