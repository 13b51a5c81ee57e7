from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.encrypted_field import Unreadable
from integrations.connections import connect
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from integrations.platforms.protocol import ShopReport
from orders.models import Store


class SecretInput(forms.PasswordInput):
    """Takes a secret and never shows one, not even the one just typed."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "size": 60}, render_value=False)


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A store's settings. Whatever is saved here has been checked with the store itself, unless it is being
    paused."""

    name = forms.CharField(label=_("Name"), help_text=_("What staff call the store."), max_length=120)
    access_token = forms.CharField(label=_("Access token"), required=False, widget=SecretInput)
    client_secret = forms.CharField(label=_("Client secret"), required=False, widget=SecretInput)
    import_since = forms.DateField(
        label=_("Orders created since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For all orders since a date; with “None” it may move the day of connecting."),
    )
    webhook_secret = forms.CharField(
        label=_("Webhook secret"),
        required=False,
        widget=SecretInput,
        help_text=_("The app's client secret, also called API secret key. Needed only with an access token."),
    )
    report: ShopReport | None = None

    class Meta:
        model = StoreConnection
        fields = [
            *[
                "domain",
                "access_token",
                "client_id",
                "client_secret",
                "enabled",
                "order_type",
                "identify_by",
                "poll_seconds",
            ],
            *[
                "first_import",
                "import_since",
                "include_test_orders",
                "excluded_tags",
                "use_webhooks",
                "webhook_secret",
            ],
        ]
        help_texts = {
            "domain": _(
                "As in Shopify's admin, like my-shop.myshopify.com. It cannot be changed later: another "
                "shop is another store."
            ),
            "enabled": _(
                "Not ticked, the store is paused: it is not asked for orders, and its orders stay as they "
                "are."
            ),
            "order_type": _("New orders get this type and its initial status."),
            "identify_by": _(
                "How the products of an order are recognised among yours. If several match, the oldest is "
                "used."
            ),
            "include_test_orders": _("Otherwise orders that were placed to try the shop are skipped."),
            "first_import": _("Open orders are those not fulfilled, cancelled or refunded."),
        }
        error_messages = {"domain": {"unique": _("This store is connected already.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ["access_token", "client_secret", "webhook_secret"]:
            self.initial[field] = ""
            if self.instance.pk and getattr(self.instance, field):
                self.fields[field].widget.attrs["placeholder"] = _("stored – leave empty to keep")
        since = self.instance.import_since
        self.initial["import_since"] = timezone.localtime(since).date() if since else None
        if self.instance.pk:
            self.initial["name"] = self.instance.store.name

    def clean_name(self) -> str:
        name = " ".join(
            self.cleaned_data["name"].split()
        )  # It becomes the subject of a mail, which has one line.
        if Store.objects.filter(name=name).exclude(pk=self.instance.store_id).exists():
            raise forms.ValidationError(_("Another store has this name."))
        return name

    def clean_import_since(self) -> datetime | None:
        """Midnight of the day; a day that nobody has changed keeps the time that it stands for."""
        day: date | None = self.cleaned_data["import_since"]
        if "import_since" not in self.changed_data:
            kept: datetime | None = self.instance.import_since
            return kept
        since = timezone.make_aware(datetime.combine(day, time.min)) if day else None
        if since and since > timezone.now():
            raise forms.ValidationError(_("This day lies in the future."))
        return since

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._choose_credentials(cleaned)
        self._check_webhooks(cleaned)
        first, since = cleaned.get("first_import", ""), cleaned.get("import_since")
        cleaned["import_since"] = connect.import_since(first, since, connected_at=self.instance.connected_at)
        if first and cleaned["import_since"] is None:
            self.add_error("import_since", _("Say from which date on."))
        return cleaned

    def _choose_credentials(self, cleaned: dict[str, Any]) -> None:
        """New ones replace the old of either kind; nothing typed keeps what is stored."""
        token, client_id, secret = (cleaned.get(field) or "" for field in connect.CREDENTIALS)
        stored = self.instance
        if token and secret:
            self.add_error(None, _("Give an access token, or a client ID and secret, not both."))
        elif token:
            cleaned["client_id"] = ""
        elif secret:
            if not client_id and "client_id" not in self.errors:
                self.add_error("client_id", _("The client secret needs its client ID."))
        elif client_id and client_id != stored.client_id:
            self.add_error("client_secret", _("The new client ID needs its client secret."))
        elif not any([stored.access_token, stored.client_secret, self._unreadable]):
            if not {"access_token", "client_secret"} & set(self.errors):
                self.add_error(None, _("Give an access token, or a client ID and its secret."))
        else:
            for field in connect.CREDENTIALS:
                cleaned[field] = getattr(stored, field)

    @property
    def _unreadable(self) -> bool:
        return any(isinstance(getattr(self.instance, field), Unreadable) for field in connect.CREDENTIALS)

    def _check_webhooks(self, cleaned: dict[str, Any]) -> None:
        cleaned["webhook_secret"] = cleaned.get("webhook_secret") or self.instance.webhook_secret
        if not cleaned.get("use_webhooks"):
            return
        if not settings.PUBLIC_URL:
            self.add_error(
                "use_webhooks", _("This installation has no public address: set PUBLIC_URL first.")
            )
        if not cleaned["webhook_secret"] and not cleaned.get("client_secret"):
            self.add_error(
                "webhook_secret", _("Without it nobody can tell whether a message is the store's own.")
            )

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs: it carries the cleaned values into the instance
        connection = self.instance
        if self.errors or (connection.pk and not connection.enabled):
            return  # A store that does not answer can still be paused.
        if not connection.pk:
            connection.store = Store(name=self.cleaned_data["name"])
        try:
            self.report = connect.examine(connection)
        except StoreError as error:
            self.add_error(
                None, gettext("The store was not saved. %(reason)s") % {"reason": gettext(str(error))}
            )
