"""Icons as inline SVG, drawn once: a page of a list shows the same dozen of them a hundred times."""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide as drawn

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str) -> str:
    """The icon of this name, https://lucide.dev/icons, with these attributes of its <svg>."""
    return _drawn(str(name), size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> SafeString:
    return SafeString(drawn(name, size=size, **dict(attributes)))
