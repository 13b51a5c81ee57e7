from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from roapp.operations.moving import CannotMove, move


class Command(BaseCommand):
    help = (
        "Move everything from an installation on SQLite into the PostgreSQL database that DATABASE_URL "
        "names, which migrate has made and nobody has worked in. The old one is only read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="the SQLite database, as var/roapp.sqlite3"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = move(options["file"], now=timezone.now(), say=self._say)
        except CannotMove as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            _("%(rows)s rows of %(tables)s tables were moved and counted again.")
            % {"rows": sum(rows.values()), "tables": len(rows)}
        )

    def _say(self, table: str, rows: int) -> None:
        """At once, also into a file or a pipe."""
        if rows:
            self.stdout.write(f"{table}: {rows}")
            self.stdout.flush()
