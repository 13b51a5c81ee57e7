"""The tags of Django's templates, which draw the administration."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from common.forms.one_time_keys import key_field

register = template.Library()


@register.simple_tag
def one_time_key() -> SafeString:
    """What keeps a form that is sent twice from doing its work twice."""
    return key_field()


@register.simple_tag(takes_context=True)
def jinja(context: template.Context, name: str, **values: object) -> SafeString:
    """A part of the page that our own templates draw, with the page's request and ``values``."""
    return SafeString(render_to_string(name, values, context.get("request")))
