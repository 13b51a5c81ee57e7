"""Users, groups and failed logins in the administration."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import ReadOnlyAdmin
from roapp.accounts import colleagues
from roapp.accounts.colleague_pages import ColleaguePages
from roapp.accounts.giving import NOT_GIVEN, OnlyOnesOwn, exceeds, held, still_allowed
from roapp.accounts.traces_admin import KeptWithTraces

admin.site.unregister([User, Group])


class OnesOwnForm(UserChangeForm):
    """Of the user who changes it: nobody locks themselves out of the administration."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("is_active") is False:
            text = gettext("Nobody can deactivate themselves.")
            self.add_error("is_active", text)
        for field in ["is_staff", "is_superuser"]:
            if given.get(field) is False and getattr(self.instance, field):
                self.add_error(field, self._own_way())
        if not self.errors and not self._may_still_change_users(given):
            self.add_error("groups", self._own_way())
        return given

    def _own_way(self) -> ValidationError:
        return ValidationError(
            gettext("Nobody can take their own way into the administration away.")
        )

    def _may_still_change_users(self, given: dict[str, Any]) -> bool:
        if given.get("is_superuser", self.instance.is_superuser):
            return True
        wanted = Q(pk__in=given["user_permissions"]) | Q(group__in=given["groups"])
        permissions = Permission.objects.filter(content_type__app_label="auth")
        return permissions.filter(wanted, codename="change_user").exists()


@admin.register(User)
class StaffAdmin(ColleaguePages, KeptWithTraces, OnlyOnesOwn[User], UserAdmin):
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

    def get_form(
        self,
        request: HttpRequest,
        obj: User | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ModelForm]:
        if obj and obj.pk == request.user.pk:
            kwargs["form"] = OnesOwnForm
        form: type[ModelForm] = super().get_form(request, obj, change=change, **kwargs)
        return form

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: object, change: bool
    ) -> None:
        """Who is put into a group that works in the administration gets in, as those who are invited do."""
        super().save_related(request, form, formsets, change)
        if "groups" in form.changed_data:
            colleagues.let_into_administration(form.instance)

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm, change: bool
    ) -> None:
        users = [obj] if change else []
        with still_allowed(request, self.has_change_permission, users):
            super().save_model(request, obj, form, change)

    def outranks(self, obj: User, user: User | AnonymousUser) -> bool:
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
class RoleAdmin(OnlyOnesOwn[Group], GroupAdmin):  # type: ignore[misc]  # the stubs narrow a method of GroupAdmin
    list_display = ["name", "members"]

    def outranks(self, obj: Group, user: User | AnonymousUser) -> bool:
        return exceeds(obj, user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(members=Count("user"))

    @admin.display(description=_("members"), ordering="members")
    def members(self, obj: Any) -> int:  # noqa: ANN401  a Group, counted in get_queryset
        return int(obj.members)


def _all_of(user: User) -> QuerySet[Permission, int]:
    """Ids of the permissions that were given to the user, directly or by a group; also while the account is
    not active."""
    given = Permission.objects.exclude(NOT_GIVEN).filter(
        Q(user=user) | Q(group__user=user)
    )
    return given.values_list("pk", flat=True)
