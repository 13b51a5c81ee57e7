"""The sorts of the order list."""

from common.lists import pagination
from common.lists.pagination import ID, Column

SORTS = {
    "number": ID,
    "created": Column("placed_at", pagination.read_time),
    "updated": Column("synced_at", pagination.read_time, may_be_null=True),
    "total": Column("total", pagination.read_number),
    "due": Column("due_on", pagination.read_day, may_be_null=True, null_is_last=True),
    "customer": Column("customer_name", pagination.read_text),
}
ASCENDING_FIRST = {"customer", "due"}
DEFAULT_SORT = "-created"


def read_sort(text: str | None) -> pagination.Sort:
    return pagination.read_sort(text, SORTS, DEFAULT_SORT)
