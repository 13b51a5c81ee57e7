"""The first import that waits until somebody begins it (I3): which rules are in force until then."""

from dataclasses import replace
from datetime import datetime

from integrations.models import StoreConnection
from integrations.sync.import_page import rules_of
from integrations.sync.unimported import plain_rules
from orders.importing.types import Rules

ITS_RULES = ["since", "open_before"]
"""What a first import decides of Admission; no other rule waits for it."""
DECIDED_BY_IT = {"too_old", "not_open"}
"""Codes of the orders that these rules keep out."""


def rules_in_force(connection: StoreConnection) -> Rules:
    """The rules for whatever brings orders in without being asked for them: what a new rule of the first
    import takes in stays out until someone begins that import."""
    rules = rules_of(connection)
    applied = connection.rules_applied
    wanted = plain_rules(connection, rules.admission)
    differs = any(applied.get(each, wanted[each]) != wanted[each] for each in ITS_RULES)
    if not differs or connection.waiting_import is None:
        return rules
    since, open_before = [
        _moment(applied.get(each, wanted[each])) for each in ITS_RULES
    ]
    earlier = replace(rules.admission, since=since, open_before=open_before)
    return replace(rules, admission=earlier)


def give_up(connection: StoreConnection) -> None:
    """A first import that nobody began is cancelled: its rule holds for what the store shows from now on, and
    what was kept out before stays out."""
    wanted = plain_rules(connection, rules_of(connection).admission)
    connection.rules_applied = connection.rules_applied | {
        each: wanted[each] for each in ITS_RULES
    }
    connection.save(update_fields=["rules_applied"])


def _moment(plain: str) -> datetime | None:
    return datetime.fromisoformat(plain) if plain else None
