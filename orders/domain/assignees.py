"""Who may work on orders. A few colleagues stand in a menu; of many some are offered, and the others are
searched for."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from common.lists.search import MAX_SEARCH_LENGTH, Word, words_of
from common.prepared import prepared
from common.text import contract, fold, printable
from orders.domain.permissions import VIEW
from orders.models import BulkAction

MAX_LISTED = 12
"""Up to so many colleagues are listed."""
MAX_OFFERED = 8
"""Of more than those, so many are offered at a time."""
MAX_LATEST = 200
"""Among how many of somebody's latest actions those are looked for whom they chose."""
NAME = Coalesce(
    NullIf(
        Trim(Concat("first_name", Value(" "), "last_name")),
        Value(""),
        output_field=CharField(),
    ),
    "username",
)
"""What a user is called, as ``person_name`` has it."""


@dataclass(frozen=True, slots=True)
class Choice:
    pk: int
    name: str

    @property
    def shown_name(self) -> str:
        return self.name


def assignable() -> QuerySet[User]:
    """Users who can log in and see orders."""
    app, codename = VIEW.split(".")
    seeing = Permission.objects.filter(content_type__app_label=app, codename=codename)
    roles = Group.objects.filter(permissions__in=seeing)
    return User.objects.filter(
        Q(is_superuser=True)
        | Q(pk__in=User.groups.through.objects.filter(group__in=roles).values("user"))
        | Q(
            pk__in=User.user_permissions.through.objects.filter(
                permission__in=seeing
            ).values("user")
        ),
        is_active=True,
    )


class Names(dict[int, str]):
    """What users are called, by id, those too who have left; empty for nobody's id."""

    def read(self, ids: Iterable[int]) -> None:
        """Learn those that are not known yet, with one query."""
        unknown = {*ids} - self.keys()
        if unknown:
            rows = User.objects.filter(pk__in=unknown).values_list("pk", NAME)
            self.update(dict.fromkeys(unknown, "") | dict(rows))

    def __missing__(self, pk: int) -> str:
        self.read([pk])
        return self[pk]


@dataclass(frozen=True, slots=True)
class Offer:
    """Colleagues to choose from: with ``is_whole`` all there are; else who matches ``text`` or, where nothing
    is searched for, whom one may want. ``is_cut`` if more match."""

    people: list[Choice]
    is_whole: bool
    text: str = ""
    is_cut: bool = False


def offer(user: User, text: str = "", *, present: int | None = None) -> Offer:
    """Of many, those who match ``text``; without one ``present``, who has the order now, whom ``user`` chose
    last, and others, all beside ``user``, who is *me* in every menu. At most two queries."""
    everyone = in_order(Choice(*each) for each in _everyone())
    if len(everyone) <= MAX_LISTED:
        return Offer(everyone, is_whole=True)
    typed = printable(text, MAX_SEARCH_LENGTH)
    if typed:
        found = _found(everyone, typed)
        is_cut = len(found) > MAX_OFFERED
        return Offer(found[:MAX_OFFERED], is_whole=False, text=typed, is_cut=is_cut)
    first = [present, *_chosen_last(user)]
    places = {pk: place for place, pk in reversed([*enumerate(first)])}
    others = [each for each in everyone if each.pk != user.pk]
    others.sort(key=lambda each: places.get(each.pk, len(first)))
    return Offer(others[:MAX_OFFERED], is_whole=False)


@prepared
def _everyone() -> QuerySet[User, tuple[int, str]]:
    return assignable().values_list("pk", NAME)


def in_order(people: Iterable[Choice]) -> list[Choice]:
    return sorted(people, key=lambda each: (fold(each.name), each.pk))


def _found(people: Iterable[Choice], text: str) -> list[Choice]:
    """By the rules by which orders and customers are searched (O4); those first whose names begin so."""
    words = words_of(text)
    held = [(each, f" {contract(fold(each.name))} ") for each in people]
    found = [
        (each, name) for each, name in held if all(_is_in(name, word) for word in words)
    ]
    found.sort(key=lambda each: not all(f" {word.text}" in each[1] for word in words))
    return [each for each, _name in found]


def _is_in(name: str, word: Word) -> bool:
    return (f" {word.text}" if word.starts_short else word.text) in name


def _chosen_last(user: User) -> list[int]:
    """Whom the user assigned orders to, the latest first."""
    actions = BulkAction.objects.filter(by=user).order_by("-asked_at", "-pk")
    latest = actions.values_list("assignee", flat=True)[:MAX_LATEST]
    return list(dict.fromkeys(pk for pk in latest if pk is not None))
