"""Users and groups in the administration: who may give what to whom."""

from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import OnlyOfferedFilters, ReadOnlyAdmin
from roapp.permissions import name_of

NOT_GIVEN = Q(
    content_type__app_label__in=["admin", "axes", "contenttypes", "sessions"]
) | Q(content_type__app_label="auth", content_type__model="permission")
"""Permissions that open nothing that a person uses."""

admin.site.unregister([User, Group])


def held(user: Any) -> QuerySet[Permission]:
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


def exceeds(group: Group, user: Any) -> bool:
    """Whether the group may do what the user may not."""
    wanted = group.permissions.exclude(NOT_GIVEN)
    return (
        not user.is_superuser
        and wanted.exclude(pk__in=held(user).values("pk")).exists()
    )


class PermissionsField(ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        app = apps.get_app_config(obj.content_type.app_label)
        try:
            return f"{app.verbose_name} · {name_of(f'{app.label}.{obj.codename}')}"
        except LookupError:
            # The permission is of a model that is no longer there.
            return f"{app.verbose_name} · {obj.name}"


class OnlyOnesOwn(OnlyOfferedFilters):
    """Nobody gives away more than they have themselves, nor changes those who have more."""

    def outranks(self, obj: Any, user: Any) -> bool:
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (
            obj and self.outranks(obj, request.user)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (
            obj and self.outranks(obj, request.user)
        )

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in {"permissions", "user_permissions"}:
            kwargs |= {"queryset": held(request.user), "form_class": PermissionsField}
        elif db_field.name == "groups":
            own = [
                group.pk
                for group in Group.objects.all()
                if not exceeds(group, request.user)
            ]
            kwargs["queryset"] = Group.objects.filter(pk__in=own)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(User)
class StaffAdmin(OnlyOnesOwn, UserAdmin):
    list_display = [
        "username",
        "full_name",
        "email",
        "roles",
        "is_staff",
        "is_active",
        "last_login",
    ]
    list_filter = ["is_active", "is_staff", "groups"]
    filter_horizontal = ["groups", "user_permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[str]:
        return [
            "last_login",
            "date_joined",
            *([] if request.user.is_superuser else ["is_superuser"]),
        ]

    def outranks(self, obj: User, user: Any) -> bool:
        if user.is_superuser:
            return False
        return obj.is_superuser or not set(_all_of(obj)) <= set(
            held(user).values_list("pk", flat=True)
        )

    @admin.display(description=_("name"))
    def full_name(self, obj: User) -> str:
        return obj.get_full_name()

    @admin.display(description=_("groups"))
    def roles(self, obj: User) -> str:
        return ", ".join(group.name for group in obj.groups.all())


@admin.register(AccessAttempt)
class FailedLoginAdmin(ReadOnlyAdmin):
    """Wrong passwords of the last quarter of an hour. Whoever may change users may forget them."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time"]
    fields = ["username", "ip_address", "failures_since_start", "attempt_time"]
    search_fields = ["username", "ip_address"]
    actions = ["end_locks"]

    def has_view_permission(
        self, request: HttpRequest, obj: AccessAttempt | None = None
    ) -> bool:
        return self.has_end_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_end_permission(request)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("auth.change_user"))

    @admin.action(description=_("Let them log in again"), permissions=["end"])
    def end_locks(
        self, request: HttpRequest, queryset: QuerySet[AccessAttempt]
    ) -> None:
        queryset.delete()
        self.message_user(request, gettext("Nobody is locked out by these any more."))


@admin.register(Group)
class RoleAdmin(OnlyOnesOwn, GroupAdmin):  # type: ignore[misc]  # the stubs narrow a method of GroupAdmin
    list_display = ["name", "members"]

    def outranks(self, obj: Group, user: Any) -> bool:
        return exceeds(obj, user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(members=Count("user"))

    @admin.display(description=_("members"), ordering="members")
    def members(self, obj: Any) -> int:
        return int(obj.members)


def _all_of(user: User) -> QuerySet[Permission, int]:
    """Ids of the permissions that were given to the user, directly or by a group; also while the account is
    not active."""
    given = Permission.objects.exclude(NOT_GIVEN).filter(
        Q(user=user) | Q(group__user=user)
    )
    return given.values_list("pk", flat=True)
