"""What customers request by law: read, done by people, marked as completed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from common.admin import ReadOnlyAdmin
from common.formats import day
from common.kinds import kind_label
from integrations.models import PrivacyRequest
from integrations.webhooks.privacy_requests import (
    NOBODY,
    finish,
    matches_of,
    person_of,
    what_to_do,
)


class ProgressFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(
        self, _request: HttpRequest, _model_admin: object
    ) -> list[tuple[str, str]]:
        return [("open", gettext("To do")), ("done", gettext("Completed"))]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[PrivacyRequest]
    ) -> QuerySet[PrivacyRequest]:
        if self.value() not in {"open", "done"}:
            return queryset
        return queryset.filter(done_at__isnull=self.value() == "open")


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    """Platforms pass on what customers of a shop may request by law; somebody here does it and marks it as
    done."""

    list_display = ["what", "due_at", "progress", "domain", "customer_id"]
    list_filter = ["kind", ProgressFilter, "domain"]
    list_select_related = ["done_by"]
    actions = ["mark_done"]
    fields = [
        "what",
        "domain",
        "customer_id",
        "orders",
        "received_at",
        "due_at",
        "progress",
        "what_to_do",
        "person",
    ]

    @admin.display(description=_("request"), ordering="kind")
    def what(self, obj: PrivacyRequest) -> str:
        return kind_label(obj)

    @admin.display(description=_("state"), ordering="done_at")
    def progress(self, obj: PrivacyRequest) -> str:
        if obj.done_at is None:
            return (
                gettext("Overdue") if obj.due_at < timezone.now() else gettext("To do")
            )
        text = (
            gettext("Done on %(day)s: nobody with this ID was here")
            if obj.is_known is False and not obj.done_by_id
            else gettext("Done on %(day)s")
        )
        return text % {"day": day(obj.done_at)}

    @admin.display(description=_("orders' IDs at the store"))
    def orders(self, obj: PrivacyRequest) -> str:
        return ", ".join(str(each) for each in obj.order_ids)

    @admin.display(description=_("what to do"))
    def what_to_do(self, obj: PrivacyRequest) -> str:
        return "" if obj.done_at else what_to_do(obj)

    @admin.display(description=_("customer"))
    def person(self, obj: PrivacyRequest) -> str:
        if obj.done_at or not obj.customer_id:
            return ""
        if found := person_of(obj):
            return _link(found.pk)
        others = list(matches_of(obj))
        if not others:
            return str(NOBODY)
        text = gettext(
            "{nobody} With the same e-mail address or phone number: {customers}"
        )
        links = format_html_join(", ", "{}", ([_link(each.pk)] for each in others))
        return format_html(text, nobody=NOBODY, customers=links)

    @admin.action(description=_("Mark as completed"), permissions=["mark_done"])
    def mark_done(
        self, request: HttpRequest, queryset: QuerySet[PrivacyRequest]
    ) -> None:
        number = finish(queryset, by_id=request.user.pk, now=timezone.now())
        text = ngettext(
            "%(count)s request is marked as completed.",
            "%(count)s requests are marked as completed.",
            number,
        )
        self.message_user(request, text % {"count": number})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.done_view))
        name = "integrations_privacyrequest_done"
        return [path("<int:pk>/done/", view, name=name), *super().get_urls()]

    def done_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """*Mark as completed* on the page of the request."""
        obj = get_object_or_404(PrivacyRequest, pk=pk)
        if not self.has_mark_done_permission(request):
            raise PermissionDenied
        self.mark_done(request, PrivacyRequest.objects.filter(pk=pk))
        return redirect("admin:integrations_privacyrequest_change", obj.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        context["may_mark_done"] = (
            obj and not obj.done_at and self.has_mark_done_permission(request)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def has_mark_done_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("integrations.change_privacyrequest"))


def _link(customer_id: int) -> str:
    """By the number: who may see contact data is decided on the customer's own page."""
    address = reverse("customers:detail", args=[customer_id])
    return format_html('<a href="{}">{}</a>', address, customer_id)
