from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from roapp.operations import trigrams


class Command(BaseCommand):
    help = "Add the indexes for searching that the database lacks, while people go on working in it."

    def handle(self, *args: object, **options: object) -> None:
        added = 0
        try:
            for index in trigrams.add_missing(connection):
                self.stdout.write(_("Index %(name)s was added.") % {"name": index.name})
                added += 1
        except DatabaseError:
            raise CommandError(
                _(
                    "The indexes need PostgreSQL's extension pg_trgm, and this role may not install it. Have "
                    "a superuser run: CREATE EXTENSION pg_trgm"
                )
            ) from None
        if not added:
            self.stdout.write(_("No index for searching is missing."))
