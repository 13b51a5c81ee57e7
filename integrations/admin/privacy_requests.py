"""What customers request by law: read, done by people, marked as completed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common.admin import ReadOnlyAdmin
from common.formats import day
from integrations.models import PrivacyKind, PrivacyRequest
from integrations.webhooks.privacy_requests import WHAT_TO_DO, finish, person_of


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    """Platforms pass on what customers of a shop may request by law; somebody here does it and marks it as
    done."""

    list_display = ["kind", "domain", "customer_id", "due_at", "progress"]
    list_filter = ["kind", ("done_at", admin.EmptyFieldListFilter), "domain"]
    list_select_related = ["done_by"]
    actions = ["mark_done"]
    fields = [
        "kind",
        "domain",
        "customer_id",
        "order_ids",
        "received_at",
        "due_at",
        "progress",
        "what_to_do",
        "person",
    ]

    @admin.display(description=_("state"), ordering="done_at")
    def progress(self, obj: PrivacyRequest) -> str:
        if obj.done_at is None:
            return (
                gettext("Overdue") if obj.due_at < timezone.now() else gettext("To do")
            )
        return gettext("Done on %(day)s") % {"day": day(obj.done_at)}

    @admin.display(description=_("what to do"))
    def what_to_do(self, obj: PrivacyRequest) -> str:
        return "" if obj.done_at else str(WHAT_TO_DO[PrivacyKind(obj.kind)])

    @admin.display(description=_("customer"))
    def person(self, obj: PrivacyRequest) -> str:
        found = person_of(obj)
        return (
            format_html(
                '<a href="{}">{}</a>',
                reverse("customers:detail", args=[found.pk]),
                found.pk,
            )
            if found
            else ""
        )

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

    def has_mark_done_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("integrations.change_privacyrequest"))
