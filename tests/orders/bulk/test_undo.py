"""Undoing what was done: only where nobody has changed it since, and never more than the act itself did."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import Product
from orders.bulk.engine import ask, ask_undo, continue_action
from orders.domain.status import change_status, change_type
from orders.domain.undo_record import COLUMNS, state_of_line
from orders.domain.write_off import reverse as reverse_write_off
from orders.domain.write_off import write_off
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderEvent,
    OrderLine,
    OrderType,
    Status,
)
from tests.support.html import found, text_of
from tests.support.incoming import line, order
from tests.support.invariants.stock import level
from tests.support.order_page import post, post_in_parts, said
from tests.support.orders import events_of
from tests.support.times import DAY, NOW

pytestmark = pytest.mark.usefixtures("sound")
LATER = NOW + timedelta(hours=1)


def status(name: str) -> Status:
    return Status.objects.get(name=name)


def statuses() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("status__name", flat=True))


def types() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("order_type__name", flat=True))


def undo(client, action: BulkAction | None = None, **data) -> list[str]:
    """Press *Undo*; what is said."""
    pk = action.pk if action else BulkAction.objects.latest("pk").pk
    answer = client.post(reverse("orders:undo", args=[pk]), data, follow=True)
    return said(answer)[-1:]


def set_to_ready(client, *orders: Order) -> BulkAction:
    data = {"id": [each.pk for each in orders], "status": status("Ready").pk}
    client.post(reverse("orders:bulk"), data)
    return BulkAction.objects.get()


def everything() -> list:
    return [
        *Order.objects.order_by("pk").values_list("pk", "status", "assignee", "total"),
        *OrderLine.objects.order_by("pk").values_list("pk", "quantity", "difference"),
        OrderEvent.objects.count(),
        BulkAction.objects.count(),
    ]


@pytest.mark.parametrize(
    "page", ["/orders/?view=all&q=Wet&sort=number", "/orders/{pk}/?edit=note"]
)
def test_undo_without_javascript_leads_back_to_the_page_it_stands_on(
    kim_client, made_here, page
):
    order = made_here(note="Wet")
    here = page.format(pk=order.pk)
    data = {"id": order.pk, "status": status("Ready").pk, "next": here}
    html = kim_client.post(reverse("orders:bulk"), data, follow=True).content.decode()
    form = found(r"(<form[^>]* data-undo>.*?</form>)", html)
    sent = {"next": unescape(found('name="next" value="(.*?)"', form))}
    answer = kim_client.post(found('action="(.*?)"', form), sent)
    assert answer.url == here
    assert statuses() == ["New"]


def test_undo_sets_back_what_nobody_has_changed_and_says_how_many_it_left(
    kim_client, kim, sam, made_here
):
    first, second, third, fourth = (made_here() for _ in range(4))
    Order.objects.filter(pk=second.pk).update(status=status("In progress"))
    action = set_to_ready(kim_client, first, second, third, fourth)
    now = timezone.now()
    change_status([third.pk], status("Closed"), by=sam, now=now)
    # Ready again, but because somebody wanted it.
    change_status([fourth.pk], status("Closed"), by=sam, now=now)
    change_status([fourth.pk], status("Ready"), by=sam, now=now)
    assert undo(kim_client, action) == [
        "Undone: Status “Ready”: 2 set back; 2 left alone: changed since."
    ]
    assert statuses() == ["New", "In progress", "Closed", "Ready"]
    assert events_of(second)[-1] == ("undone", "", "status", "Ready", "In progress")
    page = text_of(kim_client.get(f"/orders/bulk/{action.pk}/").content.decode())
    assert "Undone by Kim" in page
    # Once: the second press finds nothing left to undo.
    before = everything()
    assert undo(kim_client, action) == [
        "This cannot be undone: it was undone already, or lies more than 30 days back."
    ]
    assert everything() == before


def test_undo_sets_a_status_back_that_could_not_be_reached_by_hand(
    kim_client, made_here
):
    one = made_here()
    action = set_to_ready(kim_client, one)
    status("Ready").followers.set([status("Closed")])
    undo(kim_client, action)
    assert statuses() == ["New"]


def test_undo_stops_what_is_still_under_way(kim, made_here, monkeypatch):
    orders = [made_here() for _ in range(3)]
    monkeypatch.setattr("orders.bulk.engine.CHUNK", 1)
    ready = {"kind": BulkKind.STATUS, "status": status("Ready")}
    action = ask(Order.objects.all(), by=kim, now=NOW, **ready)
    times = iter([NOW, LATER])
    assert not continue_action(action.pk, clock=lambda: next(times), until=LATER)
    assert statuses() == ["Ready", "New", "New"]
    undone = ask_undo(action.pk, by=kim, now=LATER)
    assert continue_action(undone.pk, clock=lambda: LATER)
    assert continue_action(action.pk, clock=lambda: LATER)
    assert statuses() == ["New"] * 3
    found = action.orders.order_by("order_id").values_list("outcome", flat=True)
    assert list(found) == [BulkOutcome.CHANGED, *[BulkOutcome.STOPPED] * 2]
    assert list(undone.orders.values_list("order_id", "outcome")) == [
        (orders[0].pk, BulkOutcome.UNDONE)
    ]


def test_undo_needs_the_permission_of_the_act(kim_client, bob_client, made_here, kim):
    action = set_to_ready(kim_client, made_here())
    before = everything()
    answer = bob_client.post(reverse("orders:undo", args=[action.pk]))
    assert answer.status_code == 403
    assert "Can change: orders" in text_of(answer.content.decode())
    BulkAction.objects.update(asked_at=timezone.now() - timedelta(days=31))
    assert undo(kim_client, action)[0].startswith("This cannot be undone")
    assert everything() == before
    assert kim_client.post(reverse("orders:undo", args=[99])).status_code == 404


def test_undo_leaves_imported_orders_to_who_may_work_with_them(
    kim_client, rita, bring, made_here
):
    from tests.support.users import signed_in

    (imported,) = bring(order(1))
    action = set_to_ready(kim_client, imported, made_here())
    assert undo(signed_in(rita), action) == [
        "Undone: Status “Ready”: 1 not changed: orders from stores need the permission to work with them; "
        "1 set back."
    ]
    assert statuses() == ["Ready", "New"]


def test_single_status_and_assignee_are_undone(kim_client, kim, made_here):
    one = made_here()
    html = post_in_parts(kim_client, "status", one, status=status("Ready").pk)
    assert "Status: Ready Outcome Undo" in text_of(html)
    assert undo(kim_client) == ["Undone: Status “Ready”: 1 set back."]
    assert statuses() == ["New"]
    post(kim_client, "assignee", one, assignee=kim.pk)
    assert undo(kim_client) == ["Undone: Assigned to Kim: 1 set back."]
    one.refresh_from_db()
    assert one.assignee is None
    assert events_of(one)[-1] == ("undone", "", "assignee", "Kim", "")
    feed = text_of(kim_client.get(one.get_absolute_url()).content.decode())
    assert "Undone: Assignee before: Kim now: –" in feed
    # A status that is gone cannot be set again.
    post(kim_client, "status", one, status=status("Ready").pk)
    gone = Status.objects.create(name="Short-lived", colour="grey", group="new")
    BulkActionOrder.objects.filter(action=BulkAction.objects.latest("pk")).update(
        before={"status_id": gone.pk}
    )
    gone.delete()
    assert undo(kim_client) == ["Undone: Status “Ready”: 1 left alone: changed since."]
    assert statuses() == ["Ready"]


def test_orders_are_not_given_back_to_whoever_has_left(kim_client, kim, sam, made_here):
    one, two = made_here(assignee=sam), made_here()
    everyone = Order.objects.all()
    action = ask(everyone, kind=BulkKind.ASSIGN, assignee=kim, by=kim, now=NOW)
    continue_action(action.pk, clock=timezone.now)
    sam.is_active = False
    sam.save()
    title = "Undone: Assigned to Kim"
    assert undo(kim_client, action) == [
        f"{title}: 1 set back; 1 left alone: changed since."
    ]
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.assignee, two.assignee) == (kim, None)


def test_type_of_many_orders_is_undone(kim_client, bob_client, kim, sam, made_here):
    repair, sale = (OrderType.objects.get(name=name) for name in ["Repair", "Sale"])
    first, second, third = (made_here(order_type=repair) for _ in range(3))
    action = ask(
        Order.objects.all(),
        kind=BulkKind.TYPE,
        by=kim,
        now=timezone.now(),
        order_type=sale,
    )
    continue_action(action.pk, clock=timezone.now)
    # What one had may be out of use meanwhile.
    OrderType.objects.filter(pk=repair.pk).update(is_active=False)
    for order_type in [repair, sale]:
        change_type([third.pk], order_type, by=sam, now=timezone.now())
    before = types(), everything()
    answer = bob_client.post(reverse("orders:undo", args=[action.pk]))
    assert (answer.status_code, types(), everything()) == (403, *before)
    assert undo(kim_client, action) == [
        "Undone: Type “Sale”: 2 set back; 1 left alone: changed since."
    ]
    assert types() == ["Repair", "Repair", "Sale"]
    assert events_of(first)[-1] == ("undone", "", "type", "Sale", "Repair")
    feed = text_of(kim_client.get(second.get_absolute_url()).content.decode())
    assert "Undone: Type before: Sale now: Repair" in feed


def test_removed_line_comes_back_as_it_was(kim_client, made_here, with_line, screen):
    one = made_here()
    row = with_line(one, "2", "10.00", product=screen, discount="1.50")
    last = with_line(one, "1", "5.00")
    was = state_of_line(OrderLine.objects.get(pk=row.pk))
    html = post_in_parts(kim_client, "line-remove", one, row)
    assert "Line removed. Outcome Undo" in text_of(html)
    assert undo(kim_client) == ["Undone: Line removed: 1 set back."]
    back = OrderLine.objects.get(pk=row.pk)
    assert (state_of_line(back), back.total) == (was, Decimal("18.50"))
    assert [each.pk for each in one.lines.all()] == [row.pk, last.pk]
    one.refresh_from_db()
    assert (one.total, one.items) == (Decimal("23.50"), "2 × Screen, Labour")
    assert events_of(one)[-1] == ("undone", "Screen", "line", "", "2")
    feed = text_of(kim_client.get(one.get_absolute_url()).content.decode())
    assert "Undone: line removed : Screen 2 ×" in feed


def test_every_column_of_a_line_is_brought_back_or_follows_from_others():
    """A new column is set back too, or is named here with how it is set."""
    set_anew = {"id", "order_id", "total", "written_off_at"}
    columns = {each.attname for each in OrderLine._meta.concrete_fields}
    assert columns - set(COLUMNS) == set_anew


def test_line_of_a_store_is_set_back_unless_the_store_has_changed_it(kim_client, bring):
    [one] = bring(order(1, lines=(line(1, quantity=2), line(2, quantity=5))))
    first, second = one.lines.all()
    for row in (first, second):
        post(kim_client, "line-remove", one, row)
    newer = order(
        1,
        lines=(line(1, quantity=2), line(2, quantity=6)),
        updated_at=DAY + timedelta(hours=2),
    )
    bring(newer, fetched_at=LATER)
    removed = BulkAction.objects.order_by("pk")
    assert undo(kim_client, removed[0]) == ["Undone: Line removed: 1 set back."]
    before = list(OrderLine.objects.filter(pk=second.pk).values())
    assert undo(kim_client, removed[1]) == [
        "Undone: Line removed: 1 left alone: changed since."
    ]
    assert list(OrderLine.objects.filter(pk=second.pk).values()) == before
    first.refresh_from_db()
    assert first.quantity == 2


@pytest.fixture
def differing(bring, stocked, main, kim):
    """An order of 2 displays, written off; then its store says 3. 3 were in stock."""
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    stocked(Product.objects.get(), 3)
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    newer = order(1, lines=(line(1, quantity=3),), updated_at=DAY + timedelta(hours=2))
    [one] = bring(newer, fetched_at=LATER)
    return one


def decide(client, one: Order, decision: str) -> None:
    from orders.domain.seen import line_token

    row = one.lines.get()
    seen = line_token(row)
    post(client, "line-decide", one, row, decision=decision, seen=seen)


@pytest.mark.parametrize("decision", ["accept", "dismiss"])
def test_decision_about_a_difference_is_undone_and_stock_follows(
    kim_client, differing, main, decision
):
    row = differing.lines.get()
    was = state_of_line(row)
    decide(kim_client, differing, decision)
    assert level(row.product, main) == (0 if decision == "accept" else 1)
    undo(kim_client)
    back = differing.lines.get()
    assert (state_of_line(back), level(row.product, main)) == (was, 1)
    assert back.difference == {"quantity": ["2", "3"]}
    differing.refresh_from_db()
    assert (differing.needs_attention, differing.write_off) == (True, 2)


def test_decision_is_left_where_the_line_was_put_back_since(
    kim_client, kim, differing, main
):
    decide(kim_client, differing, "accept")
    reverse_write_off(differing.pk, None, by=kim, now=timezone.now())
    before = list(OrderLine.objects.values())
    assert undo(kim_client) == [
        "Undone: Change of the store accepted: 1 left alone: changed since."
    ]
    assert (list(OrderLine.objects.values()), level(Product.objects.get(), main)) == (
        before,
        3,
    )


def test_removal_that_was_accepted_needs_the_stock_to_be_undone(
    kim_client, differing, bring, main, kim, made_here, with_line
):
    newer = order(1, lines=(line(1, quantity=0),), updated_at=DAY + timedelta(hours=3))
    bring(newer, fetched_at=LATER)
    decide(kim_client, differing, "accept")
    product = Product.objects.get()
    other = made_here()
    with_line(other, "2", product=product)
    write_off(other.pk, None, warehouse=main, by=kim, now=LATER)
    before = list(OrderLine.objects.values())
    assert undo(kim_client) == ["Undone: Change of the store accepted: 1 left alone."]
    assert (list(OrderLine.objects.values()), level(product, main)) == (before, 1)
    page = kim_client.get(f"/orders/bulk/{BulkAction.objects.latest('pk').pk}/")
    assert (
        "left alone: There is not enough in stock to write the line off again as it was."
        in text_of(page.content.decode())
    )
