"""Who may give what to whom in the administration: nobody more than they have."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ManyToManyField, Model, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext

from common.admin import OnlyOfferedFilters
from roapp.accounts.traces import personal_names
from roapp.permissions import name_of

NOT_GIVEN = Q(
    content_type__app_label__in=["admin", "axes", "contenttypes", "sessions"]
) | Q(content_type__app_label="auth", content_type__model="permission")
"""Permissions that open nothing that a person uses."""


def held(user: User | AnonymousUser) -> QuerySet[Permission]:
    """The permissions that this user has and that are of use to anybody."""
    known = Permission.objects.exclude(NOT_GIVEN).select_related("content_type")
    known = known.order_by("content_type__app_label", "content_type__model", "codename")
    if user.is_superuser:
        return known
    names = user.get_all_permissions()
    return known.filter(
        pk__in=[
            each.pk
            for each in known
            if f"{each.content_type.app_label}.{each.codename}" in names
        ]
    )


def exceeds(group: Group, user: User | AnonymousUser) -> bool:
    """Whether the group may do what the user may not."""
    wanted = group.permissions.exclude(NOT_GIVEN)
    return (
        not user.is_superuser
        and wanted.exclude(pk__in=held(user).values("pk")).exists()
    )


def given_by(user: User | AnonymousUser) -> list[int]:
    """Ids of the groups that this user may put others into."""
    return [group.pk for group in Group.objects.all() if not exceeds(group, user)]


class PermissionsField(ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        app = apps.get_app_config(obj.content_type.app_label)
        try:
            return f"{app.verbose_name} · {name_of(f'{app.label}.{obj.codename}')}"
        except LookupError:
            # The permission is of a model that is no longer there.
            return f"{app.verbose_name} · {obj.name}"


M = TypeVar("M", bound=Model)


class OnlyOnesOwn(OnlyOfferedFilters, Generic[M]):
    """Nobody gives away more than they have themselves, nor changes those who have more."""

    def outranks(self, obj: M, user: User | AnonymousUser) -> bool:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (
            obj and self.outranks(obj, request.user)
        )

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (
            obj and self.outranks(obj, request.user)
        )

    def get_deleted_objects(
        self, objs: Sequence[M] | QuerySet[M], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Named are those that are deleted; of what goes with them, only how many there are."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        named = [each for each in deleted if isinstance(each, str)]
        hidden = personal_names()
        counts = {name: n for name, n in counts.items() if str(name) not in hidden}
        return named, counts, lacking, protected

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        if db_field.name in {"permissions", "user_permissions"}:
            kwargs |= {"queryset": held(request.user), "form_class": PermissionsField}
        elif db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(pk__in=given_by(request.user))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@contextmanager
def still_allowed(
    request: HttpRequest,
    may: Callable[[HttpRequest, User], bool],
    users: Sequence[User],
) -> Iterator[None]:
    """A transaction in which whoever acts on ``users`` still may. Of two who switch each other off at one
    moment the second waits here, and then has been switched off."""
    me = cast("User", request.user).pk
    keys = {me, *(each.pk for each in users)}
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=keys)
    with transaction.atomic():
        # All lock in this order, so that nobody waits for one who waits for them.
        held_rows = {each.pk: each for each in rows.order_by("pk")}
        request.user = held_rows.get(me) or AnonymousUser()
        known = [held_rows[each.pk] for each in users if each.pk in held_rows]
        if not admin.site.has_permission(request) or not all(
            may(request, each) for each in known
        ):
            raise PermissionDenied(
                gettext("Your account was changed meanwhile. Nothing was done.")
            )
        yield
