"""What ``manage.py migrate`` and ``manage.py check --database default`` say about this installation."""

from collections.abc import Sequence

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from roapp import trigrams


@register(Tags.database)
def search_indexes(
    databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Searches without their indexes are right, but slow once there are many orders."""
    lacking = {
        index.name
        for alias in databases or []
        for index in trigrams.missing(connections[alias])
    }
    if not lacking:
        return []
    return [
        Warning(
            f"The database lacks indexes for searching: {', '.join(sorted(lacking))}.",
            hint="Install PostgreSQL's extension pg_trgm (as its superuser: CREATE EXTENSION pg_trgm), then "
            "run: manage.py add_search_indexes",
            id="roapp.W001",
        )
    ]
