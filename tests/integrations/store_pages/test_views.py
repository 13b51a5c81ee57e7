"""Stores pages: the cards, why an order is not here, the unimported orders of a store, its import jobs, and
who may act."""

import re
from datetime import timedelta
from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from integrations.imports import bulk_export
from integrations.imports.preview import ASKS
from integrations.models import (
    ImportJob,
    ImportStatus,
    JobKind,
    JobState,
    State,
    StoreConnection,
    UnimportedOrder,
)
from integrations.shopify import errors
from integrations.sync.polling import poll
from orders.models import Order, OrderType, Store
from tests.support.html import cells, notice, page, text_of
from tests.support.incoming import order
from tests.support.shop import sell
from tests.support.times import DAY
from tests.support.users import read_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db):
    user = get_user_model().objects.create_user(
        "ada", first_name="Ada", last_name="Admin", is_staff=True
    )
    user.groups.add(Group.objects.get(name="Admin"))
    return signed_in(user)


def entry(
    store, number, status=ImportStatus.HELD, code="other", **values
) -> UnimportedOrder:
    defaults = {
        "reason": "It could not be read.",
        "store_updated_at": DAY,
        "fingerprint": 1,
        "last_at": DAY,
    }
    return UnimportedOrder.objects.create(
        store=store,
        external_id=str(number),
        number=f"#{number}",
        status=status,
        code=code,
        **defaults | values,
    )


def begin(
    store, kind=JobKind.FIRST_IMPORT, state=JobState.RUNNING, **values
) -> ImportJob:
    return ImportJob.objects.create(
        store=store,
        kind=kind,
        state=state,
        **{"since": DAY, "made_at": DAY, "due_at": DAY} | values,
    )


def card(html: str) -> str:
    return text_of(
        re.search(r'<article class="card store-card".*?</article>', html, re.DOTALL)[0]
    )


def figures(html: str) -> list[str]:
    return [
        text_of(each)
        for each in re.findall(
            r"<li[^>]*>(.*?)</li>", html[html.index('class="counts"') :], re.DOTALL
        )[:4]
    ]


def answers(html: str) -> list[str]:
    part = re.search(r'<div id="answers".*?</ul>', html, re.DOTALL)[0]
    return [
        text_of(each)
        for each in re.findall(r'<li class="lookup-result">(.*?)</li>', part, re.DOTALL)
    ]


def numbers(html: str) -> list[str]:
    return re.findall(r'<td class="number">\s*<a[^>]*><bdi>(.*?)</bdi>', html)


def pairs(html: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", html, re.DOTALL)
    return {text_of(term): text_of(said) for term, said in pairs}


def rows(model) -> list[dict]:
    return list(model.objects.order_by("pk").values())


def test_card_says_how_a_store_does(kim_client, store, bring):
    bring(order(1), order(2))
    entry(store, 1041, ImportStatus.HELD)
    entry(store, 1042, ImportStatus.FAILED)
    entry(store, 1043, ImportStatus.FAILED)
    for number in range(4):
        entry(store, 2000 + number, ImportStatus.SKIPPED, "test_order")
    values = {
        "last_poll_at": DAY,
        "due_at": DAY,
        "reconciled_at": DAY,
        "differences": 3,
    }
    StoreConnection.objects.update(
        **values, points_available=1_900.4, points_maximum=2_000
    )
    html = page(kim_client, "/stores/")
    assert card(html).startswith("Gadget Garage working gadget.myshopify.com")
    assert figures(html) == ["2 imported", "1 held", "2 failed", "4 skipped"]
    assert [
        unescape(each)
        for each in re.findall(
            r'id="\w+-\d+" href="(/stores/[^"]+\?[^"]*|/orders/[^"]*)"', html
        )
    ] == [
        f"/orders/?store={store.pk}",
        *(
            f"/stores/{store.pk}/orders/?status={status}"
            for status in ["held", "failed", "skipped"]
        ),
    ]
    said = pairs(html)
    assert (
        said["API budget"],
        said["Last reconciliation"].endswith("· 3 differences"),
    ) == (
        "1,900 of 2,000 points",
        True,
    )


def test_new_store_says_what_is_not_known_yet(kim_client, store):
    said = pairs(page(kim_client, "/stores/"))
    assert (said["Last poll"], said["API budget"], said["Last reconciliation"]) == (
        "not yet",
        "not known yet",
        "not yet",
    )


REFUSED = "The store refused the access token."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "working"),
        (
            {"state": State.WAITING, "reason": "It is slow."},
            "waiting gadget.myshopify.com It is slow. RO App tries again automatically.",
        ),
        (
            {"state": State.NEEDS_ATTENTION, "reason": REFUSED},
            f"needs attention gadget.myshopify.com {REFUSED} When that is fixed, press Check connection in "
            "the store's settings to resume syncing.",
        ),
        (
            {"state": State.WAITING, "reason": errors.DOWN},
            f"waiting gadget.myshopify.com {errors.DOWN} 0 imported",
        ),
        (
            {"state": State.NEEDS_ATTENTION, "reason": errors.SHOP_LOCKED},
            f"needs attention gadget.myshopify.com {errors.SHOP_LOCKED} 0 imported",
        ),
        (
            {"enabled": False, "state": State.NEEDS_ATTENTION, "reason": REFUSED},
            "paused gadget.myshopify.com The store is paused in",
        ),
    ],
)
def test_state_is_said_with_its_reason(admin, store, values, words):
    StoreConnection.objects.update(**values)
    html = page(admin, "/stores/cards/")
    assert card(html).startswith(f"Gadget Garage {words}")
    asked = values.get("enabled", True) and values.get("state") != State.NEEDS_ATTENTION
    assert (
        "Poll now" in html,
        "Reconcile now" in html,
        pairs(html)["Next poll"] != "–",
    ) == (
        asked,
        asked,
        asked,
    )


def test_what_a_store_says_is_shown_as_text(admin, store):
    Store.objects.update(name="<b>Ünïcode</b> 🛠")
    html = page(admin, "/stores/")
    assert "<b>" not in html
    assert "&lt;b&gt;Ünïcode&lt;/b&gt; 🛠" in html


def test_why_customers_are_unknown_and_what_is_wrong_with_webhooks(kim_client, store):
    StoreConnection.objects.update(
        customer_data_refused_at=DAY, webhooks_problem="ORDERS_CREATE: no"
    )
    said = card(page(kim_client, "/stores/"))
    assert "Shopify gives RO App no customer data of this store" in said
    assert "Webhooks are not in order: ORDERS_CREATE: no" in said


@pytest.mark.parametrize("more", [0, 3])
def test_cards_cost_three_queries_and_one_for_each_store(kim_client, store, more):
    for number in range(more):
        each = Store.objects.create(
            name=f"Branch {number}", platform="shopify", order_link="https://x/{id}"
        )
        StoreConnection.objects.create(
            store=each,
            domain=f"b{number}.myshopify.com",
            order_type=OrderType.objects.get(name="Online order"),
        )
        begin(each)
    with CaptureQueriesContext(database) as queries:
        page(kim_client, "/stores/cards/", **{"HX-Request": "true"})
    assert len(queries) == 3 + 3 + 1 + more  # session, who asks, permissions


def test_without_a_store_there_is_a_way_on(kim_client, admin):
    html = page(admin, "/stores/")
    assert (
        "No store is connected yet" in html,
        'href="/admin/integrations/storeconnection/add/"' in html,
    ) == (True, True)
    assert "Why is an order not here?" not in html
    assert "/admin/" not in page(kim_client, "/stores/")


def test_run_under_way_shows_how_far_it_is(kim_client, store):
    begin(store, expected=1_000, done=250, seconds=100, hidden_before=DAY)
    html = page(kim_client, "/stores/")
    assert (
        "Initial import running 250 of 1,000 orders · 2.5 per second · about 5 minutes left"
        in card(html)
    )
    assert '<progress max="100" value="25"' in html
    assert "are hidden from RO App without the scope read_all_orders" in html
    assert 'name="act"' not in html  # She may only look.


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"state": JobState.COUNTING},
            "Initial import counting The orders are being counted.",
        ),
        (
            {"expected": 10_000, "expected_exact": False, "done": 7},
            "7 of more than 10,000 orders",
        ),
        (
            {"state": JobState.FAILED, "expected": 9, "reason": "A fault."},
            "Initial import failed 0 of 9 orders A fault. Resume Cancel",
        ),
        (
            {"method": "bulk", "expected": 9_000, "prepared": 12_345},
            "running The store writes the orders into one file for RO App: 12,345 entries so far. 0 of "
            "9,000 orders",
        ),
        (
            {"method": "bulk", "state": JobState.WAITING, "expected": 9_000},
            "waiting The store writes the orders into one file for RO App. 0 of 9,000 orders",
        ),
        (
            {
                "method": "bulk",
                "state": JobState.WAITING,
                "expected": 9_000,
                "reason": bulk_export.BUSY,
            },
            f"waiting 0 of 9,000 orders {bulk_export.BUSY}",
        ),
        (
            {"method": "bulk", "expected": 9_000, "prepared": 12_345, "done": 500},
            "running 500 of 9,000 orders",
        ),
        (
            {"state": JobState.PAUSED, "expected": 9},
            "Initial import paused 0 of 9 orders Resume Cancel",
        ),
        (
            {"state": JobState.PAUSED},
            "Initial import paused The orders have not been counted yet. Resume Cancel",
        ),
        (
            {
                "state": JobState.PAUSED,
                "reason_code": "asks",
                "reason": ASKS,
                "preview": {
                    "admitted": (3, True),
                    "left_out": {},
                    "older": (0, True),
                },
            },
            f"Initial import paused Orders that come in: 3. {ASKS} Begin Cancel",
        ),
    ],
)
def test_run_says_its_state(admin, store, values, words):
    begin(store, **values)
    assert words in card(page(admin, "/stores/"))


def test_failed_run_that_a_later_one_made_up_for_is_history(admin, store):
    begin(store, JobKind.RECONCILE, JobState.FAILED)
    begin(store, JobKind.RECONCILE, JobState.DONE)
    assert 'class="import-job"' not in page(admin, "/stores/")


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (JobState.RUNNING, "pause", JobState.PAUSED),
        (JobState.PAUSED, "resume", JobState.WAITING),
        (JobState.FAILED, "resume", JobState.WAITING),
        (JobState.RUNNING, "cancel", JobState.CANCELLED),
    ],
)
def test_run_is_paused_resumed_and_cancelled(admin, store, before, act, after):
    run = begin(store, state=before)
    answer = admin.post(f"/stores/runs/{run.pk}/", {"act": act})
    assert (answer.status_code, answer.url) == (302, "/stores/")
    run.refresh_from_db()
    assert run.state == after


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (JobState.DONE, "cancel"),
        (JobState.RUNNING, "resume"),
        (JobState.RUNNING, "burn"),
    ],
)
def test_act_that_does_not_fit_changes_nothing(admin, store, state, act):
    run = begin(store, state=state)
    before = rows(ImportJob)
    html = admin.post(
        f"/stores/runs/{run.pk}/", {"act": act}, follow=True
    ).content.decode()
    assert "Nothing was changed: the import has changed its state meanwhile." in notice(
        html
    )
    assert rows(ImportJob) == before


def test_htmx_is_sent_to_the_page_after_cancelling(admin, store):
    run = begin(store)
    answer = admin.post(
        f"/stores/runs/{run.pk}/", {"act": "cancel"}, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/stores/")


def test_poll_now_makes_the_poll_due(admin, store):
    now = timezone.now()
    StoreConnection.objects.update(due_at=now + timedelta(hours=1))
    with travel(now, tick=False):
        html = admin.post(f"/stores/{store.pk}/poll/", follow=True).content.decode()
    assert notice(html) == "Polling Gadget Garage for changes."
    assert StoreConnection.objects.get().due_at == now


def test_compare_now_begins_one_comparison(admin, store):
    for _ in range(2):
        html = admin.post(f"/stores/{store.pk}/compare/", follow=True).content.decode()
        assert notice(html) == "Reconciliation of Gadget Garage has started."
    run = ImportJob.objects.get()
    assert (run.kind, run.state, run.by.username) == (
        JobKind.RECONCILE,
        JobState.COUNTING,
        "ada",
    )


@pytest.mark.parametrize("act", ["poll", "compare"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_store_that_cannot_be_read_is_not_asked(admin, store, act, number):
    resting = {"rate_limited_until": timezone.now() + timedelta(hours=1)}
    StoreConnection.objects.update(
        **[
            {"enabled": False},
            {"state": State.NEEDS_ATTENTION, "reason": "No."},
            resting,
        ][number]
    )
    before = rows(StoreConnection)
    html = admin.post(f"/stores/{store.pk}/{act}/", follow=True).content.decode()
    assert (
        notice(html)
        == "Gadget Garage cannot be synced right now: see its state for the reason."
    )
    assert (rows(StoreConnection), rows(ImportJob)) == (before, [])


def test_order_that_is_here_is_found(kim_client, shop, connection):
    sell(shop, 0)
    poll(connection.pk, now=shop.clock)
    here = Order.objects.get()
    html = kim_client.post("/stores/find/", {"number": "#1001"}).content.decode()
    (answer,) = answers(html)
    assert answer.startswith(
        f"#1001 · Gadget Garage It is here as order {here.pk}, imported on"
    )
    assert (
        f'href="/orders/{here.pk}/"' in html,
        unescape(html).count(f'href="{here.external_url}"'),
    ) == (
        True,
        1,
    )


def test_order_that_was_missed_comes_in_with_the_answer(kim_client, shop, connection):
    sell(shop, 0)
    (answer,) = answers(
        kim_client.post(
            "/stores/find/", {"number": "1001"}, headers={"HX-Request": "true"}
        ).content.decode()
    )
    assert (
        f"It was missing and has just been imported as order {Order.objects.get().pk}."
        in answer
    )


@pytest.mark.slow
def test_numbers_cannot_be_tried_one_by_one(
    kim_client, sam, shop, connection, time_machine
):
    time_machine.move_to("2026-11-20 12:00:00+00:00", tick=False)

    def ask(client) -> bool:
        shop.requests.clear()
        html = client.post("/stores/find/", {"number": "#4711"}).content.decode()
        assert bool(shop.requests) != ("You have looked up many orders." in html)
        return bool(shop.requests)

    sam.user_permissions.add(
        *Permission.objects.filter(
            codename__in=["view_storeconnection", "look_up_order"]
        )
    )
    assert [ask(kim_client) for _ in range(32)] == [True] * 30 + [False] * 2
    assert ask(signed_in(sam))
    time_machine.move_to("2026-11-20 12:10:00+00:00", tick=False)
    assert ask(kim_client)


def test_who_sees_the_stores_looks_up_orders_only_with_the_permission(
    sam, shop, connection
):
    sell(shop, 0)
    sam.user_permissions.add(Permission.objects.get(codename="view_storeconnection"))
    client = signed_in(sam)
    shop.requests.clear()
    answer = client.post("/stores/find/", {"number": "#1001"})
    assert answer.status_code == 403
    assert "“Can look up orders at their store”" in answer.content.decode()
    assert (shop.requests, Order.objects.count()) == ([], 0)
    offered = page(client, "/stores/") + page(client, "/orders/?q=1001")
    assert "Gadget Garage" in offered
    assert "/stores/find/" not in offered


def test_whoever_could_look_up_orders_still_can(sam, kim):
    bench = Group.objects.create(name="Bench")
    asking = Permission.objects.get(codename="look_up_order")
    for holder in [bench.permissions, sam.user_permissions]:
        holder.add(Permission.objects.get(codename="view_storeconnection"))
    kim.groups.get().permissions.remove(asking)
    migration = import_module("integrations.migrations.0032_who_looks_up_orders")
    migration.let_those_who_could(apps, None)
    assert asking in bench.permissions.all()
    assert list(asking.user_set.all()) == [sam]
    assert set(asking.group_set.values_list("name", flat=True)) == {
        *["Bench", "Manager", "Admin", "Full access"]
    }


def test_held_order_is_explained_and_tried_again(admin, kim_client, store):
    held = entry(store, 1042, code="currency", values={"theirs": "USD", "ours": "EUR"})
    said = answers(admin.post("/stores/find/", {"number": "#1042"}).content.decode())
    sentence = "Its currency is USD, RO App's is EUR. Amounts are never converted."
    assert [unescape(each) for each in said] == [
        f"#1042 · Gadget Garage {sentence} At the store Try again #1042"
    ]
    assert (
        "Try again"
        not in kim_client.post("/stores/find/", {"number": "#1042"}).content.decode()
    )
    answer = admin.post(f"/stores/{store.pk}/retry/", {"id": held.pk}, follow=True)
    assert notice(answer.content.decode()) == "1 order is tried again."
    held.refresh_from_db()
    assert (held.is_asked_for, held.override_rules) == (True, False)


def test_nothing_typed_and_nothing_found(kim_client, shop, connection):
    assert answers(
        kim_client.post("/stores/find/", {"number": " # "}).content.decode()
    ) == ["Enter an order's number, such as #1042."]
    (answer,) = answers(
        kim_client.post("/stores/find/", {"number": "<i>"}).content.decode()
    )
    assert answer.startswith(
        "&lt;i&gt; · Gadget Garage The store shows no order with this number."
    )


def test_ledger_lists_why_orders_are_not_here(admin, store):
    entry(store, 1041, ImportStatus.SKIPPED, "test_order")
    entry(store, 1042, ImportStatus.FAILED, reason="<i>Bad</i>", attempts=3, due_at=DAY)
    entry(store, 1043, ImportStatus.SKIPPED, "gone", reason="It is gone.")
    html = page(admin, f"/stores/{store.pk}/orders/")
    assert numbers(html) == ["#1043", "#1042", "#1041"]
    tabs = re.search(r'<nav class="segments states".*?</nav>', html, re.DOTALL)[0]
    assert text_of(tabs) == "All 3 Held 0 Skipped 2 Failed 1"
    assert (cells(html)[:4], cells(html)[5:]) == (
        ["#1043", "skipped", "It is gone.", "1"],
        ["–", ""],
    )
    assert (cells(html, 1)[:4], cells(html, 1)[6]) == (
        ["#1042", "failed", "&lt;i&gt;Bad&lt;/i&gt;", "3"],
        "Try again #1042",
    )
    assert cells(html, 2)[6] == "Import anyway #1041"
    assert (
        'href="https://gadget.myshopify.com/admin/orders/1042" target="_blank" rel="noopener noreferrer"'
        in html
    )
    assert numbers(page(admin, f"/stores/{store.pk}/orders/?status=failed")) == [
        "#1042"
    ]
    assert numbers(page(admin, f"/stores/{store.pk}/orders/?status=x&after=~")) == [
        "#1043",
        "#1042",
        "#1041",
    ]
    assert "No order matches" in page(admin, f"/stores/{store.pk}/orders/?status=held")


def test_ledger_turns_by_key_and_costs_as_much_on_every_page(kim_client, store):
    for number in range(60):
        entry(store, 1000 + number)
    with CaptureQueriesContext(database) as queries:
        html = page(kim_client, f"/stores/{store.pk}/orders/?status=held")
    # session, who asks, permissions, connection, counts, page, count, banners (2)
    assert (len(numbers(html)), numbers(html)[0], len(queries)) == (50, "#1059", 9)
    following = unescape(re.search(r'rel="next" href="([^"]*)"', html)[1])
    assert following.startswith("?status=held&after=")
    assert numbers(page(kim_client, f"/stores/{store.pk}/orders/{following}")) == [
        f"#{number}" for number in range(1009, 999, -1)
    ]
    assert "/retry/" not in html  # She may only look.


def test_empty_ledger_says_that_all_is_here(kim_client, store):
    assert "Every order is here" in page(kim_client, f"/stores/{store.pk}/orders/")


@pytest.mark.parametrize(
    ("status", "asked"),
    [("", ["#1041", "#1042"]), ("held", ["#1041"]), ("failed", ["#1042"])],
)
def test_all_held_and_failed_that_match_are_tried_again(admin, store, status, asked):
    entry(store, 1041)
    entry(store, 1042, ImportStatus.FAILED)
    entry(store, 1043, ImportStatus.SKIPPED, "test_order")
    other = Store.objects.create(
        name="Other", platform="shopify", order_link="https://x/{id}"
    )
    entry(other, 1044)
    answer = admin.post(
        f"/stores/{store.pk}/retry/",
        {"all": "1", "status": status, "override_rules": "1"},
    )
    assert answer.url == f"/stores/{store.pk}/orders/" + (
        f"?status={status}" if status else ""
    )
    assert (
        list(
            UnimportedOrder.objects.filter(asked_at__isnull=False)
            .order_by("pk")
            .values_list("number", flat=True)
        )
        == asked
    )
    assert not UnimportedOrder.objects.filter(override_rules=True).exists()


def test_skipped_order_is_imported_all_the_same_when_asked(admin, store):
    skipped, gone = (
        entry(store, 1041, ImportStatus.SKIPPED, "test_order"),
        entry(store, 1042, ImportStatus.SKIPPED, "gone"),
    )
    StoreConnection.objects.update(enabled=False)
    html = admin.post(
        f"/stores/{store.pk}/retry/",
        {"id": skipped.pk, "override_rules": "1"},
        follow=True,
    ).content.decode()
    assert (
        notice(html)
        == "1 order is tried again. That happens as soon as the store can be synced."
    )
    skipped.refresh_from_db()
    assert (skipped.is_asked_for, skipped.override_rules) == (True, True)
    before = rows(UnimportedOrder)
    for sent in [{"id": gone.pk, "override_rules": "1"}, {"id": "x"}, {}]:
        html = admin.post(
            f"/stores/{store.pk}/retry/", sent, follow=True
        ).content.decode()
        assert notice(html) == "None of these orders can be retried."
    assert rows(UnimportedOrder) == before


def test_runs_are_listed_with_their_counts(kim_client, store, ann):
    begin(
        store,
        state=JobState.CANCELLED,
        finished_at=DAY,
        reached=DAY,
        done=1_200,
        counts={"imported": 1_100, "held": 60, "skipped": 40},
    )
    begin(
        store,
        JobKind.RECONCILE,
        JobState.DONE,
        finished_at=DAY,
        done=9,
        differed=2,
        numbers=["#1", "#2"],
        by=ann,
    )
    html = page(kim_client, f"/stores/{store.pk}/runs/")
    assert (cells(html)[:2], cells(html)[4:]) == (
        ["Reconciliation #1, #2", "done"],
        ["9", "0", "0", "0", "0", "0", "2"],
    )
    assert cells(html)[2].endswith("· Ann Baker")
    assert cells(html, 1)[0].startswith("Initial import Not compared: changes since")
    assert cells(html, 1)[4:] == ["1,200", "1,100", "0", "60", "40", "0", "–"]


def test_cancelled_import_waits_for_nobody(admin, store):
    run = begin(store, state=JobState.PAUSED, reason_code="asks", reason=ASKS)
    address = f"/stores/{store.pk}/runs/"
    assert ASKS in page(admin, address)
    admin.post(f"/stores/runs/{run.pk}/", {"act": "cancel"})
    html = page(admin, address)
    assert "cancelled" in text_of(html)
    assert ASKS not in html


def test_long_comparison_names_its_first_twelve_orders(kim_client, store):
    begin(
        store,
        JobKind.RECONCILE,
        JobState.DONE,
        differed=60,
        numbers=[f"#{number}" for number in range(10, 60)],
    )
    named = ", ".join(f"#{number}" for number in range(10, 22))
    assert (
        cells(page(kim_client, f"/stores/{store.pk}/runs/"))[0]
        == f"Reconciliation {named} …"
    )


def test_runs_turn_by_key_and_cost_nine_queries(kim_client, store):
    for _ in range(60):
        begin(store, JobKind.RECONCILE, JobState.DONE)
    with CaptureQueriesContext(database) as queries:
        html = page(kim_client, f"/stores/{store.pk}/runs/")
    # as the unimported orders, without its counts, and who connected the store
    assert (html.count("<tr>"), len(queries)) == (
        51,
        9,
    )
    following = unescape(re.search(r'rel="next" href="([^"]*)"', html)[1])
    assert page(kim_client, f"/stores/{store.pk}/runs/{following}").count("<tr>") == 11


def test_store_without_runs_says_so(kim_client, store):
    assert "No imports yet" in page(kim_client, f"/stores/{store.pk}/runs/")


def test_who_may_only_look_is_refused_and_nothing_changes(kim_client, store):
    held, run = entry(store, 1041), begin(store)
    before = rows(UnimportedOrder), rows(ImportJob), rows(StoreConnection)
    acts = [
        ("poll/", {}),
        ("compare/", {}),
        ("retry/", {"id": held.pk}),
        ("retry/", {"all": "1"}),
    ]
    sent = [
        *((f"/stores/{store.pk}/{act}", values) for act, values in acts),
        (f"/stores/runs/{run.pk}/", {"act": "cancel"}),
    ]
    for url, values in sent:
        answer = kim_client.post(url, values)
        assert (
            answer.status_code,
            "Can change: store connections" in answer.content.decode(),
        ) == (403, True)
    assert (rows(UnimportedOrder), rows(ImportJob), rows(StoreConnection)) == before
    shown = page(kim_client, "/stores/") + page(
        kim_client, f"/stores/{store.pk}/orders/"
    )
    assert not re.search(r'action="/stores/(?!find/)', shown)


def test_specialists_neither_see_the_stores_nor_the_way_to_them(
    client, kim_client, store
):
    assert 'href="/stores/"' not in page(client, "/orders/")
    assert 'href="/stores/"' in page(kim_client, "/orders/")
    for url in [
        "/stores/",
        "/stores/cards/",
        f"/stores/{store.pk}/orders/",
        f"/stores/{store.pk}/runs/",
    ]:
        assert client.get(url).status_code == 403
    assert client.post("/stores/find/", {"number": "1"}).status_code == 403


def test_store_that_does_not_exist_is_not_found(admin, db):
    assert [
        admin.get(f"/stores/9/{name}/").status_code for name in ["orders", "runs"]
    ] == [404, 404]
    assert [
        admin.post(f"/stores/{path}/").status_code
        for path in ["9/poll", "9/compare", "9/retry", "runs/9"]
    ] == [404] * 4


def test_german_writes_numbers_its_way(kim_client, store):
    begin(store, expected=1_000, done=250, seconds=100)
    read_in(kim_client, "de")
    html = kim_client.get("/stores/cards/").content.decode()
    assert '<progress max="100" value="25"' in html
