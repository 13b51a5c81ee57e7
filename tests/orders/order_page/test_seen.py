"""Nobody acts on a state that their page did not show (O14): they are refused, and shown what is there."""

import re
from datetime import timedelta
from html import unescape

import pytest

from inventory.models import Product, Warehouse
from orders.domain.lines import remove_line
from orders.domain.write_off import reverse, write_off
from orders.models import Order, OrderLine, Status
from tests.support.html import text_of
from tests.support.incoming import line, order
from tests.support.invariants.stock import level
from tests.support.order_page import (
    AROUND_LINES,
    done,
    parts_of,
    post,
    post_in_parts,
    state,
)
from tests.support.orders import events_of
from tests.support.times import DAY, NOW
from tests.support.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]
LATER = NOW + timedelta(hours=1)
OUTDATED = "This has changed since the page showed it, so nothing was done. Check it as it is now."


@pytest.fixture
def one(bring, stocked) -> Order:
    """A display and a battery of the store's, 9 of each in stock."""
    [one] = bring(order(1, lines=(line(1), line(2))))
    for product in Product.objects.all():
        stocked(product, 9)
    return one


@pytest.fixture
def grow(bring):
    """The store makes the first line four pieces."""

    def grow() -> None:
        more = (line(1, quantity=4), line(2))
        changed = order(1, lines=more, updated_at=DAY + timedelta(hours=2))
        bring(changed, fetched_at=LATER)

    return grow


def shown(client, one: Order) -> list[str]:
    """What the page says that it shows of each line, as its form sends it."""
    html = client.get(f"/orders/{one.pk}/").content.decode()
    return re.findall(r'name="shown" value="([^"]+)" form="write-offs"', html)


def form_values(html: str, target: str) -> list[str]:
    """``seen`` in the forms that post to ``target``."""
    form = rf'<form[^>]*action="[^"]*{target}"[^>]*>(.*?)</form>'
    return [
        value
        for body in re.findall(form, html, re.DOTALL)
        for value in re.findall(r'name="seen" value="([^"]*)"', body)
    ]


def test_write_off_of_all_is_refused_after_the_store_made_one_piece_four(
    client, one, main, grow
):
    seen = shown(client, one)
    first, _second = one.lines.all()
    assert [int(each.partition(":")[0]) for each in seen] == [
        row.pk for row in one.lines.all()
    ]
    grow()
    before = state()
    html = post_in_parts(client, "write-off", one, warehouse=main.pk, shown=seen)
    assert OUTDATED in html
    assert state() == before
    # The changed line is shown anew, the other one need not be.
    assert parts_of(html) == [
        f"line-{first.pk}",
        *AROUND_LINES,
        "announcement",
        "messages",
    ]
    assert '<td data-label="Quantity">4</td>' in html
    answer = post(client, "write-off", one, warehouse=main.pk, shown=shown(client, one))
    assert done(client, answer, one) == ["2 lines written off from Main warehouse."]
    assert [level(row.product, main) for row in one.lines.all()] == [5, 8]


def test_write_off_of_one_line_asks_about_this_line_only(client, one, main, grow):
    seen = shown(client, one)
    first, second = one.lines.all()
    grow()
    before = state()
    answer = post(
        client, "write-off", one, warehouse=main.pk, line=first.pk, shown=seen
    )
    assert done(client, answer, one) == [OUTDATED]
    assert state() == before
    answer = post(
        client, "write-off", one, warehouse=main.pk, line=second.pk, shown=seen
    )
    assert done(client, answer, one) == ["1 line written off from Main warehouse."]


def test_write_off_of_all_takes_no_line_that_came_and_misses_none_that_went(
    client, one, main, with_line, kim
):
    seen = shown(client, one)
    first, _second = one.lines.all()
    came = with_line(one)
    before = state()
    html = post_in_parts(client, "write-off", one, warehouse=main.pk, shown=seen)
    assert (OUTDATED in html, state() == before) == (True, True)
    assert f'beforeend:#lines-table"><tbody id="line-{came.pk}"' in re.sub(
        r">\s+<", "><", html
    )
    seen = shown(client, one)
    remove_line(one.pk, came.pk, by=kim, now=NOW)
    before = state()
    html = post_in_parts(client, "write-off", one, warehouse=main.pk, shown=seen)
    assert (OUTDATED in html, state() == before) == (True, True)
    assert f'<tbody id="line-{came.pk}" hx-swap-oob="delete"></tbody>' in html
    assert f'id="line-{first.pk}"' not in html


def test_page_that_says_nothing_of_its_lines_writes_nothing_off(client, one, main):
    before = state()
    for data in [{}, {"line": one.lines.first().pk}]:
        answer = post(client, "write-off", one, warehouse=main.pk, shown=[], **data)
        assert done(client, answer, one) == [OUTDATED]
    assert state() == before


def test_reversal_is_refused_after_the_store_changed_the_line(
    client, one, main, grow, kim
):
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    seen = shown(client, one)
    first, _second = one.lines.all()
    grow()
    before = state()
    for data in [{}, {"line": first.pk}]:
        answer = post(client, "reverse", one, shown=seen, **data)
        assert done(client, answer, one) == [OUTDATED]
    assert state() == before
    html = post_in_parts(client, "reverse", one, line=first.pk, shown=seen)
    assert "Quantity changed at the store after the write-off: 1 → 4" in html


def test_reversal_of_another_write_off_than_the_one_seen_is_refused(
    client, one, main, kim
):
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    seen = shown(client, one)
    van = Warehouse.objects.create(name="Van")
    reverse(one.pk, None, by=kim, now=NOW)
    write_off(one.pk, None, warehouse=van, by=kim, now=LATER, below_zero=True)
    before = state()
    assert done(client, post(client, "reverse", one, shown=seen), one) == [OUTDATED]
    assert state() == before


def test_line_that_changed_is_not_removed(client, one, grow):
    first, _second = one.lines.all()
    html = client.get(f"/orders/{one.pk}/").content.decode()
    button = re.search(rf'formaction="[^"]*/{first.pk}/remove/"[^>]*>', html)[0]
    seen = unescape(re.search(r'value="([^"]+)"', button)[1])
    assert 'name="seen"' in button
    grow()
    before = state()
    answer = post(client, "line-remove", one, first, seen=seen)
    assert done(client, answer, one) == [OUTDATED]
    assert state() == before


def test_difference_of_a_line_that_changed_again_is_not_decided(
    kim_client, one, main, grow, bring, kim
):
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    grow()
    page = kim_client.get(f"/orders/{one.pk}/").content.decode()
    first, _second = one.lines.all()
    [seen] = form_values(page, f"/{first.pk}/difference/")
    changed = order(
        1, lines=(line(1, quantity=3), line(2)), updated_at=DAY + timedelta(hours=3)
    )
    bring(changed, fetched_at=LATER)
    before = state()
    for decision in ["accept", "dismiss"]:
        html = post_in_parts(
            kim_client, "line-decide", one, first, decision=decision, seen=seen
        )
        assert OUTDATED in html
        assert "Quantity changed at the store after the write-off: 1 → 3" in html
    assert state() == before


def test_the_second_of_two_who_change_a_status_is_told(client, kim, one):
    """Both have the order's page open."""
    page = client.get(f"/orders/{one.pk}/").content.decode()
    assert form_values(page, f"/orders/{one.pk}/status/") == [str(one.status_id)]
    ready, waiting = (
        Status.objects.get(name=name) for name in ["Ready", "Waiting for parts"]
    )
    first = signed_in(kim)
    assert done(
        first,
        post(first, "status", one, status=ready.pk, seen=one.status_id),
        one,
    ) == ["Status: Ready"]
    before = state()
    answer = post(client, "status", one, status=waiting.pk, seen=one.status_id)
    assert done(client, answer, one) == [
        "Somebody else has changed the status to “Ready”. It was left as it is."
    ]
    assert state() == before
    # Who wants what the first one did is not in their way.
    answer = post(client, "status", one, status=ready.pk, seen=one.status_id)
    assert done(client, answer, one) == ["Status: Ready"]
    assert state() == before


def test_status_from_a_row_of_the_list_that_is_out_of_date_shows_the_row_anew(
    client, one
):
    row = client.get("/orders/").content.decode()
    seen = re.search(r'data-menu="statuses"[^>]*data-seen="(\d+)"', row)[1]
    assert seen == f"{one.status_id}"
    menu_url = f"/orders/{one.pk}/statuses/?seen={seen}"
    ready, waiting = (
        Status.objects.get(name=name) for name in ["Ready", "Waiting for parts"]
    )
    Order.objects.update(status=ready)
    # The menu is opened after the change, in a row from before it.
    menu = client.get(menu_url).content.decode()
    assert form_values(menu, "/status/") == [str(one.status_id)]
    before = state()
    answer = client.post(
        f"/orders/{one.pk}/status/",
        {"status": waiting.pk, "seen": one.status_id},
        headers={"HX-Request": "true", "HX-Target": f"order-{one.pk}"},
    ).content.decode()
    assert "Somebody else has changed the status to “Ready”." in answer
    assert re.search(r'class="pill \w+".*?Ready', answer, re.DOTALL)
    assert state() == before


def test_assignee_that_somebody_else_has_given_is_not_replaced(client, one, kim, ann):
    page = client.get(f"/orders/{one.pk}/").content.decode()
    assert form_values(page, f"/orders/{one.pk}/assignee/") == [""]
    first = signed_in(kim)
    post(first, "assignee", one, assignee=kim.pk, seen="")
    before = state()
    html = post_in_parts(client, "assignee", one, assignee=ann.pk, seen="")
    text = "Somebody else has changed the assignee to Kim. It was left as it is."
    assert text in text_of(html)
    assert f'<option value="{kim.pk}" selected>' in html
    assert form_values(html, f"/orders/{one.pk}/assignee/") == [str(kim.pk)]
    assert state() == before


DUE_LEFT = (
    "Somebody else has changed the due date to 24 Dec 2026. It was left as it is."
)


@pytest.mark.parametrize("name", ["due", "type", "customer"])
def test_other_values_that_somebody_else_has_set_are_not_replaced(
    client, kim, made_here, bring, name
):
    one, [imported] = made_here(), bring(order(1))
    kind = one.order_type_id
    wanted, other, seen = {
        "due": ({"due_on": "2026-12-01"}, {"due_on": "2026-12-24"}, ""),
        "type": ({"type": kind}, {"type": imported.order_type_id}, kind),
        "customer": ({"nobody": "1"}, {"customer": imported.customer_id}, ""),
    }[name]
    if name == "customer":  # by now somebody else than the page showed
        wanted, seen = {"nobody": "1"}, 999_999
    if name == "type":
        wanted, seen = {"type": kind}, 999_999
    first = signed_in(kim)
    assert post(first, name, one, **other).status_code == 302
    events, before = events_of(one), state()
    answer = post(client, name, one, seen=seen, **wanted)
    said = DUE_LEFT if name == "due" else OUTDATED
    assert done(client, answer, one) == [said]
    assert (events_of(one), state()) == (events, before)


def test_reduction_is_accepted_after_a_write_off_below_zero(
    kim_client, client, bring, main, kim
):
    """3 -> 1 takes two pieces less than before: nobody needs the permission to go below zero for it."""
    [one] = bring(order(1, lines=(line(1, quantity=3),)))
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW, below_zero=True)
    reduced = order(
        1, lines=(line(1, quantity=1),), updated_at=DAY + timedelta(hours=2)
    )
    bring(reduced, fetched_at=LATER)
    row = OrderLine.objects.get()
    assert level(row.product, main) == -3
    page = kim_client.get(f"/orders/{one.pk}/").content.decode()
    [seen] = form_values(page, f"/{row.pk}/difference/")
    answer = post(kim_client, "line-decide", one, row, decision="accept", seen=seen)
    assert done(kim_client, answer, one) == ["Change accepted."]
    row.refresh_from_db()
    assert (row.quantity, row.difference, level(row.product, main)) == (1, None, -1)
