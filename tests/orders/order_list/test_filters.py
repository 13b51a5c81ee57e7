"""The filters of the order list: values of one are OR, filters are AND, and nonsense filters nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone
from time_machine import travel

from orders.models import Order, OrderType, Status, WriteOff
from orders.order_list.filters import MAX_NAMED, OrderFilter, row_ids, selected
from orders.order_list.lookups import load_lookups
from tests.support.html import found as found_in
from tests.support.html import page
from tests.support.incoming import order

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(ann):
    """The names of the orders that a query finds, sorted."""

    def found(query: str) -> str:
        filters = OrderFilter(QueryDict(query), choices=load_lookups(), user=ann)
        rows = filters.apply(Order.objects.all())
        return "".join(sorted(rows.values_list("note", flat=True)))

    return found


@pytest.fixture
def ids(store, made_here, ann, kim) -> dict[str, int]:
    """Four orders a to d, each of its own kind; ids by what they are called in the tests."""
    new, ready, closed = (
        Status.objects.get(name=name) for name in ["New", "Ready", "Closed"]
    )
    online = OrderType.objects.get(name="Online order")
    today = timezone.localdate()
    made_here(note="a", status=new, assignee=ann, due_on=today - timedelta(days=1))
    made_here(note="b", status=ready, assignee=kim, due_on=today, write_off=1)
    made_here(note="c", status=closed, store=store, external_id="1", order_type=online)
    made_here(
        note="d",
        status=closed,
        store=store,
        external_id="2",
        due_on=today - timedelta(days=1),
        needs_attention=True,
    )
    return {
        "new": new.pk,
        "ready": ready.pk,
        "closed": closed.pk,
        "online": online.pk,
        "store": store.pk,
        "ann": ann.pk,
        "kim": kim.pk,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "abcd"),
        ("status={new}", "a"),
        ("status={new}&status={ready}", "ab"),
        ("group=closed", "cd"),
        ("group=closed&status={new}", "acd"),
        ("type={online}", "c"),
        ("store={store}", "cd"),
        ("store=here", "ab"),
        ("store=connected", "cd"),
        ("store=here&store={store}", "abcd"),
        ("store=here&store=connected", "abcd"),
        ("assignee={kim}", "b"),
        ("assignee=me", "a"),
        ("assignee=none", "cd"),
        ("assignee=none&assignee=me", "acd"),
        ("assignee=none&assignee={kim}", "bcd"),
        ("due=overdue", "a"),
        ("due=today", "b"),
        ("due=none", "c"),
        ("due=overdue&due=none", "ac"),
        ("write_off=1", "b"),
        ("write_off=0&write_off=1", "abcd"),
        ("attention=1", "d"),
        ("status={closed}&attention=1", "d"),
        ("status={new}&attention=1", ""),
    ],
)
def test_filter_finds(found, ids, query, names):
    assert WriteOff.PARTLY == 1
    assert found(query.format(**ids)) == names


@pytest.mark.parametrize(
    ("days", "names"), [(-1, ""), (0, "a"), (7, "a"), (8, ""), (None, "")]
)
def test_due_within_a_week(found, made_here, days, names):
    today = timezone.localdate()
    due_on = None if days is None else today + timedelta(days=days)
    made_here(note="a", due_on=due_on)
    assert found("due=week") == names


@pytest.mark.parametrize(
    ("values", "names", "or_written_off"),
    [
        ({}, "a", "ac"),
        ({"write_off": WriteOff.PARTLY}, "a", "ac"),
        ({"write_off": WriteOff.ALL}, "", "ac"),
        ({"items": ""}, "", "c"),
        ({"cancelled_at": timezone.now()}, "", "c"),
    ],
)
def test_left_to_write_off_are_goods_of_orders_that_go_on(
    found, made_here, values, names, or_written_off
):
    made_here(note="a", **{"items": "Display"} | values)
    made_here(note="b", items="Display", status=Status.objects.get(name="Closed"))
    made_here(note="c", items="Display", write_off=WriteOff.ALL)
    assert found("write_off=open") == names
    assert found(f"write_off=open&write_off={WriteOff.ALL:d}") == or_written_off


@pytest.mark.parametrize(
    "query",
    [
        *["status=999999", "status=x", "group=nonsense", "type=-1", "store=%00"],
        *["assignee=you", "due=tomorrow", "write_off=9", "attention=2", "customer=x"],
        *["from=yesterday", "to=2026-02-30", "from=1969-12-31", "to=2200-01-02"],
        *["q=", "q=%00", "page=2", "from=2026-11-20T10:00"],
    ],
)
def test_nonsense_filters_nothing(found, ids, query, ann):
    assert found(query) == "abcd"
    lookups = load_lookups()
    assert not OrderFilter(QueryDict(query), choices=lookups, user=ann)


def midnight(month: int, day: int) -> datetime:
    return timezone.make_aware(datetime(2026, month, day))


def test_days_are_whole_and_in_the_readers_time_zone(found, made_here):
    """Berlin's 20 November begins at 23:00 UTC of the day before."""
    begin = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    second = timedelta(seconds=1)
    made_here(note="a", placed_at=begin - second)
    made_here(note="b", placed_at=begin)
    made_here(note="c", placed_at=begin + timedelta(days=1) - second)
    made_here(note="d", placed_at=begin + timedelta(days=1))
    assert found("from=2026-11-20") == "bcd"
    assert found("to=2026-11-20") == "abc"
    assert found("from=2026-11-20&to=2026-11-20") == "bc"
    with timezone.override("UTC"):
        assert found("from=2026-11-20") == "cd"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("created=today", "a"),
        ("created=week", "ab"),
        ("created=month", "abc"),
        ("created=today&created=month", "abc"),
        ("created=yesterday", "abcd"),
    ],
)
def test_relative_times_end_today_and_begin_at_midnight(found, made_here, query, names):
    with travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        for name, day in [("a", (11, 20)), ("b", (11, 14)), ("c", (11, 1))]:
            made_here(note=name, placed_at=midnight(*day))
        made_here(note="d", placed_at=midnight(11, 1) - timedelta(seconds=1))
        assert found(query) == names


def test_customers(found, bring):
    first, second, _third = bring(order(1), order(2), order(3))
    for number, row in enumerate([first, second, _third]):
        Order.objects.filter(pk=row.pk).update(note="abc"[number])
    assert found(f"customer={first.customer_id}") == "a"
    both = f"customer={first.customer_id}&customer={second.customer_id}"
    assert found(both) == "ab"
    assert found(f"{both}&q=1002") == "b"


def test_active_filters_are_those_with_a_value(ann, ids):
    query = QueryDict("q=+ada+&status=x&due=today&from=2026-11-20&sort=total")
    filters = OrderFilter(query, choices=load_lookups(), user=ann)
    assert filters.given == {
        "q": "ada",
        "due": ["today"],
        "from": date(2026, 11, 20),
    }
    assert bool(filters) is True


def test_named_rows_are_each_one_once_up_to_a_limit():
    assert row_ids(["7", "x", "8", "7", "-1", ""]) == [7, 8]
    numbers = [str(number) for number in range(1, MAX_NAMED + 10)]
    assert row_ids(numbers) == list(range(1, MAX_NAMED + 2))


def test_selection_is_the_named_orders_or_all_that_the_query_finds(ann, ids):
    def names(data: dict) -> str:
        request = RequestFactory().post("/", data)
        request.user = ann
        return "".join(sorted(selected(request).values_list("note", flat=True)))

    named = dict(Order.objects.values_list("note", "pk"))
    assert names({"id": [named["a"], named["d"]]}) == "ad"
    assert names({"id": [named["a"]], "query": "?due=today"}) == "a"
    assert names({"all": "1", "query": "?due=today", "id": [named["a"]]}) == "b"
    assert names({"all": "1", "query": "due=today"}) == "b"
    assert names({"all": "1"}) == "abcd"
    assert names({}) == ""


@pytest.mark.parametrize(
    ("query", "is_said"),
    [
        ("from=2026-03-02&to=2026-03-01", True),
        ("from=2026-03-02&to=2026-03-02", False),
        ("from=2026-03-02", False),
        ("to=2026-03-01", False),
        ("from=2026-03-02&to=x", False),
    ],
)
def test_dates_that_end_before_they_begin_say_so(client, query, is_said):
    html = page(client, f"/orders/?{query}")
    said = found_in(r'<p id="dates-error"[^>]*>(.*?)</p>', html)
    assert said == ("The last day is before the first." if is_said else "")
    assert (' name="menu" open>' in html) is is_said
