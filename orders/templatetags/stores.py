"""Names of stores for pages that know a store only by its number."""

from django import template

from orders.models import Store

register = template.Library()


@register.simple_tag
def store_names() -> dict[int, str]:
    """The name of every store by its number. One query."""
    return dict(Store.objects.values_list("pk", "name"))


@register.filter
def named(names: dict[int, str], store_id: int | None) -> str:
    return names.get(store_id, "–") if store_id else "–"
