"""The administration of accounts that have left traces: they are not deleted, and a page says why."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from common.admin import OwnPages
from common.formats import person_name
from roapp.accounts.giving import still_allowed
from roapp.accounts.traces import has_traces


class KeptWithTraces(OwnPages):
    """Whoever has worked stays in the history under their name. Nobody deletes themselves either."""

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
            return self.own_page(request, title, part, page, status=403)
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        kept = [why for user in objs if (why := _why_kept(user, request))]
        if kept:
            return [], {}, set(), kept
        return super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with still_allowed(request, self.has_delete_permission, [obj]):
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
        with still_allowed(request, self.has_delete_permission, users):
            super().delete_queryset(request, queryset)


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
