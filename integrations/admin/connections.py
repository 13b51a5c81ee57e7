"""Store connections in the administration: connecting, checking, moving and disconnecting a store."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from common.admin import TYPED_NUMBERS
from common.formats import day_and_time, translated
from common.forms.one_time_keys import own_transactions
from common.kinds import kind_label
from common.lists.pagination import count_up_to
from common.retiring_admin import KeptInUse
from integrations.admin.history import changes_in_words, said_in_words
from integrations.connections import connect
from integrations.connections.check import Finding, findings
from integrations.connections.disconnect import disconnect
from integrations.connections.forms import ConnectionForm, offered_platforms
from integrations.imports import lifecycle
from integrations.imports.preview import sentences
from integrations.models import (
    OPEN,
    ImportJob,
    State,
    StoreConnection,
)
from integrations.platforms.errors import StoreError
from integrations.platforms.platform import Platform
from integrations.platforms.registry import platform_of
from integrations.store_pages.overview import MAX_COUNTED, event_sentence, shown_state
from integrations.webhooks.subscriptions import state_of_webhooks
from orders.models import Order, Store

DISCONNECTED = gettext_noop("The store was disconnected.")
BEGUN = gettext_noop("The initial import has begun.")
HEALTH: list[Any] = [
    "shown_state",
    "shown_reason",
    "last_poll",
    "next_poll",
    "last_check",
    "shop",
    "customer_data",
]
IMPORT: list[Any] = [
    (
        _("Orders"),
        {
            "fields": [
                "order_type",
                "identify_by",
                "include_test_orders",
                "excluded_tags",
                "poll_seconds",
            ]
        },
    ),
    (_("Initial import"), {"fields": ["first_import", "import_since"]}),
]
SHOWN: list[Any] = [
    (None, {"fields": ["store", "domain", "enabled", "webhooks"]}),
    *IMPORT,
]


def editable_fieldsets(
    offered: Sequence[Platform], connection: StoreConnection | None
) -> list[Any]:
    """The form's fields, grouped, with the credentials that these platforms know."""
    offer = [] if connection else ["go_on"]
    # To save one that is disconnected is to connect it again.
    enabled = [] if connection and not connection.store.is_connected else ["enabled"]
    known = {
        credential.field for platform in offered for credential in platform.credentials
    }
    credentials = [field for field in connect.CREDENTIALS if field in known]
    hints = [
        gettext(platform.credentials_help)
        for platform in offered
        if platform.credentials_help
    ]
    never_shown = gettext(
        "What is stored is never shown again; type something only to replace it."
    )
    choice = ["platform"] if len(offered) > 1 else []
    webhooks = ["use_webhooks", "webhook_secret", "webhooks"]
    if "webhook_secret" not in known:
        webhooks.remove("webhook_secret")
    return [
        (None, {"fields": ["name", *choice, "domain", *offer, *enabled]}),
        (
            _("Credentials"),
            {
                "fields": [*credentials, "kept"],
                "description": " ".join([*hints, never_shown]),
            },
        ),
        *IMPORT,
        (
            _("Webhooks"),
            {
                "fields": webhooks,
                "description": _(
                    "The store notifies RO App of changes at once. Without webhooks RO App sees them with "
                    "its next poll."
                ),
            },
        ),
    ]


@admin.register(StoreConnection)
class StoreConnectionAdmin(KeptInUse[StoreConnection]):
    change_form_template = "admin/integrations/storeconnection/change_form.html"
    links: ClassVar = {"store": ("orders:list", "store")}
    form = ConnectionForm
    list_display = [
        "store",
        "domain",
        "shown_state",
        "order_type",
        "last_poll",
        "next_poll",
    ]
    list_filter = ["enabled", "state"]
    ordering = ["store__name"]
    list_select_related = ["store", "order_type"]
    search_fields = ["domain", "store__name"]
    actions = None
    formfield_overrides = TYPED_NUMBERS

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "order_type":
            # without links to add, change or delete order types on the way
            return db_field.formfield()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, *args, **kwargs)
        form.session = request.session  # type: ignore[attr-defined]  # Django makes a class per request
        return form

    def get_fieldsets(
        self, request: HttpRequest, obj: StoreConnection | None = None
    ) -> list[Any]:
        offered = offered_platforms(obj)
        if obj is None:
            return editable_fieldsets(offered, None)
        health = (_("Health"), {"fields": HEALTH})
        # To those who may only look, Django shows every field's value: secrets must not be among them.
        editable = self.has_change_permission(request, obj)
        return [
            health,
            *(editable_fieldsets(offered, obj) if editable else SHOWN),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: StoreConnection | None = None
    ) -> list[str]:
        # The domain names the shop that all these orders came from: another one is another store.
        return [*HEALTH, "webhooks", "domain"] if obj else [*HEALTH, "webhooks"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if obj := kwargs.get("obj"):
            job = obj.waiting_import
            context["waiting_import"] = job
            context["preview"] = sentences(job.preview) if job and job.preview else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("state"))
    def webhooks(self, obj: StoreConnection) -> str:
        return state_of_webhooks(obj)

    def subject(self, obj: StoreConnection) -> Store:
        """Its orders keep their store (S7)."""
        return obj.store

    def instead(
        self, request: HttpRequest, obj: StoreConnection
    ) -> Mapping[str, object]:
        page = reverse("admin:integrations_storeconnection_disconnect", args=[obj.pk])
        offered = [(page, gettext("Disconnect it: its orders stay."))]
        return {"advice": offered if obj.store.is_connected else []}

    def delete_model(self, request: HttpRequest, obj: StoreConnection) -> None:
        store = obj.store
        obj.delete()
        store.delete()

    @method_decorator(
        sensitive_post_parameters("access_token", "client_secret", "webhook_secret")
    )
    def changeform_view(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        # Django wraps this view in a transaction; the form asks the store, and no network call belongs into
        # one.
        kwargs = (
            dict(zip(["object_id", "form_url", "extra_context"], args, strict=False))
            | kwargs
        )
        call = [
            kwargs.get("object_id"),
            kwargs.get("form_url", ""),
            kwargs.get("extra_context"),
        ]
        return self._changeform_view(request, *call)  # type: ignore[attr-defined, no-any-return]  # not in the stubs

    def save_model(
        self,
        request: HttpRequest,
        obj: StoreConnection,
        form: Any,  # noqa: ANN401  ConnectionForm, which has a report where it knows the shop
        change: bool,
    ) -> None:
        now = timezone.now()
        if form.known:
            connect.go_on(
                form.known, obj, report=form.report, now=now, by_id=request.user.pk
            )
            obj.pk, obj.store = form.known.pk, form.known.store
        else:
            connect.save(
                obj,
                name=form.cleaned_data["name"],
                report=form.report,
                by_id=request.user.pk,
                now=now,
                preview=connect.previewed(obj) if form.report else None,
                asks=True,
            )
        if form.report:
            self._tell(request, findings(form.report, platform_of(obj)))
            self._tell_preview(request, obj)
            self._lead_on(request)

    def construct_change_message(
        self,
        request: HttpRequest,
        form: forms.Form,
        formsets: Iterable[Any],
        add: bool = False,
    ) -> list[dict[str, dict[str, list[str]]]]:
        if add:
            return [{"added": {}}]
        changes = changes_in_words(cast("forms.ModelForm", form))
        return [{"changed": {"fields": changes}}] if changes else []

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, obj: StoreConnection) -> str:
        colour, text = shown_state(obj)
        return format_html('<span class="pill {}">{}</span>', colour, text)

    @admin.display(description=_("reason"))
    def shown_reason(self, obj: StoreConnection) -> str:
        if not obj.store.is_connected and (event := obj.last_event):
            return event_sentence(event)
        return translated(obj.reason) or "–"

    @admin.display(description=_("last poll"), ordering="last_poll_at")
    def last_poll(self, obj: StoreConnection) -> str:
        return day_and_time(obj.last_poll_at) or gettext("not yet")

    @admin.display(description=_("next poll"), ordering="due_at")
    def next_poll(self, obj: StoreConnection) -> str:
        return (
            day_and_time(obj.due_at)
            if obj.enabled
            and obj.store.is_connected
            and obj.state != State.NEEDS_ATTENTION
            else "–"
        )

    @admin.display(description=_("last check"))
    def last_check(self, obj: StoreConnection) -> str:
        return day_and_time(obj.checked_at) or gettext("not yet")

    @admin.display(description=_("shop"))
    def shop(self, obj: StoreConnection) -> str:
        return " · ".join(filter(None, [obj.plan, obj.currency, obj.country])) or "–"

    @admin.display(description=_("customer data"))
    def customer_data(self, obj: StoreConnection) -> str:
        return str(
            _("not readable: customers are Unknown")
            if obj.is_customer_data_withheld
            else _("readable")
        )

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(require_POST(self.check_view))
        begin = self.admin_site.admin_view(require_POST(self.begin_view))
        move = self.admin_site.admin_view(require_POST(self.move_view))
        end = self.admin_site.admin_view(self.disconnect_view)
        return [
            path("<int:pk>/check/", check, name="integrations_storeconnection_check"),
            path("<int:pk>/begin/", begin, name="integrations_storeconnection_begin"),
            path("<int:pk>/move/", move, name="integrations_storeconnection_move"),
            path(
                "<int:pk>/disconnect/",
                end,
                name="integrations_storeconnection_disconnect",
            ),
            *super().get_urls(),
        ]

    @own_transactions
    def disconnect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The question first, with what will happen; then the deed."""
        connection = self._changeable(request, pk)
        name = connection.store.name
        if not connection.store.is_connected:
            messages.info(
                request, gettext("%(store)s is disconnected already.") % {"store": name}
            )
            return redirect("stores:list")
        if request.method == "POST":
            trouble = disconnect(connection, by_id=request.user.pk, now=timezone.now())
            self.log_change(request, connection, said_in_words(DISCONNECTED))
            text = gettext("%(store)s is disconnected. Its orders stay.")
            messages.success(request, text % {"store": name})
            if trouble:
                messages.warning(
                    request,
                    gettext(
                        "Its webhooks could not be removed there: %(reason)s Remove the app in the store; "
                        "what it still sends is not accepted."
                    )
                    % {"reason": translated(str(trouble))},
                )
            return redirect("stores:list")
        imports = ImportJob.objects.filter(store=connection.store_id, state__in=OPEN)
        orders = Order.objects.filter(store=connection.store_id)
        page = {
            "connection": connection,
            "orders": count_up_to(orders, MAX_COUNTED),
            "imports": imports,
        }
        title = gettext("Disconnect %(store)s?") % {"store": name}
        return self.own_page(request, title, "administration/_disconnect.html", page)

    def _changeable(self, request: HttpRequest, pk: int) -> StoreConnection:
        """The connection, for somebody who may change it."""
        connection = get_object_or_404(
            StoreConnection.objects.select_related("store"), pk=pk
        )
        if not self.has_change_permission(request, connection):
            raise PermissionDenied
        return connection

    @own_transactions
    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """*Check connection*: what the store says, in words. A good check lets a store that needed attention
        go on."""
        connection = self._changeable(request, pk)
        try:
            report = connect.recheck(connection, now=timezone.now())
            self._tell(request, findings(report, platform_of(connection)))
        except StoreError as error:
            messages.error(request, gettext(str(error)))
        return redirect(reverse("admin:integrations_storeconnection_change", args=[pk]))

    def _tell_preview(self, request: HttpRequest, obj: StoreConnection) -> None:
        """What the initial import that has just been asked for would bring in."""
        if job := obj.waiting_import:
            counts = sentences(job.preview) if job.preview else []
            text = " ".join([*counts, gettext(job.reason)])
            messages.warning(request, f"{kind_label(job)}: {text}")

    def _lead_on(self, request: HttpRequest) -> None:
        text = gettext("How it goes is on the page {stores}.")
        link = format_html(
            '<a href="{}">{}</a>', reverse("stores:list"), gettext("Stores")
        )
        messages.info(request, format_html(text, stores=link))

    def begin_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin the initial import that waits for it."""
        connection = self._changeable(request, pk)
        job = connection.waiting_import
        if job and lifecycle.resume(job, now=timezone.now()):
            self.log_change(request, connection, said_in_words(BEGUN))
            messages.success(request, gettext(BEGUN))
        return redirect(reverse("admin:integrations_storeconnection_change", args=[pk]))

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on under the address that the shop gives as its own."""
        connection = self._changeable(request, pk)
        before = connection.domain
        try:
            if connect.move(connection, now=timezone.now()):
                self.log_change(request, connection, f"{before} → {connection.domain}")
                text = gettext("The store is reached under %(domain)s from now on.")
                messages.success(request, text % {"domain": connection.domain})
        except StoreError as error:
            messages.error(request, gettext(str(error)))
        return redirect(reverse("admin:integrations_storeconnection_change", args=[pk]))

    def _tell(self, request: HttpRequest, found: Sequence[Finding]) -> None:
        for label, text, ok in found:
            sentence = gettext("%(label)s: %(text)s") % {"label": label, "text": text}
            messages.add_message(
                request, messages.SUCCESS if ok else messages.WARNING, sentence
            )
