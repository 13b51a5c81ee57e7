"""What the order list may be sorted by."""

from lists import paging
from lists.paging import ID, Column

SORTS = {
    "number": ID,
    "created": Column("placed_at", paging.read_time),
    "updated": Column("synced_at", paging.read_time, may_be_null=True),
    "total": Column("total", paging.read_number),
    "customer": Column("customer_name", paging.read_text),
}
USUAL_SORT = "-created"


def read_sort(text: str | None) -> paging.Sort:
    return paging.read_sort(text, SORTS, USUAL_SORT)
