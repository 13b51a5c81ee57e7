"""The administration of statuses: admins limit which status may follow which."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from customers.matching import ContactDetails
from orders.domain.status import Outcome, change_status
from orders.models import Status
from tests.support.incoming import line, numbered, order
from tests.support.stock import come_in, goods
from tests.support.times import NOW
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db


def test_admin_limits_what_may_follow_a_status(person, made_here, kim):
    user = person("ada", group="Admin")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(user)
    new, progress = (Status.objects.get(name=name) for name in ["New", "In progress"])
    url = reverse("admin:orders_status_change", args=[new.pk])
    form = {
        "name": "New",
        "group": "new",
        "colour": "blue",
        "position": "10",
        "followers": [progress.pk],
    }
    assert client.post(url, form).status_code == 302
    one = made_here(status=new)
    ready = Status.objects.get(name="Ready")
    assert change_status([one.pk], ready, by=kim, now=NOW) == {
        one.pk: Outcome.NOT_ALLOWED
    }
    assert change_status([one.pk], progress, by=kim, now=NOW) == {
        one.pk: Outcome.CHANGED
    }
    assert change_status([one.pk], ready, by=kim, now=NOW) == {one.pk: Outcome.CHANGED}


def test_manager_limits_nothing(person):
    user = person("mia", group="Manager")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(user)
    new = Status.objects.get(name="New")
    form = {
        "name": "Newer",
        "group": "new",
        "colour": "blue",
        "position": "10",
        "followers": [new.pk],
    }
    assert (
        client.post(
            reverse("admin:orders_status_change", args=[new.pk]), form
        ).status_code
        == 403
    )
    new.refresh_from_db()
    assert (new.name, new.followers.count()) == ("New", 0)


def test_administration_searches_by_the_rules_of_the_lists(admin_client, bring):
    lukasz = ContactDetails(key="s:1", first_name="Łukasz", phone="+4915123456789")
    lee = ContactDetails(key="s:2", first_name="Lee", phone="+4915123456789")
    _one, two = bring(
        order(1, contact=lukasz, lines=(line(1, name="Öl 5W‑30", product=None),)),
        numbered(2, "EN2002-A", contact=lee),
    )
    goods("Öl 5W‑30")

    def shown(kind: str, typed: str) -> list[str]:
        url = reverse(f"admin:{kind}_changelist")
        return [
            str(each)
            for each in admin_client.get(url, {"q": typed}).context["cl"].result_list
        ]

    assert shown("orders_order", "2002") == shown("orders_order", "lee") == [str(two)]
    assert len(shown("orders_order", "lukasz")) == len(shown("orders_order", "")) == 2
    assert shown("customers_customer", "lukasz") == ["Łukasz"]
    assert shown("inventory_product", "oel 5w-30") == ["Öl 5W‑30"]


def test_amounts_and_quantities_are_written_as_everywhere(admin_user, made_here):
    made_here(total=Decimal("1289.900"))
    come_in((goods("Screen"), 2))
    german = "1.289,90\N{NO-BREAK SPACE}€"
    for language, amount in [("en", "€1,289.90"), ("de", german)]:
        client = signed_in(admin_user, language)
        orders = client.get("/admin/orders/order/").content.decode()
        assert f'<td class="field-amount">{amount}</td>' in orders
        for name in ["stockmovement", "stocklevel"]:
            stock = client.get(f"/admin/inventory/{name}/").content.decode()
            assert '<td class="field-pieces">2</td>' in stock
