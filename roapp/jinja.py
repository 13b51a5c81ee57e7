"""The template engine of our own pages: what templates/ may use beside its context.

A function that a template needs is a plain one in the app that it is about; it is made known here. Filters
turn one value into what is shown; globals are what needs more than that.
"""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import (
    get_language,
    get_language_info,
    gettext,
    ngettext,
    npgettext,
    pgettext,
)
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from common import formats
from common.icons import drawings, icon, like
from common.kinds import kind_label
from customers.phones import typed_beside, written_phone
from integrations.alerts.troubles import kept_out
from inventory.rich_text import cleaned_html
from orders.bulk.views import running_actions
from orders.domain.refresh_claim import (
    is_recent,
    outcome_word,
    recent_refresh,
    seconds_to_refresh,
)
from orders.models.store import store_names


class FlatEnvironment(Environment):
    """Each import of a template looks at all globals: in one dict they are found four times as fast as in
    the chain of dicts that Jinja makes of them."""

    def make_globals(
        self, d: MutableMapping[str, object] | None
    ) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def environment(**options: Any) -> Environment:
    """Jinja as settings.TEMPLATES asks for it: every text is escaped, and a name that is not there is an
    error."""
    jinja = FlatEnvironment(  # with autoescape from Django
        **options | {"undefined": StrictUndefined},
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # {% trans %} and _() take their variables by name and escape them: _("Order %(number)s",
    # number=order.pk).
    jinja.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    jinja.policies["ext.i18n.trimmed"] = True
    jinja.globals |= {
        "gettext": text,
        "_": text,
        "url": url,
        "static": static,
        "icon": icon,
        "icon_drawings": drawings,
        "icon_like": like,
        "htmx_script": htmx_script,
        "language": get_language,
        "languages": languages,
        "moment": formats.moment,
        "exact_moment": formats.exact_moment,
        "is_recent": is_recent,
        "kept_out": kept_out,
        "kind_label": kind_label,
        "recent_refresh": recent_refresh,
        "running_actions": running_actions,
        "seconds_to_refresh": seconds_to_refresh,
        "store_names": store_names,
    }
    jinja.filters |= {
        "money": formats.money,
        "signed_money": formats.signed_money,
        "exact_money": formats.exact_money,
        "grouped": formats.grouped,
        "quantities": formats.quantities,
        "signed_number": formats.signed_number,
        "one_decimal": formats.one_decimal,
        "translated": formats.translated,
        "dialable": formats.dialable,
        "mailable": formats.mailable,
        "minutes": formats.minutes,
        "roughly": formats.roughly,
        "day": formats.day,
        "clock": formats.clock,
        "time_since": timesince,
        "capfirst": capfirst,
        "cleaned_html": cleaned_html,
        "typed_beside": typed_beside,
        "written_phone": written_phone,
        "outcome_word": outcome_word,
        "person_name": formats.person_name,
    }
    return jinja


def text(message: str, /, **variables: object) -> Markup:
    """The text in the reader's language, with escaped variables, as Jinja's own ``gettext`` gives it."""
    if variables:
        return Markup(gettext(message)) % variables  # noqa: S704  a text of ours
    return _plain_text(message, get_language())


@lru_cache(maxsize=8_192)  # a page of many lines says the same words in each
def _plain_text(message: str, language: str | None) -> Markup:
    return Markup(gettext(message)) % {}  # noqa: S704  as above


@lru_cache(maxsize=4_096)  # reverse() takes longer than a row of a list
def url(name: str, *args: int | str) -> str:
    """The address of the page with this name: ``url("orders:detail", order.pk)``."""
    return reverse(name, args=args)


def languages() -> list[tuple[str, str]]:
    """Code and own name of each language that a user may choose."""
    return [
        (code, capfirst(get_language_info(code)["name_local"]))
        for code, _name in settings.LANGUAGES
    ]
