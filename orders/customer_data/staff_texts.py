"""Erasing a person from what staff keep for themselves: saved views of the list, and drafts of forms.

Such a text need not be about the person. It is taken to be where it holds a full name, number or e-mail
address of theirs, or looks for a name that no other customer bears.
"""

from collections.abc import Mapping

from django.http import QueryDict

from common.models import FormDraft
from customers.models import Customer
from customers.search import apply_search
from orders.customer_data.redaction import GONE, KnownPerson, Traces
from orders.models import SavedView


def clear_staff_texts(person: KnownPerson, ids: set[str]) -> None:
    """``ids`` are those of the person as a customer.

    A view that looked for nobody else is deleted; of all others what does not tell of the person stays.
    """
    looked_for = person.whole_traces(names=_names_of_nobody_else(person, ids))
    _clear_views(person, ids, looked_for)
    _clear_drafts(person, ids, looked_for)


def _names_of_nobody_else(person: KnownPerson, ids: set[str]) -> list[str]:
    others = Customer.objects.living().exclude(pk__in=ids)
    return [
        word
        for word in person.words()
        if not apply_search(others, word, contact_data=False).exists()
    ]


def _clear_views(person: KnownPerson, ids: set[str], looked_for: Traces) -> None:
    traces, whole = person.traces(), person.whole_traces()
    for view in SavedView.objects.select_for_update():
        query = QueryDict(view.query, mutable=True)
        search = query.get("q", "")
        cleared = looked_for.without(search)
        is_about = cleared != search or not ids.isdisjoint(query.getlist("customer"))
        name = (traces if is_about else whole).without(view.name)
        if cleared != search:
            query["q"] = " ".join(cleared.replace(GONE, " ").split())
            if not query["q"]:
                view.delete()
                continue
            view.query = query.urlencode()
        elif name == view.name:
            continue
        view.name = name[: SavedView._meta.get_field("name").max_length]
        view.save(update_fields=["name", "query"])


def _clear_drafts(person: KnownPerson, ids: set[str], looked_for: Traces) -> None:
    traces, whole = person.traces(), person.whole_traces()
    for draft in FormDraft.objects.select_for_update().filter(closed_at=None):
        fields = dict(draft.fields)
        is_theirs = fields.get("chosen", "") in ids
        if not is_theirs and not _tells(fields, whole, looked_for):
            continue
        if is_theirs:
            del fields["chosen"]
        draft.fields = {name: _without(text, traces) for name, text in fields.items()}
        draft.save(update_fields=["fields"])


def _tells(fields: Mapping[str, str], whole: Traces, looked_for: Traces) -> bool:
    search = fields.get("who", "")
    if looked_for.without(search) != search:
        return True
    name = f"{fields.get('first_name', '')} {fields.get('last_name', '')}"
    return any(whole.without(text) != text for text in [name, *fields.values()])


def _without(text: str, traces: Traces) -> str:
    """Empty where nothing but the person stood there."""
    cleared = traces.without(text)
    return cleared if cleared.replace(GONE, "").strip() else ""
