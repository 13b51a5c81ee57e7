"""What a program has started, and what of it still runs."""

from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> dict[int, str]:
    """Ids and command lines of all processes that ``pid`` has started, by whatever way."""
    parents: dict[int, int] = {}
    for each in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(each.name)] = int(
                (each / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found: dict[int, str] = {}
    new = {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= {child: _command(child) for child in new}
    return found


def alive(pids: dict[int, str]) -> dict[int, str]:
    """Those of the processes that still run; an id that another program has got meanwhile does not count."""
    return {
        pid: command
        for pid, command in pids.items()
        if command and _command(pid) == command
    }


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
