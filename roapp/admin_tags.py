"""The one tag of Django's templates, which draw the administration."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context: template.Context, name: str, **values: Any) -> SafeString:
    """A part of the page that our own templates draw, with the page's request and ``values``."""
    return SafeString(render_to_string(name, values, context["request"]))
