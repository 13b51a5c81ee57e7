"""What is measured runs in processes of their own, so that memory and processor time are theirs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def environment(url: str, **more: str) -> dict[str, str]:
    """Of a process with this database: ours, with the same settings on every machine, and ``more``."""
    return {
        **os.environ,
        "DEBUG": "1",
        "LOG_LEVEL": "ERROR",
        "LANGUAGE_CODE": "en",
        "TIME_ZONE": "UTC",
        "DJANGO_SETTINGS_MODULE": "roapp.settings",
        "DATABASE_URL": url,
        **more,
    }


def told_by(
    arguments: Sequence[str], settings: Mapping[str, str], folder: Path | None = None
) -> Any:  # noqa: ANN401  JSON, of a shape that the caller knows
    """What a Python program writes as JSON in its last line."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=settings,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])
