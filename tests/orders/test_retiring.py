"""Statuses, types, categories, warehouses and products in use (S10): not deleted, but retired, and what uses
them moved."""

from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from inventory.models import Category, Product, Warehouse
from orders.models import BulkAction, Order, OrderType, Status
from tests.support import incoming
from tests.support.html import text_of
from tests.support.orders import events_of, write_off_lines
from tests.support.stock import come_in, goods, main_warehouse
from tests.support.users import create_user, read_in, signed_in

pytestmark = pytest.mark.django_db
NO_PERMISSION = "permission"


@pytest.fixture
def order(bring):
    """An order of a store, with one product on its line."""
    (order,) = bring(incoming.order(1))
    return order


@pytest.fixture
def root(db):
    return create_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(root):
    return signed_in(root)


def page_of(row, name: str) -> str:
    label = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{label}_{name}", args=[row.pk])


def read(client, url: str) -> str:
    return text_of(unescape(client.get(url).content.decode()))


def act(client, row, **values) -> str:
    answer = client.post(page_of(row, "use"), values)
    assert answer.status_code == 302
    return read(client, answer.url)


def test_status_in_use_says_by_how_many_and_is_not_deleted(admin, made_here):
    made = [made_here() for _ in range(3)]
    row = made[0].status
    url = page_of(row, "delete")
    for answer in [admin.get(url), admin.post(url, {"post": "yes"})]:
        shown = text_of(unescape(answer.content.decode()))
        assert "It cannot be deleted while it is in use. Used by:" in shown
        assert "3 orders" in shown
        assert NO_PERMISSION not in shown
    assert f'href="/orders/?status={row.pk}"' in admin.get(url).content.decode()
    assert "Used by: 3 order types, 3 orders" in read(admin, page_of(row, "change"))
    selected = {"action": "delete_selected", "_selected_action": [row.pk]}
    listed = admin.post(
        reverse("admin:orders_status_changelist"), selected | {"post": "yes"}
    )
    shown = text_of(unescape(listed.content.decode()))
    assert f"“{row}” is in use: 3 order types, 3 orders" in shown
    assert NO_PERMISSION not in shown
    assert Status.objects.filter(pk=row.pk).exists()
    unused = Status.objects.create(name="Unused", group="new")
    assert "can be deleted" in read(admin, page_of(unused, "use"))
    admin.post(page_of(unused, "delete"), {"post": "yes"})
    assert not Status.objects.filter(name="Unused").exists()


def test_retired_status_is_offered_no_more_and_still_found(
    admin, kim_client, made_here
):
    order, other = made_here(), made_here()
    retired = Status.objects.create(name="Old way", group="in_progress")
    Order.objects.filter(pk=other.pk).update(status=retired)
    assert "“Old way” is retired" in act(admin, retired, act="retire")
    menu = kim_client.get(f"/orders/{order.pk}/statuses/?seen={order.status_id}")
    assert "Old way" not in menu.content.decode()
    bulk = {"id": [order.pk], "status": retired.pk}
    assert "no longer exists" in read(
        kim_client, kim_client.post("/orders/bulk/", bulk).url
    )
    seen = {"seen": order.status_id, "status": retired.pk}
    kim_client.post(f"/orders/{order.pk}/status/", seen)
    order.refresh_from_db()
    assert order.status_id == seen["seen"]
    listed = kim_client.get(f"/orders/?status={retired.pk}").content.decode()
    assert "Old way (retired)" in listed
    assert f"/orders/{other.pk}/" in listed
    assert f"/orders/{order.pk}/" not in listed
    assert "Old way" in read(kim_client, f"/orders/{other.pk}/")
    assert "“Old way” is offered again." in act(admin, retired, act="restore")
    menu = kim_client.get(f"/orders/{order.pk}/statuses/?seen={order.status_id}")
    assert "Old way" in menu.content.decode()
    assert LogEntry.objects.filter(object_id=retired.pk).count() == 2


def test_what_new_orders_are_given_cannot_be_retired(admin, connection):
    kind = connection.order_type
    shown = act(admin, kind.initial_status, act="retire")
    assert "cannot be retired: new orders get it from" in shown
    assert f"order type “{kind}”" in shown
    assert "store connection “gadget-garage.myshopify.com”" in act(
        admin, kind, act="retire"
    )
    assert OrderType.objects.filter(is_active=False).count() == 0
    assert Status.objects.filter(is_active=False).count() == 0
    # An order type whose status is retired by other means stays retired.
    fresh = Status.objects.create(name="Fresh", group="new")
    spare = OrderType.objects.create(name="Spare", initial_status=fresh)
    assert "“Spare” is retired" in act(admin, spare, act="retire")
    Status.objects.filter(pk=fresh.pk).update(is_active=False)
    assert "“Spare” cannot be brought back: “Fresh”" in act(admin, spare, act="restore")
    assert not OrderType.objects.get(name="Spare").is_active


def test_orders_move_to_another_status_through_their_rules(admin, root, made_here):
    old, new = (
        Status.objects.create(name=name, group="new") for name in ["Old", "New2"]
    )
    first, second = made_here(), made_here()
    Order.objects.filter(pk__in=[first.pk, second.pk]).update(status=old)
    answer = admin.post(page_of(old, "use"), {"act": "move", "target": new.pk})
    action = BulkAction.objects.get()
    assert answer.url == f"/orders/bulk/{action.pk}/"
    assert "Status “New2”" in read(admin, answer.url)
    assert [each.status for each in Order.objects.order_by("pk")] == [new, new]
    assert events_of(first)[-1] == ("status", "", "", "Old", "New2")
    assert first.events.first().by == root
    # A status that allows only some does not let them go elsewhere.
    new.followers.add(Status.objects.get(name="New"))
    admin.post(page_of(new, "use"), {"act": "move", "target": old.pk})
    assert Order.objects.filter(status=new).count() == 2
    outcomes = BulkAction.objects.order_by("pk").last().orders
    assert set(outcomes.values_list("outcome", flat=True)) == {"not_allowed"}


def test_orders_of_stores_move_to_another_type_too(admin, order):
    assert order.store_id
    kind = order.order_type
    other = OrderType.objects.create(name="Other", initial_status=kind.initial_status)
    before = order.status_id
    answer = admin.post(page_of(kind, "use"), {"act": "move", "target": other.pk})
    order.refresh_from_db()
    assert (order.order_type, order.status_id) == (other, before)
    assert events_of(order)[-1] == ("type", "", "", kind.name, "Other")
    assert "Type “Other”" in read(admin, answer.url)


@pytest.mark.parametrize("group", ["in_progress", "closed"])
def test_moving_many_or_closing_asks_first_with_the_exact_number(
    admin, made_here, group
):
    """As in the order list (O5): more than 100, or into a status of the group Closed."""
    number = 101 if group == "in_progress" else 2
    orders = [made_here() for _ in range(number)]
    old = orders[0].status
    new = Status.objects.create(name="Next", group=group)
    url = page_of(old, "use")
    asked = admin.post(url, {"act": "move", "target": new.pk, "next": url})
    html = unescape(asked.content.decode())
    assert asked.status_code == 200
    assert f"Set {number} orders to “Next”?" in text_of(html)
    assert (f'action="{url}"' in html, f'href="{url}"' in html) == (True, True)
    assert "hx-post" not in html.partition('class="question"')[2]
    assert Order.objects.filter(status=old).count() == number
    later = made_here()
    action = BulkAction.objects.get()
    done = admin.post(url, {"action": action.pk, "next": url})
    assert done.url == f"/orders/bulk/{action.pk}/"
    assert Order.objects.filter(status=new).count() == number
    later.refresh_from_db()
    assert later.status == old
    again = admin.post(url, {"action": action.pk, "next": url})
    assert again.url == url
    assert "This question is no longer open" in read(admin, url)
    later.refresh_from_db()
    assert later.status == old


def test_moving_many_to_another_type_asks_first_too(admin, made_here):
    orders = [made_here() for _ in range(101)]
    kind = orders[0].order_type
    other = OrderType.objects.create(name="Other", initial_status=kind.initial_status)
    url = page_of(kind, "use")
    asked = admin.post(url, {"act": "move", "target": other.pk, "next": url})
    shown = text_of(unescape(asked.content.decode()))
    assert "Change the type of 101 orders to “Other”?" in shown
    assert "It can be undone for 30 days." in shown
    assert Order.objects.filter(order_type=kind).count() == 101
    read_in(admin, "de")
    german = admin.post(url, {"act": "move", "target": other.pk, "next": url})
    shown = text_of(unescape(german.content.decode()))
    assert "Den Typ von 101 Aufträgen in „Other“ ändern?" in shown
    admin.post(url, {"action": BulkAction.objects.order_by("pk").last().pk})
    assert Order.objects.filter(order_type=other).count() == 101


def test_question_is_answered_only_by_whoever_may_move_orders(admin, made_here):
    row = made_here().status
    closed = Status.objects.create(name="Over", group="closed")
    admin.post(page_of(row, "use"), {"act": "move", "target": closed.pk})
    other = create_user(
        "clerk", "orders.view_status", "orders.change_status", is_staff=True
    )
    answer = signed_in(other).post(
        page_of(row, "use"), {"action": BulkAction.objects.get().pk}
    )
    assert answer.url == page_of(row, "use")
    assert Order.objects.filter(status=row).count() == 1
    assert BulkAction.objects.get().due_at is None


def test_target_that_is_retired_or_unknown_moves_nothing(admin, made_here):
    row = made_here().status
    retired = Status.objects.create(name="Gone", group="new", is_active=False)
    for target in [retired.pk, row.pk, 0, "x", ""]:
        assert "Choose one that is offered." in act(
            admin, row, act="move", target=target
        )
    assert BulkAction.objects.count() == 0


def test_products_move_to_another_category_and_a_retired_one_is_not_chosen(
    admin, kim_client
):
    parts, more = (Category.objects.create(name=name) for name in ["Parts", "More"])
    product = goods("Display", category=parts)
    goods("Old", category=parts)
    assert "2 products" in read(admin, page_of(parts, "delete"))
    act(admin, parts, act="retire")
    page = kim_client.get(f"/inventory/products/{product.pk}/edit/").content.decode()
    assert '<option value="More">' in page
    assert '<option value="Parts">' not in page
    fields = {"name": "New one", "unit": "pcs", "category": "parts"}
    answer = kim_client.post("/inventory/products/new/", fields)
    assert "This category is retired." in answer.content.decode()
    same = {"name": "Display 2", "unit": "pcs", "category": "Parts"}
    assert (
        kim_client.post(f"/inventory/products/{product.pk}/edit/", same).status_code
        == 302
    )
    assert "Parts (retired)" in kim_client.get("/inventory/").content.decode()
    shown = act(admin, parts, act="move", target=more.pk)
    assert "2 products are in “More” now." in shown
    assert Product.objects.filter(category=more).count() == 2
    assert "Nothing uses it" in shown


def test_warehouse_tells_of_its_stock_and_open_orders(admin, kim, order):
    place = main_warehouse()
    come_in((goods(), 2))
    write_off_lines(order, by=kim)
    shown = read(admin, page_of(place, "delete"))
    assert "It cannot be deleted while it is in use." in shown
    assert "It holds stock of" in shown
    assert "Goods of 1 open order were taken from it" in shown
    assert 'value="move"' not in admin.get(page_of(place, "use")).content.decode()
    act(admin, place, act="retire")
    assert not Warehouse.objects.get(pk=place.pk).is_active


def test_product_in_use_is_archived_instead(admin, kim):
    product = goods()
    come_in((product, 2))
    shown = read(admin, page_of(product, "delete"))
    assert "1 stock movement" in shown
    assert NO_PERMISSION not in shown
    act(admin, product, act="retire")
    product.refresh_from_db()
    assert product.archived_at
    act(admin, product, act="restore")
    product.refresh_from_db()
    assert product.archived_at is None


def test_who_may_only_look_changes_nothing(kim, made_here):
    looker = create_user(
        "eve", "orders.view_status", "orders.view_order", is_staff=True
    )
    client = signed_in(looker)
    row = made_here().status
    shown = read(client, page_of(row, "use"))
    assert "1 order" in shown
    assert "Retire" not in shown.replace("Retired", "")
    for values in [{"act": "retire"}, {"act": "move", "target": row.pk}]:
        assert client.post(page_of(row, "use"), values).status_code == 403
    assert client.get(page_of(row, "delete")).status_code == 403
    assert BulkAction.objects.count() == 0
    assert Status.objects.filter(is_active=False).count() == 0
