"""While an installation is upgraded, the version before meets kinds that only the next one knows: it shows
such rows plainly, no page fails, and their work is left to that version."""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import CharField, Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, CustomerEvent, DoubtfulMatch
from integrations.imports import lifecycle
from integrations.models import (
    ImportJob,
    PrivacyRequest,
    StoreConnection,
    StoreEvent,
    UnimportedOrder,
    WebhookDelivery,
)
from integrations.sync import polling
from integrations.webhooks import inbox
from inventory.models import ProductEvent, StockMovement
from orders.bulk import engine
from orders.models import (
    BulkAction,
    Order,
    OrderEvent,
    Preferences,
    Refresh,
    Store,
)
from tests.house.test_architecture import ROOT
from tests.support.addresses import addresses
from tests.support.html import page, text_of
from tests.support.stock import goods, main_warehouse
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db
NEW = "made_up"
HIDDEN = "Told-by-nobody"
"""A value of such a row: what it means only the newer version knows."""
LAST_YEAR = datetime(2025, 3, 14, 12, 0, tzinfo=UTC)
Pages = list[str]


def with_kinds() -> list[type[Model]]:
    """Our models whose rows say by a kind what they are."""
    return [
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, CharField) and field.name == "kind" and field.choices
    ]


@pytest.fixture
def ada(db) -> User:
    return create_user("ada", is_superuser=True, is_staff=True, last_name="Lovelace")


@pytest.fixture
def boss(ada) -> Client:
    return signed_in(ada)


def order_event(order: Order, by: User) -> Pages:
    order.events.create(
        kind=NEW, at=LAST_YEAR, by=by, subject=HIDDEN, field=HIDDEN, old=HIDDEN
    )
    return [order.get_absolute_url()]


def customer_event(_order: Order, by: User) -> Pages:
    customer = Customer.objects.create(first_name="Carl", created_at=LAST_YEAR)
    record = {"left": {HIDDEN: HIDDEN}, HIDDEN: HIDDEN}
    values = {"field": "phone", "old": HIDDEN, "new": HIDDEN, "record": record}
    customer.events.create(kind=NEW, at=LAST_YEAR, by=by, **values)
    return [customer.get_absolute_url()]


def product_event(_order: Order, by: User) -> Pages:
    product = goods()
    values = {"field": HIDDEN, "old": HIDDEN, "subject": HIDDEN, "record": {}}
    product.events.create(kind=NEW, at=LAST_YEAR, by=by, **values)
    return [product.get_absolute_url()]


def movement(_order: Order, by: User) -> Pages:
    product = goods()
    where = main_warehouse()
    product.movements.create(kind=NEW, at=LAST_YEAR, by=by, warehouse=where, quantity=1)
    return [product.get_absolute_url()]


def store_event(order: Order, by: User) -> Pages:
    store = order.store
    store.history.create(kind=NEW, at=LAST_YEAR, by=by)
    Store.objects.filter(pk=store.pk).update(is_connected=False)
    change = "admin:integrations_storeconnection_change"
    return [
        reverse("stores:list"),
        reverse("stores:runs", args=[store.pk]),
        reverse(change, args=[StoreConnection.objects.get().pk]),
    ]


def import_job(order: Order, by: User) -> Pages:
    times = {"since": LAST_YEAR, "made_at": LAST_YEAR, "due_at": timezone.now()}
    store = order.store
    ImportJob.objects.create(
        kind=NEW, store=store, by=by, reason=HIDDEN, counts={NEW: 1}, **times
    )
    disconnect = "admin:integrations_storeconnection_disconnect"
    return [
        reverse("stores:list"),
        reverse("stores:runs", args=[store.pk]),
        reverse(disconnect, args=[StoreConnection.objects.get().pk]),
    ]


def bulk_action(order: Order, by: User) -> Pages:
    now = timezone.now()
    times = {"asked_at": now - timedelta(days=1), "fixed_at": now, "done_at": now}
    action = BulkAction.objects.create(
        kind=NEW, by=by, warehouse=main_warehouse(), **times
    )
    action.orders.create(order_id=order.pk, outcome="changed")
    return [reverse("orders:bulk"), reverse("orders:bulk-action", args=[action.pk])]


def privacy_request(_order: Order, by: User) -> Pages:
    row = PrivacyRequest.objects.create(
        kind=NEW,
        domain="gadget.myshopify.com",
        customer_id="7",
        received_at=LAST_YEAR,
        due_at=LAST_YEAR,
    )
    return [reverse("admin:integrations_privacyrequest_change", args=[row.pk])]


MADE: dict[type[Model], Callable[[Order, User], Pages]] = {
    OrderEvent: order_event,
    CustomerEvent: customer_event,
    ProductEvent: product_event,
    StockMovement: movement,
    StoreEvent: store_event,
    ImportJob: import_job,
    BulkAction: bulk_action,
    PrivacyRequest: privacy_request,
}
"""Makes a row of a kind that is not there, and says which pages show it."""
EVENTS = {OrderEvent, CustomerEvent, ProductEvent, StoreEvent, StockMovement}
"""Who, what and when."""


@pytest.mark.parametrize("model", with_kinds(), ids=lambda model: model.__name__)
def test_row_of_a_kind_that_is_not_known_is_a_plain_line(
    model, boss, ada, made_here, store
):
    order = made_here(store=store, external_id="1")
    for path in MADE[model](order, ada):
        shown = text_of(page(boss, path))
        assert "newer version" in shown, path
        assert NEW not in shown
        if model in EVENTS:
            assert HIDDEN not in shown
            assert "14 Mar 2025" in shown
            assert "Ada Lovelace" in shown


def test_lists_of_such_rows_are_shown_too(boss, ada, made_here, store):
    order = made_here(store=store, external_id="1")
    for make in MADE.values():
        make(order, ada)
    for name in ["orders:list", "stores:list", "inventory:products", "customers:list"]:
        page(boss, reverse(name))
    page(boss, "/admin/integrations/privacyrequest/")
    assert StoreConnection.objects.get().last_event


def test_in_german(ada, made_here, store):
    order = made_here(store=store)
    [path] = order_event(order, ada)
    assert "Von einer neueren Version geändert" in page(signed_in(ada, "de"), path)


def coded() -> list[tuple[type[Model], str]]:
    """Every column of ours that holds one of a few codes, with its model."""
    return [
        (model, field.name)
        for model in apps.get_models()
        if is_ours(model)
        for field in model._meta.concrete_fields
        if field.choices
    ]


def is_ours(model: type[Model]) -> bool:
    return (ROOT / model.__module__.partition(".")[0]).is_dir()


@pytest.fixture
def shown_on(boss, ada, made_here, store) -> Pages:
    """The pages that show rows with codes, and every page without parameters. There is such a row of every
    model."""
    order = made_here(store=store, external_id="1")
    made = [path for make in MADE.values() for path in make(order, ada)]
    now = timezone.now()
    Refresh.objects.create(order=order, by=ada, due_at=now, done_at=now)
    Preferences.objects.create(user=ada)
    customer = Customer.objects.get()
    order.customer = customer
    order.save(update_fields=["customer"])
    DoubtfulMatch.objects.create(customer=customer, number="+49301", doubt="invalid")
    UnimportedOrder.objects.create(
        store=store,
        external_id="2",
        status="held",
        store_updated_at=now,
        fingerprint=1,
        last_at=now,
    )
    plain = [name for name, each in addresses().items() if not each.pattern.converters]
    more = ["/orders/export/?columns=write-off", f"/stores/{store.pk}/orders/"]
    return [*dict.fromkeys([*made, *map(reverse, plain), *more])]


@pytest.mark.parametrize(
    ("model", "name"), coded(), ids=lambda each: getattr(each, "__name__", each)
)
def test_no_page_fails_over_a_code_that_is_not_known(model, name, shown_on, boss):
    assert model.objects.exists(), "make such a row above"
    code = NEW if isinstance(model._meta.get_field(name), CharField) else 99
    model.objects.update(**{name: code})
    for path in shown_on:
        boss.get(path)


SAFE = {
    # Attributes of classes, not of rows.
    (
        "orders/admin.py",
        "{BulkKind.STATUS: 'status', BulkKind.TYPE: 'order_type'}[self.kind]",
    ),
    ("orders/printing/slips.py", "TITLES[slip.kind]"),
    # Asked for by an address; any other is the usual one.
    ("orders/printing/views.py", "Kind(kind)"),
    ("orders/printing/views.py", "Paper(paper)"),
    # orders.domain.labels.Labels
    ("orders/order_list/csv_export.py", "words.write_off[row.write_off]"),
    # Work of a later version is not taken on (test_work_of_a_later_version_is_left_to_its_workers).
    ("orders/bulk/engine.py", "COLUMNS[action.kind]"),
    ("inventory/product_matching.py", "IdentifyBy(identify_by)"),
    ("integrations/imports/bulk_export.py", "JobMethod(job.method)"),
}
"""Not stored, or known to be known, and why."""
PACKAGES = [path.parent.name for path in ROOT.glob("*/apps.py")]


def modules() -> list[tuple[str, ast.Module]]:
    paths = [path for each in PACKAGES for path in (ROOT / each).rglob("*.py")]
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text()))
        for path in paths
        if "migrations" not in path.parts
    ]


def kinds_of_codes(trees: list[ast.Module]) -> set[str]:
    """The names of our classes whose members are codes."""
    bases = {"TextChoices", "IntegerChoices", "StrEnum"}
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).rpartition(".")[2] in bases for base in node.bases)
    }


def guesses(tree: ast.Module, kinds: set[str], columns: set[str]) -> Iterator[str]:
    """What raises for a code that is not known: Kind(row.kind), WORDS[row.kind], row.get_kind_display()."""
    displays = {f"get_{name}_display" for name in columns}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[_code]) if name in kinds:
                yield ast.unparse(node)
            case ast.Subscript(slice=ast.Attribute(attr=name)) if name in columns:
                yield ast.unparse(node)
            case ast.Attribute(attr=name) if name in displays:
                yield ast.unparse(node)


def test_nothing_takes_a_stored_code_for_one_that_it_knows():
    """common.kinds does not guess."""
    ours = modules()
    kinds = kinds_of_codes([tree for _path, tree in ours])
    columns = {name for _model, name in coded()}
    found = {
        (path, text) for path, tree in ours for text in guesses(tree, kinds, columns)
    }
    assert found == SAFE


def test_no_template_shows_a_code_that_is_not_known():
    texts = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    shown = re.compile(r"get_\w+_display")
    assert [str(path) for path, text in texts.items() if shown.search(text)] == []


@pytest.mark.parametrize(
    ("due", "model", "name"),
    [
        (lifecycle.due_runs, ImportJob, "kind"),
        (lifecycle.due_runs, ImportJob, "method"),
        (engine.unfinished, BulkAction, "kind"),
        (inbox.connections_with_messages, WebhookDelivery, "event"),
        (polling.first_due, StoreConnection, "identify_by"),
    ],
)
def test_work_of_a_later_version_is_left_to_its_workers(due, model, name, shown_on):
    now = timezone.now()
    values = {"connection": StoreConnection.objects.get(), "received_at": now}
    WebhookDelivery.objects.create(webhook_id="1", topic="x", event="shop", **values)
    fits = {"kind": "status" if model is BulkAction else "manual"}
    fits |= {"method": "pages", "event": "shop", "identify_by": "sku"}
    waiting = {each.name for each in model._meta.concrete_fields}
    free = {"done_at": None, "due_at": now, "state": "running"}
    if model is StoreConnection:
        free = {"due_at": now}
    model.objects.update(
        **{key: value for key, value in free.items() if key in waiting},
        **{key: value for key, value in fits.items() if key in waiting},
    )
    later = now + timedelta(minutes=1)
    assert list(due(later))
    model.objects.update(**{name: NEW})
    assert not list(due(later))
