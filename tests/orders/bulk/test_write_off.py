"""Writing off a selection: asked about first, each order by itself, and reversed by Undo where it still
stands."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.models import Warehouse
from orders.bulk import engine, views
from orders.bulk.engine import ask, ask_undo, continue_action
from orders.domain.attributes import comment
from orders.domain.differences import accept
from orders.domain.lines import LineValues, NewLine, add_line
from orders.domain.seen import line_token
from orders.domain.write_off import reverse as reverse_write_off
from orders.domain.write_off import write_off
from orders.models import BulkAction, BulkKind, BulkOutcome, Order, OrderLine
from tests.orders.bulk import GONE
from tests.support.html import text_of
from tests.support.incoming import line, order
from tests.support.invariants.stock import level
from tests.support.order_page import said, state
from tests.support.orders import events_of
from tests.support.stock import goods
from tests.support.times import DAY, NOW
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.usefixtures("sound")
URL = reverse("orders:write-off-selection")


@pytest.fixture
def sold(made_here, with_line, screen):
    """Make an order of so many screens and an hour's work."""

    def sold(quantity: str = "1") -> Order:
        one = made_here()
        with_line(one, quantity, "89.90", screen)
        with_line(one)
        return one

    return sold


def asked(client, *orders: Order, **data) -> str:
    """What the question says about these orders."""
    sent = {"id": [each.pk for each in orders]} | data
    answer = client.post(URL, sent)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def confirm(client, warehouse: Warehouse | None = None) -> list[str]:
    """Say yes to the newest question; what is said."""
    sent = {"action": BulkAction.objects.latest("pk").pk}
    if warehouse:
        sent["warehouse"] = warehouse.pk
    return said(client.post(URL, sent, follow=True))


def written_off(client, warehouse: Warehouse, *orders: Order) -> list[str]:
    asked(client, *orders)
    return confirm(client, warehouse)


def undo(client) -> list[str]:
    pk = BulkAction.objects.latest("pk").pk
    return said(client.post(reverse("orders:undo", args=[pk]), follow=True))[-1:]


def outcomes(action: BulkAction | None = None) -> list[str]:
    rows = (action or BulkAction.objects.latest("pk")).orders.order_by("order_id")
    return list(rows.values_list("outcome", flat=True))


def write_offs() -> list[int]:
    return list(Order.objects.order_by("pk").values_list("write_off", flat=True))


def test_it_asks_with_number_warehouse_and_first_orders_and_takes_what_is_left(
    kim_client, kim, sold, stocked, screen, main, van
):
    stocked(screen, 10)
    first, second, third, fourth = (sold("2") for _ in range(4))
    write_off(first.pk, None, warehouse=main, by=kim, now=NOW)
    part = second.lines.last()
    write_off(second.pk, [part.pk], warehouse=main, by=kim, now=NOW)
    question = asked(kim_client, first, second, third, fourth)
    newest = " ".join(
        f"{each.pk} Unknown 2 × Screen, Labour" for each in [fourth, third, second]
    )
    assert f"Write off 4 orders? {newest} and 1 more" in question
    assert "1 of them is written off already. From Main warehouse Van" in question
    assert (write_offs(), level(screen, main)) == ([2, 1, 0, 0], 8)
    assert confirm(kim_client, main) == [
        "Write-off from Main warehouse: 3 written off; 1 nothing left to write off."
    ]
    assert (write_offs(), level(screen, main)) == ([2, 2, 2, 2], 2)
    kinds = [each[:2] for each in events_of(third)[-2:]]
    assert kinds == [("written_off", "Screen"), ("written_off", "Labour")]
    [again] = confirm(kim_client, main)
    assert again == GONE
    assert level(screen, main) == 2


def test_it_asks_in_a_dialog_about_a_single_order_too(kim_client, sold):
    one = sold()
    before = state()
    answer = kim_client.post(URL, {"id": [one.pk]}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert 'id="question" class="dialog" data-open' in html
    assert "Write off 1 order?" in text_of(html)
    assert "Write off 1 order Cancel" in text_of(html)
    assert (state(), "HX-Trigger" in answer.headers) == (before, False)


def test_each_order_succeeds_or_fails_by_itself_and_says_what_is_missing(
    kim_client, sold, stocked, screen, main, with_line
):
    battery = goods("Battery")
    stocked(screen, 4)
    stocked(battery, "1.5")
    first, second, third = sold("3"), sold("1"), sold("3")
    with_line(third, "1200", product=battery)
    assert written_off(kim_client, main, first, second, third) == [
        "Write-off from Main warehouse: 2 written off; 1 not written off: not enough in stock."
    ]
    assert (write_offs(), level(screen, main)) == ([2, 2, 0], 0)
    page = reverse("orders:bulk-action", args=[BulkAction.objects.get().pk])
    short = kim_client.get(page, {"outcome": "short"}).content.decode()
    assert (
        f"{third.pk} – not written off: not enough in stock "
        "Screen: 3 wanted, 0 in stock Battery: 1,200 wanted, 1.5 in stock"
    ) in text_of(short)
    assert f">{first.pk}</a>" not in short
    kim_client.cookies["django_language"] = "de"
    german = text_of(kim_client.get(page, {"outcome": "short"}).content.decode())
    assert "Abschreibung aus Main warehouse" in german
    assert "Battery: 1.200 gebraucht, 1,5 vorrätig" in german


def test_chosen_warehouse_is_taken_and_proposed_next_time(
    kim_client, sold, stocked, screen, main, van
):
    stocked(screen, 2, warehouse=van)
    assert written_off(kim_client, van, sold("2")) == [
        "Write-off from Van: 1 written off."
    ]
    assert (level(screen, van), level(screen, main)) == (0, 0)
    answer = kim_client.post(URL, {"id": [sold().pk]}).content.decode()
    assert re.findall(r'<option value="\d+" selected>([^<]*)', answer) == ["Van"]


@pytest.mark.parametrize("sent", [{}, {"warehouse": "0"}, {"warehouse": "closed"}])
def test_warehouse_that_may_not_be_used_is_refused_and_asked_for_again(
    kim_client, sold, stocked, screen, main, sent
):
    stocked(screen, 1)
    closed = Warehouse.objects.create(name="Closed", is_active=False)
    if "warehouse" in sent:
        sent = {"warehouse": closed.pk if sent["warehouse"] == "closed" else "0"}
    asked(kim_client, sold())
    before = state()
    draft = BulkAction.objects.get()
    answer = kim_client.post(URL, {"action": draft.pk, **sent})
    html = text_of(answer.content.decode())
    sentence = (
        "The warehouse is not active. Choose another one, or activate it first."
        if sent
        else "Choose a warehouse."
    )
    assert "Write off 1 order?" in html
    assert sentence in html
    assert (state(), BulkAction.objects.get().due_at) == (before, None)
    assert confirm(kim_client, main) == [
        "Write-off from Main warehouse: 1 written off."
    ]


def test_warehouse_that_was_retired_meanwhile_gives_nothing(
    kim, kim_client, sold, stocked, screen, main
):
    stocked(screen, 1)
    sold()
    action = asked_by(kim, main)
    Warehouse.objects.update(is_active=False)
    before = state()
    continue_action(action.pk, clock=timezone.now)
    assert (outcomes(), state()) == ([BulkOutcome.REFUSED], before)
    page = kim_client.get(reverse("orders:bulk-action", args=[action.pk]))
    assert (
        "left alone: The warehouse is not active. Choose another one, or activate it first."
        in text_of(page.content.decode())
    )


def test_without_a_warehouse_there_is_nothing_to_confirm(kim_client, sold):
    Warehouse.objects.update(is_active=False)
    question = asked(kim_client, sold())
    assert "There is no active warehouse to write off from." in question
    assert "Write off 1 order Cancel" not in question
    assert confirm(kim_client) == []
    assert write_offs() == [0]


def asked_by(user, warehouse: Warehouse, orders=None, now=None) -> BulkAction:
    """A write-off of all orders that waits for a worker."""
    return ask(
        Order.objects.all() if orders is None else orders,
        kind=BulkKind.WRITE_OFF,
        by=user,
        now=now or timezone.now(),
        warehouse=warehouse,
    )


def test_answer_that_is_sent_twice_writes_off_once(
    kim_client, sold, stocked, screen, main
):
    stocked(screen, 4)
    asked(kim_client, sold("2"))
    sent = {
        "action": BulkAction.objects.get().pk,
        "warehouse": main.pk,
        "form-key": "once-and-no-further",
    }
    answers = [kim_client.post(URL, sent).status_code for _ in range(2)]
    assert answers == [302, 302]
    assert said(kim_client.get(reverse("orders:list"))) == [
        "Write-off from Main warehouse: 1 written off."
    ] * len(answers)
    assert level(screen, main) == 2


def test_nothing_selected_asks_nothing(kim_client):
    answer = kim_client.post(URL, {}, follow=True)
    assert said(answer) == ["Write-off from Main warehouse: no order was selected."]


def test_it_needs_the_permission(bob_client, rita, sold):
    one = sold()
    before = state()
    for browser in [bob_client, signed_in(rita)]:
        assert browser.post(URL, {"id": [one.pk]}).status_code == 403
        assert "Write off" not in browser.get(reverse("orders:list")).content.decode()
    assert (state(), BulkAction.objects.count()) == (before, 0)


def test_orders_from_stores_need_the_permission_to_work_with_them(
    bring, sold, main, screen, stocked
):
    bring(order(1))
    stocked(screen, 1)
    own = sold()
    may = ["orders.view_order", "orders.write_off_order"]
    browser = signed_in(create_user("eve", *may))
    assert "Write off" in browser.get(reverse("orders:list")).content.decode()
    assert written_off(browser, main, *Order.objects.all()) == [
        "Write-off from Main warehouse: 1 written off; "
        "1 not changed: orders from stores need the permission to work with them."
    ]
    assert (write_offs(), own.pk) == ([0, 2], Order.objects.latest("pk").pk)


def test_draft_of_another_kind_or_person_is_not_started(kim_client, sam, sold, main):
    asked(kim_client, sold())
    before = state()
    assert confirm(signed_in(sam), main) == [GONE]
    draft = BulkAction.objects.get()
    kim_client.post(reverse("orders:bulk"), {"action": draft.pk})
    kim_client.post(reverse("stores:refresh"), {"action": draft.pk})
    assert (state(), BulkAction.objects.get().due_at) == (before, None)


def test_all_is_what_it_was_when_it_asked(kim_client, sold, stocked, screen, main):
    stocked(screen, 9)
    sold()
    assert "Write off 1 order? The list showed 3." in asked(
        kim_client, all="1", query="", total=3
    )
    sold()
    assert confirm(kim_client, main) == [
        "Write-off from Main warehouse: 1 written off."
    ]
    assert write_offs() == [2, 0]


def test_order_whose_lines_changed_after_the_question_is_left_alone(
    kim_client, kim, sam, sold, stocked, screen, main, with_line
):
    stocked(screen, 9)
    added, reversed_, touched, left = (sold() for _ in range(4))
    write_off(reversed_.pk, None, warehouse=main, by=kim, now=NOW)
    asked(kim_client, added, reversed_, touched, left)
    now = timezone.now()
    labour = NewLine(LineValues("Labour", Decimal(1), Decimal(5)))
    add_line(added.pk, labour, by=sam, now=now)
    reverse_write_off(reversed_.pk, None, by=sam, now=now)
    # What concerns no line stands in nobody's way.
    comment(touched.pk, "Hello", by=sam, now=now)
    assert confirm(kim_client, main) == [
        "Write-off from Main warehouse: 2 written off; 2 left alone: changed since."
    ]
    assert write_offs() == [0, 0, 2, 2]


def test_store_that_changes_a_line_after_the_question_is_noticed(
    kim_client, kim, bring, stocked, main
):
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    stocked(one.lines.get().product, 9)
    action = asked_by(kim, main, now=NOW)
    later = NOW + timedelta(hours=1)
    newer = {"lines": (line(1, quantity=3),), "updated_at": DAY + timedelta(hours=2)}
    bring(order(1, **newer), fetched_at=later)
    continue_action(action.pk, clock=lambda: later)
    assert (outcomes(), write_offs()) == ([BulkOutcome.CHANGED_SINCE], [0])
    # Whoever looks again sees three.
    assert written_off(kim_client, main, one) == [
        "Write-off from Main warehouse: 1 written off."
    ]


def test_undo_reverses_what_the_action_wrote_off_where_it_still_stands(
    kim_client, kim, sam, sold, stocked, screen, main, van
):
    stocked(screen, 20)
    orders = [sold() for _ in range(4)]
    untouched, half, again, before = orders
    write_off(before.pk, None, warehouse=main, by=sam, now=NOW)
    written_off(kim_client, main, *orders)
    now = timezone.now()
    reverse_write_off(half.pk, [half.lines.first().pk], by=sam, now=now)
    reverse_write_off(again.pk, None, by=sam, now=now)
    stocked(screen, 1, warehouse=van)
    write_off(again.pk, None, warehouse=van, by=sam, now=now)
    assert undo(kim_client) == [
        "Undone: Write-off from Main warehouse: 1 set back; 2 left alone: changed since."
    ]
    # The one that was written off before the action is none of its orders.
    assert write_offs() == [0, 1, 2, 2]
    assert (level(screen, main), level(screen, van)) == (19, 0)
    assert [each[:2] for each in events_of(untouched)[-2:]] == [
        ("reversed", "Screen"),
        ("reversed", "Labour"),
    ]


def test_undo_leaves_a_write_off_that_followed_the_store(
    kim_client, kim, bring, stocked, main
):
    [one] = bring(order(1, lines=(line(1, quantity=2),)))
    row = one.lines.get()
    stocked(row.product, 9)
    written_off(kim_client, main, one)
    newer = {"lines": (line(1, quantity=3),), "updated_at": DAY + timedelta(hours=2)}
    now = timezone.now()
    bring(order(1, **newer), fetched_at=now)
    row.refresh_from_db()
    accept(one.pk, row.pk, seen=line_token(row), by=kim, now=timezone.now())
    before = state()
    action = BulkAction.objects.get(kind=BulkKind.WRITE_OFF)
    ask_undo(action.pk, by=kim, now=timezone.now())
    continue_action(action.undo.pk, clock=timezone.now)
    assert (outcomes(action.undo), state()) == ([BulkOutcome.CHANGED_SINCE], before)


def test_undo_needs_the_permission_to_write_off(
    kim_client, rita, sold, stocked, screen, main
):
    stocked(screen, 1)
    written_off(kim_client, main, sold())
    before = state()
    action = BulkAction.objects.get()
    answer = signed_in(rita).post(reverse("orders:undo", args=[action.pk]))
    assert (answer.status_code, state()) == (403, before)


def test_many_go_on_in_the_background_and_undo_stops_them(
    kim_client, kim, sold, stocked, screen, main, monkeypatch
):
    stocked(screen, 9)
    for _ in range(5):
        sold()
    monkeypatch.setattr(engine, "ORDERS_IN_TURN", 2)
    monkeypatch.setattr(views, "AT_ONCE", timedelta(0))
    asked(kim_client, all="1", query="", total=5)
    assert confirm(kim_client, main) == [
        "Write-off from Main warehouse: 5 follow in the background."
    ]
    action = BulkAction.objects.get()
    assert engine.unfinished(timezone.now()) == [action.pk]
    times = iter([timezone.now(), timezone.now() + timedelta(hours=1)])
    assert not continue_action(
        action.pk, clock=lambda: next(times), until=timezone.now() + timedelta(0, 60)
    )
    assert write_offs() == [2, 2, 0, 0, 0]
    monkeypatch.undo()
    assert undo(kim_client) == ["Undone: Write-off from Main warehouse: 2 set back."]
    assert outcomes(action) == ["written_off"] * 2 + ["stopped"] * 3
    assert (write_offs(), level(screen, main)) == ([0] * 5, 9)


def test_worker_that_dies_leaves_the_orders_done_so_far_and_the_rest_waiting(
    kim, sold, stocked, screen, main, monkeypatch
):
    stocked(screen, 9)
    orders = [sold() for _ in range(3)]
    action = asked_by(kim, main)

    def dies(action, ids, now):
        found = engine.change(action, ids, now)
        if orders[1].pk in ids:
            raise KeyboardInterrupt
        return found

    with pytest.raises(KeyboardInterrupt):
        continue_action(action.pk, clock=timezone.now, act=dies)
    assert (outcomes(action), level(screen, main)) == (["written_off", "", ""], 8)
    continue_action(action.pk, clock=timezone.now)
    assert (outcomes(action), level(screen, main)) == (["written_off"] * 3, 6)


def test_kind_that_a_later_version_knows_is_left_to_its_workers(kim, sold, main):
    sold()
    action = asked_by(kim, main)
    BulkAction.objects.update(kind="later")
    before = state()
    assert engine.unfinished(timezone.now()) == []
    assert continue_action(action.pk, clock=timezone.now) is False
    assert (outcomes(action), state()) == ([""], before)


AN_ORDER = 21
"""Queries: 2 lock the action's row and store what became of it; 3 read the order, its lines and what happened
to them since; 6 move stock; 4 store lines, order and events; the others begin and end transactions."""
A_TURN = 3
"""A lease, the action, and giving it back."""
THE_END = A_TURN + 4
"""A turn that finds nothing, and the action is done."""


@pytest.mark.slow
def test_queries_for_an_order_do_not_grow_with_orders_or_lines(
    kim, made_here, with_line, stocked, main
):
    parts = [goods(f"Part {number}") for number in range(6)]
    for each in parts:
        stocked(each, 5_000)

    def queries(orders: int, lines: int) -> int:
        made = [made_here() for _ in range(orders)]
        for one in made:
            for part in parts[:lines]:
                with_line(one, product=part)
        chosen = Order.objects.filter(pk__in=[one.pk for one in made])
        action = asked_by(kim, main, chosen)
        with CaptureQueriesContext(connection) as captured:
            continue_action(action.pk, clock=timezone.now)
        assert outcomes(action) == ["written_off"] * orders
        return len(captured)

    assert queries(20, 1) == A_TURN + 20 * AN_ORDER + THE_END
    assert queries(40, 6) == 2 * A_TURN + 40 * AN_ORDER + THE_END
    assert OrderLine.objects.filter(written_off_at=None).count() == 0
