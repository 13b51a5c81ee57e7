"""Users and groups in the administration: who may give what to whom."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, ManyToManyField, Model, Q, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common.admin import OnlyOfferedFilters, ReadOnlyAdmin
from common.formats import grouped, person_name
from common.http import SignedInRequest, int_or_none
from common.one_time_keys import own_transactions
from orders.domain.assignees import assignable, offer
from orders.domain.permissions import CHANGE
from orders.order_list.colleagues import TYPED
from roapp import colleagues
from roapp.permissions import name_of, refusal
from roapp.traces import has_traces, personal_names

NOT_GIVEN = Q(
    content_type__app_label__in=["admin", "axes", "contenttypes", "sessions"]
) | Q(content_type__app_label="auth", content_type__model="permission")
"""Permissions that open nothing that a person uses."""

INVITED = "invited"
"""The session's note of whose invitation the next page shows."""

admin.site.unregister([User, Group])


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
class StaffAdmin(OnlyOnesOwn[User], UserAdmin):
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
        with self._still_allowed(request, self.has_change_permission, users):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with self._still_allowed(request, self.has_delete_permission, [obj]):
            super().delete_model(request, obj)

    def response_action(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """The history, which Django writes before it deletes, says nothing of what was refused."""
        with transaction.atomic():
            answer: HttpResponse | None = super().response_action(
                request, *args, **kwargs
            )
        return answer

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = list(queryset)
        with self._still_allowed(request, self.has_delete_permission, users):
            super().delete_queryset(request, queryset)

    @contextmanager
    def _still_allowed(
        self,
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
            held = {each.pk: each for each in rows.order_by("pk")}
            request.user = held.get(me) or AnonymousUser()
            known = [held[each.pk] for each in users if each.pk in held]
            if not self.admin_site.has_permission(request) or not all(
                may(request, each) for each in known
            ):
                raise PermissionDenied(
                    gettext("Your account was changed meanwhile. Nothing was done.")
                )
            yield

    def get_urls(self) -> list[URLPattern]:
        invite = self.admin_site.admin_view(self.invite_view)
        link = self.admin_site.admin_view(self.link_view)
        leave = self.admin_site.admin_view(self.leave_view)
        return [
            path("invite/", invite, name="auth_user_invite"),
            path("<int:pk>/invite/", link, name="auth_user_link"),
            path("<int:pk>/leave/", leave, name="auth_user_leave"),
            *super().get_urls(),
        ]

    @own_transactions
    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """*Add colleague*: whom, and in which role of those that one may give."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        roles = Group.objects.filter(pk__in=given_by(request.user)).order_by("name")
        form = colleagues.InvitationForm(request.POST or None, roles=roles)
        if request.method == "POST" and form.is_valid():
            user = form.save()
            self.log_addition(request, user, [{"added": {}}])
            return self._invite(request, user)
        page = {
            "form": form,
            "roles": [(each, colleagues.described(each)) for each in roles],
        }
        title = gettext("Add colleague")
        return self._page(request, title, "administration/_invite.html", page)

    def _invite(self, request: HttpRequest, user: User) -> HttpResponse:
        """By mail, or with the link on the next page, once."""
        if colleagues.send_invitation(user, colleagues.invitation(request, user)):
            text = gettext("An invitation was sent to %(email)s.")
            messages.success(request, text % {"email": user.email})
            return redirect("admin:auth_user_changelist")
        request.session[INVITED] = user.pk
        return redirect("admin:auth_user_link", user.pk)

    @own_transactions
    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another invitation; or, after one that could not be mailed, its link."""
        user = self._changeable(request, pk)
        if user.has_usable_password() or not user.is_active:
            raise PermissionDenied
        if request.method == "POST":
            return self._invite(request, user)
        is_shown = request.session.pop(INVITED, None) == pk
        link = colleagues.invitation(request, user) if is_shown else ""
        title = gettext("Invitation for %(name)s") % {"name": person_name(user)}
        page = {"link": link, "days": colleagues.DAYS}
        return self._page(request, title, "administration/_invited.html", page)

    @own_transactions
    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Deactivate a colleague, and hand their open orders to somebody."""
        user = self._changeable(request, pk)
        if user.pk == request.user.pk:
            messages.error(request, gettext("Nobody can deactivate themselves."))
            return redirect("admin:auth_user_change", pk)
        if request.method == "POST" and (answer := self._let_go(request, user)):
            return answer
        title = gettext("%(name)s leaves") % {"name": person_name(user)}
        found = offer(cast("User", request.user), request.GET.get(TYPED, ""))
        page = {
            "user": user,
            "count": colleagues.open_orders_of(user).count(),
            "colleagues": found,
            "people": [each for each in found.people if each.pk != pk],
        }
        return self._page(request, title, "administration/_leave.html", page)

    def _let_go(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Deactivate the user, and hand over what is open; None where nobody was chosen for that."""
        if (
            "action" not in request.POST
            and not colleagues.open_orders_of(user).exists()
        ):
            with self._still_allowed(request, self.has_change_permission, [user]):
                colleagues.deactivate(user)
            self._say_gone(request, user)
            return redirect("admin:auth_user_changelist")
        chosen = request.POST.get("successor", "none")
        people = assignable().exclude(pk=user.pk)
        successor = people.filter(pk=int_or_none(chosen) or 0).first()
        if "action" not in request.POST and not successor and chosen != "none":
            messages.error(request, gettext("Choose who takes over the orders."))
            return None
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(refusal([CHANGE]))
        with self._still_allowed(request, self.has_change_permission, [user]):
            begun = colleagues.let_go(cast("SignedInRequest", request), user, successor)
        if isinstance(begun, HttpResponse):
            return begun
        colleagues.hand_over(begun)
        self._say_gone(request, user)
        if later := colleagues.left_by(begun, user):
            text = ngettext(
                "%(count)s order was assigned to %(name)s after the question, and still is.",
                "%(count)s orders were assigned to %(name)s after the question, and still are.",
                later,
            )
            values = {"count": grouped(later), "name": person_name(user)}
            messages.warning(request, text % values)
        return redirect("orders:bulk-action", begun.pk)

    def _say_gone(self, request: HttpRequest, user: User) -> None:
        self.log_change(request, user, [{"changed": {"fields": ["active"]}}])
        text = gettext("%(name)s can no longer log in.")
        messages.success(request, text % {"name": person_name(user)})

    def _changeable(self, request: HttpRequest, pk: int) -> User:
        """The user, for somebody who may change them."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and not (obj and _why_kept(obj, request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the reason where there is no button to delete."""
        user = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if user is not None and super().has_delete_permission(request, user):
            context["why_kept"] = _why_kept(user, request)
        return super().change_view(request, object_id, form_url, context)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user = self.get_object(request, unquote(object_id))
        if (
            user is not None
            and super().has_delete_permission(request, user)
            and (why := _why_kept(user, request))
        ):
            title = gettext("%(name)s is not deleted") % {"name": person_name(user)}
            page = {"user": user, "why": why}
            part = "administration/_kept.html"
            return self._page(request, title, part, page, status=403)
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        kept = [why for user in objs if (why := _why_kept(user, request))]
        if kept:
            return [], {}, set(), kept
        return super().get_deleted_objects(objs, request)

    def _page(
        self,
        request: HttpRequest,
        title: str,
        part: str,
        page: dict[str, object],
        status: int = 200,
    ) -> HttpResponse:
        context = self.admin_site.each_context(request)
        context |= {"title": title, "opts": self.opts, "part": part, "page": page}
        answer = TemplateResponse(request, "admin/page.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer

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


def _why_kept(user: User, request: HttpRequest) -> str:
    """Why the account cannot be deleted, in the reader's language, else an empty text."""
    if user.pk == request.user.pk:
        return gettext("Nobody can delete themselves.")
    if not has_traces(user):
        return ""
    values = {"name": person_name(user)}
    text = gettext(
        "%(name)s has worked here. What they did stays under their name, so the account cannot be deleted."
    )
    if not user.is_active:
        return text % values
    instead = format_html(
        '<a href="{}">{}</a>',
        reverse("admin:auth_user_leave", args=[user.pk]),
        gettext("%(name)s leaves") % values,
    )
    return format_html("{} {}: {}", text % values, gettext("Instead"), instead)


def _all_of(user: User) -> QuerySet[Permission, int]:
    """Ids of the permissions that were given to the user, directly or by a group; also while the account is
    not active."""
    given = Permission.objects.exclude(NOT_GIVEN).filter(
        Q(user=user) | Q(group__user=user)
    )
    return given.values_list("pk", flat=True)
