"""Views of the order list: kept under a name, shared, put in order; and the list as it was left."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from orders.models import Order, Preferences, SavedView, Status
from orders.order_list import saved_views
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.order_list import PART, list_page, order_ids
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
LIST = "/orders/"


@pytest.fixture
def orders(bring):
    """Four orders, of which the second and the third are ready."""
    found = bring(*(order(number) for number in range(1, 5)))
    ready = Status.objects.get(name="Ready")
    Order.objects.filter(pk__in=[found[1].pk, found[2].pk]).update(status=ready)
    return found


@pytest.fixture
def sharing(ann):
    ann.user_permissions.add(Permission.objects.get(codename="share_views"))


def save(
    client: Client, query: str, name: str = "Ready ones", **more: str
) -> SavedView:
    data = {"name": name, "next": f"{LIST}?{query}"} | more
    answer = client.post("/orders/views/", data)
    view = SavedView.objects.latest("pk")
    assert answer["Location"] == f"/orders/?view={view.pk}"
    return view


def act(client: Client, view: SavedView, button: str, **more: str):
    return client.post(f"/orders/views/{view.pk}/", {button: "1"} | more)


def tabs(html: str) -> list[str]:
    nav = re.search(r'<nav id="badges".*?</nav>', html, re.DOTALL)[0]
    return re.findall(r'id="badge-([\w-]+)"', nav)


def current_tab(html: str) -> list[str]:
    return re.findall(r'id="badge-([\w-]+)"[^>]* aria-current="true"', html)


def view_acts(html: str) -> str:
    return re.search(r'<div id="view-acts".*', html, re.DOTALL)[0].split("toolbar")[0]


def ready_id() -> int:
    return Status.objects.get(name="Ready").pk


def test_view_keeps_filters_sort_size_columns_and_density(client, ann, orders):
    client.post(
        "/orders/display/", {"column": ["status", "total"], "density": "compact"}
    )
    view = save(client, f"status={ready_id()}&sort=number&size=25")
    client.post("/orders/display/", {"reset": ""})
    html = list_page(client, f"?view={view.pk}")
    assert order_ids(html) == [orders[1].pk, orders[2].pk]
    assert re.findall(r'<th scope="col" class="(\w+)"', html) == [
        "number",
        "status",
        "total",
    ]
    assert '<table class="list-table orders compact">' in html
    assert f'href="?view={view.pk}&amp;size=50"' in html
    assert current_tab(html) == [f"view-{view.pk}"]
    assert "Save view" not in text_of(view_acts(html))
    plain = list_page(client)
    assert len(re.findall(r'<th scope="col" class="(\w+)"', plain)) == 12
    assert current_tab(plain) == ["all"]


def test_changed_view_is_saved_or_reset(client, orders):
    view = save(client, f"status={ready_id()}")
    changed = f"?view={view.pk}&status={ready_id()}&sort=number&size=50"
    answer = client.get(f"{LIST}{changed}", headers=PART)
    assert answer["HX-Push-Url"] == (
        f"/orders/?view={view.pk}&status={ready_id()}&sort=number"
    )
    html = list_page(client, changed)
    assert "Changed Save Reset" in text_of(view_acts(html))
    assert f'href="?view={view.pk}"' in view_acts(html)
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', html)[1])
    there = f"{LIST}{changed}"
    answer = act(client, view, "save", seen="something else", next=there)
    assert answer["Location"] == there
    assert SavedView.objects.get().query == view.query
    assert "Somebody else has changed this view" in list_page(client, changed)
    act(client, view, "save", seen=seen, next=there)
    html = list_page(client, f"?view={view.pk}")
    assert order_ids(html) == [orders[1].pk, orders[2].pk]
    assert 'class="number" aria-sort="ascending"' in html
    answer = client.get(f"{LIST}{changed}", headers=PART)
    assert answer["HX-Push-Url"] == f"/orders/?view={view.pk}"


def test_all_filters_of_a_view_can_be_taken_away(client, orders):
    view = save(client, f"status={ready_id()}")
    html = list_page(client, f"?view={view.pk}")
    chip = unescape(re.search(r'class="chip" href="([^"]*)"', html)[1])
    html = list_page(client, chip)
    assert len(order_ids(html)) == 4
    assert current_tab(html) == [f"view-{view.pk}"]
    assert "Changed" in text_of(view_acts(html))


def test_columns_of_an_open_view_change_it_and_not_the_preferences(client, orders):
    view = save(client, f"status={ready_id()}")
    answer = client.post(
        "/orders/display/",
        {"column": ["total"], "density": "compact", "next": f"{LIST}?view={view.pk}"},
    )
    html = list_page(client, answer["Location"].removeprefix(LIST))
    assert re.findall(r'<th scope="col" class="(\w+)"', html) == ["number", "total"]
    assert "Changed" in text_of(view_acts(html))
    assert not Preferences.objects.exists()


def test_row_drawn_again_has_the_columns_of_its_view(client, orders):
    client.post("/orders/display/", {"column": ["status"], "density": "compact"})
    view = save(client, "store=connected")
    client.post("/orders/display/", {"reset": ""})
    first = orders[0]
    answer = client.post(
        f"/orders/{first.pk}/status/",
        {"status": ready_id(), "seen": first.status_id},
        headers={
            "HX-Request": "true",
            "HX-Target": f"order-{first.pk}",
            "HX-Current-URL": f"http://testserver/orders/?view={view.pk}",
        },
    )
    cells = re.findall(r'<td class="([\w-]+)"', answer.content.decode())
    assert cells == ["select", "number", "status"]


def test_views_are_renamed_put_in_order_and_deleted(client, orders):
    first, second = save(client, "due=today", "A"), save(client, "due=week", "B")
    act(client, second, "rename", name="  Next   week ", next=LIST)
    act(client, second, "earlier", next=LIST)
    html = list_page(client)
    assert tabs(html)[-2:] == [f"view-{second.pk}", f"view-{first.pk}"]
    assert ">Next week" in html
    act(client, second, "later", next=LIST)
    act(client, second, "later", next=LIST)
    assert tabs(list_page(client))[-2:] == [f"view-{first.pk}", f"view-{second.pk}"]
    assert act(client, first, "delete")["Location"] == "/orders/?view=all"
    assert tabs(list_page(client))[-1:] == [f"view-{second.pk}"]
    assert SavedView.objects.count() == 1


def test_view_without_a_name_or_one_too_many_is_refused(client, orders, monkeypatch):
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 1)
    there = f"{LIST}?due=today"
    answer = client.post("/orders/views/", {"name": " \t", "next": there})
    assert answer["Location"] == there
    assert "Enter a name for the view." in list_page(client)
    save(client, "due=today")
    client.post("/orders/views/", {"name": "More", "next": there})
    assert "There are 50 views already." in list_page(client)
    assert SavedView.objects.count() == 1


def test_shared_view_is_everyones_and_changed_by_who_may_share(
    client, ann, bob_client, kim_client, orders
):
    mine = save(client, f"status={ready_id()}", "Mine")
    assert f"view-{mine.pk}" not in tabs(list_page(bob_client))
    assert len(order_ids(list_page(bob_client, f"?view={mine.pk}"))) == 4
    for name in ["rename", "delete", "save", "earlier", "start"]:
        assert act(bob_client, mine, name, name="x").status_code == 404
    assert act(client, mine, "share").status_code == 403
    assert (
        client.post("/orders/views/", {"name": "x", "shared": "1"}).status_code == 403
    )
    shared = save(kim_client, f"status={ready_id()}", "Ready", shared="1")
    html = list_page(bob_client, f"?view={shared.pk}")
    assert order_ids(html) == [orders[2].pk, orders[1].pk]
    assert tabs(html)[-1:] == [f"view-{shared.pk}"]
    assert "Rename" not in text_of(view_acts(html))
    for name in ["rename", "delete", "save", "earlier", "unshare"]:
        assert act(bob_client, shared, name, name="x").status_code == 403
    assert SavedView.objects.get(pk=shared.pk).name == "Ready"
    assert "Delete for everyone" in list_page(kim_client, f"?view={shared.pk}")
    act(kim_client, shared, "unshare", next=LIST)
    assert f"view-{shared.pk}" not in tabs(list_page(bob_client))
    assert f"view-{mine.pk}" not in tabs(list_page(kim_client))


def test_who_may_share_shares(client, sharing, bob_client, orders):
    view = save(client, "due=today")
    act(client, view, "share", next=LIST)
    assert tabs(list_page(bob_client))[-1:] == [f"view-{view.pk}"]


def test_list_opens_as_it_was_left_in_this_browser(client, ann, bob, orders):
    list_page(client, f"?status={ready_id()}&sort=number&size=25")
    html = list_page(client, "")
    assert order_ids(html) == [orders[1].pk, orders[2].pk]
    assert f'data-address="/orders/?status={ready_id()}&amp;sort=number"' in html
    assert re.search(r'id="size-25"[^>]* aria-current="true"', html)
    other = list_page(client, "?due=none")
    assert re.search(r'id="size-25"[^>]* aria-current="true"', other)
    assert len(order_ids(list_page(signed_in(ann), ""))) == 4
    client.force_login(bob)
    assert len(order_ids(list_page(client, ""))) == 4


def test_my_start_opens_on_a_new_day(client, orders, monkeypatch):
    view = save(client, f"status={ready_id()}")
    act(client, view, "start", next=LIST)
    list_page(client, "?due=none&sort=number")
    assert order_ids(list_page(client, "")) == [each.pk for each in orders]
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(
        "orders.order_list.state.timezone.localdate", lambda *_at: tomorrow
    )
    html = list_page(client, "")
    assert order_ids(html) == [orders[2].pk, orders[1].pk]
    assert current_tab(html) == [f"view-{view.pk}"]
    act(client, view, "no-start", next=LIST)
    assert Preferences.objects.get().start_view is None
    act(client, view, "start", next=LIST)
    act(client, view, "delete")
    assert Preferences.objects.get().start_view is None
    assert len(order_ids(list_page(client, ""))) == 4


def test_relative_days_stay_relative(client, orders, monkeypatch):
    now = timezone.make_aware(datetime(2026, 3, 10, 12))
    monkeypatch.setattr(
        "orders.order_list.filters.timezone.localdate", lambda *_at: now.date()
    )
    days = {"today": 0, "week": 6, "month": 9}
    for each, back in zip(orders, [*days.values(), 10], strict=True):
        moment = now - timedelta(days=back, hours=11)
        Order.objects.filter(pk=each.pk).update(placed_at=moment)
    expected = {"today": 1, "week": 2, "month": 3}
    for name, number in expected.items():
        assert len(order_ids(list_page(client, f"?created={name}"))) == number
    assert len(order_ids(list_page(client, "?created=today&created=month"))) == 3
    assert len(order_ids(list_page(client, "?created=sometime"))) == 4
    view = save(client, "created=week")
    assert "created=week" in view.query
    assert "Remove filter Created Last 7 days" in list_page(client, f"?view={view.pk}")


def test_views_are_counted_with_the_badges_but_searches_are_not(client, orders):
    ready = save(client, f"status={ready_id()}")
    search = save(client, "q=ada")
    html = client.get("/orders/badges/").content.decode()
    tab = re.search(rf'id="badge-view-{ready.pk}".*?</a>', html, re.DOTALL)[0]
    assert re.search(r'class="number">\s*2<', tab)
    tab = re.search(rf'id="badge-view-{search.pk}".*?</a>', html, re.DOTALL)[0]
    assert 'class="number"' not in tab


def test_typing_replaces_the_address_and_everything_else_adds_one(client, orders):
    def answer(query: str, before: str):
        there = f"http://testserver/orders/{before}"
        headers = {**PART, "HX-Current-URL": there}
        return client.get(f"/orders/{query}", headers=headers)

    assert answer("?q=a", "?view=all")["HX-Push-Url"] == "/orders/?q=a"
    assert answer("?q=ad", "?q=a")["HX-Replace-Url"] == "/orders/?q=ad"
    assert "HX-Push-Url" not in answer("?q=ad", "?q=a")
    assert answer("?q=ad&due=none", "?q=ad")["HX-Push-Url"] == (
        "/orders/?q=ad&due=none"
    )
    assert answer("?q=", "?q=ad")["HX-Push-Url"] == "/orders/?view=all"


def test_name_of_a_view_is_escaped_and_out_of_htmx_reach(client, orders):
    view = save(client, "due=today", '<b hx-get="/x/">')
    html = list_page(client, f"?view={view.pk}")
    assert "<b hx-get" not in html
    assert re.search(rf'id="badge-view-{view.pk}"[^>]* hx-disable>', html)
