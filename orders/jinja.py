"""Parts of the order list, drawn by themselves."""

from typing import Any

from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def drawn(template: str, context: dict[str, Any], request: HttpRequest) -> SafeString:
    """A template of the list (templates/orders)."""
    known = {"from_django": _from_django}
    return SafeString(render_to_string(f"orders/{template}.html", context | known, request))


def _from_django(template: str, **context: Any) -> SafeString:
    """A part that other pages have too, drawn by Django (templates/django/orders)."""
    return SafeString(engines["django"].get_template(f"orders/{template}.html").render(context))
