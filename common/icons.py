"""Icons as inline SVG, https://lucide.dev/icons."""

from functools import lru_cache

from django.utils.safestring import SafeString
from lucide import jinja


# Drawn once: a page of a list shows the same dozen of them a hundred times.
@lru_cache(maxsize=512)
def icon(name: str, size: int = 16, css_class: str = "") -> SafeString:
    """The icon as an <svg> that screen readers pass over: what it means is said in words beside it."""
    attributes = {"class": css_class} if css_class else {}
    return SafeString(jinja.lucide(name, size=size, aria_hidden="true", **attributes))


@lru_cache
def drawings(*names: str) -> SafeString:
    """What a page draws of these icons, once, for whatever is drawn ``like`` them."""
    # Without a size of its own: it fills whatever is drawn like it.
    symbols = [
        icon(name).replace('<svg width="16" height="16"', f'<symbol id="icon-{name}"')
        for name in names
    ]
    return SafeString(
        f"<svg hidden>{''.join(symbols).replace('</svg>', '</symbol>')}</svg>"
    )


@lru_cache(maxsize=512)
def like(name: str, size: int = 16) -> SafeString:
    """An icon that a page holds many times, by the one of its ``drawings``."""
    return SafeString(
        f'<svg width="{size}" height="{size}" aria-hidden="true"><use href="#icon-{name}"/></svg>'
    )
