"""The order list is drawn by Jinja: it repeats a row a hundred times, and Jinja takes a fifth of the time that Django's
templates take. What stands around the list, and all other pages, are Django's."""

from functools import cache
from typing import Any

from django.contrib.auth.context_processors import PermWrapper
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from jinja2 import Environment

from common.icons import lucide
from customers.phones import written_phone
from orders.templatetags.order_cells import dialable, grouped, is_recent, money, outcome_word, said

GONE = pgettext_lazy("at the store", "Gone")
SHOW = pgettext_lazy("columns", "Show")


def environment(**options: Any) -> Environment:
    """Django's engine for Jinja (settings.TEMPLATES) with what the list's templates use; it escapes every text."""
    jinja = Environment(**options)  # noqa: S701  Django passes autoescape=True
    jinja.globals |= {
        "_": gettext, "lucide": lucide, "url": cache(reverse), "GONE": GONE, "SHOW": SHOW, "from_django": _from_django,
        "is_recent": is_recent,
    }  # fmt: skip
    jinja.filters |= {
        "money": money, "grouped": grouped, "said": said, "outcome_word": outcome_word, "dialable": dialable,
        "written_phone": written_phone,
    }  # fmt: skip
    return jinja


def drawn(template: str, context: dict[str, Any], request: HttpRequest) -> SafeString:
    """A template of the list (templates/jinja2/orders); it knows ``user`` and ``perms`` beside the context."""
    known = {"user": request.user, "perms": PermWrapper(request.user)}
    return SafeString(render_to_string(f"orders/{template}.html", context | known, request, using="jinja2"))


def _from_django(template: str, **context: Any) -> SafeString:
    """A part that other pages have too, drawn by Django (templates/orders)."""
    return SafeString(render_to_string(f"orders/{template}.html", context))
