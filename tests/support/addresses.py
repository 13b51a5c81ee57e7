"""The addresses of the product's own pages."""

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from roapp.permissions import OURS

PATTERNS = {"pk": 1, "line": 1, "event": 1}


def addresses() -> dict[str, URLPattern]:
    """Every named address in our namespaces."""
    return {
        f"{resolver.namespace}:{pattern.name}": pattern
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and resolver.namespace in OURS
        for pattern in resolver.url_patterns
    }


def url_of(name: str) -> str:
    wanted = addresses()[name].pattern.converters
    return reverse(name, kwargs={key: PATTERNS[key] for key in wanted})
