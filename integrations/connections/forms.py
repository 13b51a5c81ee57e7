from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.encrypted_field import UndecryptableValue
from common.forms.kept_secrets import keep, take
from integrations.connections import connect
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from integrations.platforms.platform import Platform
from integrations.platforms.protocol import ShopReport
from integrations.platforms.registry import platform, platform_of, platforms
from orders.models import Store


def offered_platforms(connection: StoreConnection | None) -> Sequence[Platform]:
    """The platform of a connected store; for a new one, all that are installed."""
    return [platform_of(connection)] if connection and connection.pk else platforms()


SECRET_CREDENTIALS = [each for each in connect.CREDENTIALS if each in connect.SECRETS]
DISCONNECTED = _(
    "This store was disconnected. Open it in the list of stores and enter its credentials there: it goes on "
    "with its orders."
)


class SecretInput(forms.PasswordInput):
    """Takes a secret and never shows one, not even the one just typed."""

    def __init__(self) -> None:
        super().__init__(
            attrs={"autocomplete": "new-password", "size": 60}, render_value=False
        )


class ConnectionForm(forms.ModelForm):
    """A store's settings. Whatever is saved here has been checked with the store itself, unless it is being
    paused."""

    name = forms.CharField(
        label=_("Name"), help_text=_("What staff call the store."), max_length=120
    )
    domain = forms.CharField(
        label=_("Domain"),
        max_length=500,
        error_messages={"unique": _("This store is connected already.")},
    )
    """As it was pasted; what is saved is the host name in it."""
    platform = forms.ChoiceField(label=_("Platform"))
    """Offered for a new store if several platforms are installed."""
    access_token = forms.CharField(required=False, widget=SecretInput)
    client_secret = forms.CharField(required=False, widget=SecretInput)
    import_since = forms.DateField(
        label=_("Orders created since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "For all orders since a date; with “None” it may move the day of connecting."
        ),
    )
    webhook_secret = forms.CharField(required=False, widget=SecretInput)
    go_on = forms.BooleanField(
        label=_("Go on under this address"),
        required=False,
        widget=forms.HiddenInput,
        help_text=_(
            "The store keeps its name, its other settings and all of its orders, and is reached under the "
            "new address with the new credentials. Enter them again."
        ),
    )
    """Offered where the shop is connected already under another address."""
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    """Stands for secrets that were typed before, when the form came back with an error."""
    session: Any = None
    """The request's; the administration sets it."""
    report: ShopReport | None = None
    known: StoreConnection | None = None
    """The connection that goes on under this address."""

    class Meta:
        model = StoreConnection
        fields = ["domain", *connect.SETTINGS]
        help_texts = {
            "enabled": _(
                "When off, the store is paused: RO App does not poll it, and its orders stay as they are."
            ),
            "order_type": _("New orders get this type and its initial status."),
            "identify_by": _(
                "How the products of an order are recognised among yours. If several match, the oldest is "
                "used."
            ),
            "include_test_orders": _("When off, test orders are skipped."),
            "first_import": _(
                "Open orders are those not fulfilled, cancelled or refunded."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._describe_platforms(offered_platforms(self.instance))
        if self.instance.pk:
            del self.fields["go_on"]
            if not self.instance.store.is_connected:
                self.fields.pop("enabled", None)
                self.instance.enabled = True
        for field in set(connect.SECRETS) & set(self.fields):
            self.initial[field] = ""
            if self.instance.pk and getattr(self.instance, field):
                self.fields[field].widget.attrs["placeholder"] = _(
                    "stored – leave empty to keep"
                )
        if self.is_bound:
            self._fill_in_kept()
        since = self.instance.import_since
        self.initial["import_since"] = (
            timezone.localtime(since).date() if since else None
        )
        if self.instance.pk:
            self.initial["name"] = self.instance.store.name

    def _fill_in_kept(self) -> None:
        """Secrets that were typed before count as typed now, unless those of another set were typed."""
        self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed = {field for field in SECRET_CREDENTIALS if self.data.get(field)}
        sets = self._platform_sets()
        for field, value in take(self.session, self.data.get("kept", "")).items():
            fits = field not in SECRET_CREDENTIALS or any(
                {field, *typed} <= set(fields) for fields in sets
            )
            if fits and field in self.fields and not self.data.get(field):
                self.data[field] = value  # type: ignore[index]  # a copy may be changed

    def _platform_sets(self) -> list[Sequence[str]]:
        offered = offered_platforms(self.instance)
        return [fields for each in offered for fields in each.credential_sets]

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or not self.errors:
            return
        entered = {
            field: self.data[field]
            for field in connect.SECRETS
            if field in self.fields
            and self.data.get(field)
            and field not in self.errors
        }
        self.data["kept"] = keep(self.session, entered) if entered else ""  # type: ignore[index]  # as above
        for field in entered:
            self.fields[field].widget.attrs["placeholder"] = _(
                "entered – leave empty to keep"
            )

    def _describe_platforms(self, offered: Sequence[Platform]) -> None:
        """Offer the credentials of these platforms, in their own words, and the choice if there is one."""
        if len(offered) > 1:
            choices = [(each.slug, each.label) for each in offered]
            self.fields["platform"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        else:
            self.fields.pop("platform", None)
        if "domain" in self.fields:
            self.fields["domain"].help_text = _help(
                [(each, each.address_help) for each in offered]
            )
        for name in {*connect.CREDENTIALS, *connect.SECRETS} & set(self.fields):
            described = [
                (each, found) for each in offered if (found := each.credential(name))
            ]
            if not described:
                del self.fields[name]
                continue
            labels = dict.fromkeys(gettext(found.label) for _each, found in described)
            self.fields[name].label = " / ".join(labels)
            self.fields[name].help_text = _help(
                [(each, found.help_text) for each, found in described]
            )

    def clean_name(self) -> str:
        # It becomes the subject of a mail, which has one line.
        name = " ".join(self.cleaned_data["name"].split())
        others = Store.objects.filter(name=name).exclude(pk=self.instance.store_id)
        if others.exists() and not self.data.get("go_on"):
            raise forms.ValidationError(_("Another store has this name."))
        return name

    def clean_import_since(self) -> datetime | None:
        """Midnight of the day; a day that nobody has changed keeps the time that it stands for."""
        day: date | None = self.cleaned_data["import_since"]
        if "import_since" not in self.changed_data:
            kept: datetime | None = self.instance.import_since
            return kept
        if day is None:
            return None
        if wrong := connect.day_is_wrong(day, today=timezone.localdate()):
            raise forms.ValidationError(wrong)
        return timezone.make_aware(datetime.combine(day, time.min))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self._platform()
        if chosen:
            self._read_address(cleaned, chosen)
            self._choose_credentials(cleaned, chosen)
        self._check_webhooks(cleaned)
        first, since = cleaned.get("first_import", ""), cleaned.get("import_since")
        cleaned["import_since"] = connect.import_since(
            first, since, connected_at=self.instance.connected_at
        )
        lacks_its_date = first and cleaned["import_since"] is None
        if lacks_its_date and "import_since" not in self.errors:
            self.add_error("import_since", _("Enter a start date."))
        return cleaned

    def _read_address(self, cleaned: dict[str, Any], chosen: Platform) -> None:
        """However it was pasted, the store is known by its host name."""
        if typed := cleaned.get("domain"):
            cleaned["domain"] = chosen.address_in(typed)
            if not chosen.is_address(cleaned["domain"]):
                self.add_error("domain", gettext(chosen.invalid_address))
            elif not self.instance.pk and self._was_connected(cleaned["domain"]):
                self.add_error("domain", DISCONNECTED)

    def _was_connected(self, domain: str) -> bool:
        """Whether this is the address of a store that was disconnected."""
        return StoreConnection.objects.filter(
            domain=domain, store__is_connected=False
        ).exists()

    def _platform(self) -> Platform | None:
        """The store's platform; None if the choice was not valid."""
        if "platform" in self.fields:
            slug = self.cleaned_data.get("platform")
            return platform(slug) if slug else None
        return offered_platforms(self.instance)[0]

    def _choose_credentials(self, cleaned: dict[str, object], chosen: Platform) -> None:
        """One complete set replaces what is stored, of whichever set; nothing typed keeps it."""
        entered = {
            field for field in connect.CREDENTIALS if self._is_entered(field, cleaned)
        }
        sets = [fields for fields in chosen.credential_sets if entered & set(fields)]
        if (
            len(sets) > 1
        ):  # What is not secret is shown, and says nothing beside a secret of another set.
            sets = [
                fields
                for fields in sets
                if entered & set(fields) & set(connect.SECRETS)
            ]
        if not sets and self._has_credentials():
            for field in self._credential_fields:
                cleaned[field] = getattr(self.instance, field)
        elif len(sets) == 1:
            self._complete(sets[0], cleaned)
        elif not set(connect.CREDENTIALS) & set(self.errors):
            self.add_error(None, gettext(chosen.credentials_required))

    def _complete(self, fields: Sequence[str], cleaned: dict[str, object]) -> None:
        """Require all of this set, and drop every other credential."""
        for field in self._credential_fields:
            if field not in fields:
                cleaned[field] = ""
            elif not cleaned.get(field) and field not in self.errors:
                self.add_error(
                    field, _("This is needed too: the credentials belong together.")
                )

    @property
    def _credential_fields(self) -> list[str]:
        return [field for field in connect.CREDENTIALS if field in self.fields]

    def _is_entered(self, field: str, cleaned: dict[str, object]) -> bool:
        shown = "" if field in connect.SECRETS else getattr(self.instance, field)
        return bool(cleaned.get(field)) and cleaned[field] != shown

    def _has_credentials(self) -> bool:
        stored = [getattr(self.instance, field) for field in connect.CREDENTIALS]
        return any(value or isinstance(value, UndecryptableValue) for value in stored)

    def _check_webhooks(self, cleaned: dict[str, object]) -> None:
        if "webhook_secret" in self.fields:
            cleaned["webhook_secret"] = (
                cleaned.get("webhook_secret") or self.instance.webhook_secret
            )
        if not cleaned.get("use_webhooks"):
            return
        if not settings.PUBLIC_URL:
            self.add_error(
                "use_webhooks",
                _("This installation has no public address: set PUBLIC_URL first."),
            )
        if not cleaned.get("webhook_secret") and not cleaned.get("client_secret"):
            field = (
                "webhook_secret" if "webhook_secret" in self.fields else "use_webhooks"
            )
            self.add_error(
                field,
                _("Without it nobody can tell whether a message is the store's own."),
            )

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs: it carries the cleaned values into the instance
        connection = self.instance
        if self.errors or (connection.pk and not connection.enabled):
            return  # A store that does not answer can still be paused.
        if not connection.pk:
            chosen = self._platform()
            connection.store = Store(
                name=self.cleaned_data["name"], platform=chosen.slug if chosen else ""
            )
        try:
            self.report = connect.examine(connection)
        except connect.SameShopError as error:
            self._offer_to_go_on(error)
        except StoreError as error:
            self.add_error(
                None,
                gettext("The store was not saved. %(reason)s")
                % {"reason": gettext(str(error))},
            )

    def _offer_to_go_on(self, error: connect.SameShopError) -> None:
        if self.cleaned_data.get("go_on"):
            self.known, self.report = error.known, error.report
            return
        values = {"name": error.known.store.name, "domain": error.known.domain}
        if "go_on" in self.fields:
            self.fields["go_on"].widget = forms.CheckboxInput()
        text = (
            gettext(
                "The store was not saved. This shop is connected already, as %(name)s under %(domain)s."
            )
            if error.known.store.is_connected
            else gettext(
                "The store was not saved. This shop was connected before, as %(name)s under %(domain)s, "
                "and is disconnected."
            )
        )
        self.add_error("go_on" if "go_on" in self.fields else None, text % values)


def _help(texts: Sequence[tuple[Platform, str]]) -> str:
    """The help text; of several platforms each under its name."""
    given = [(each, gettext(text)) for each, text in texts if text]
    if len(texts) == 1:
        return "".join(text for _each, text in given)
    return " ".join(f"{each.label}: {text}" for each, text in given)
