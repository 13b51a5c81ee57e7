"""Going to anything by typing, and the menus that a row brings when they are opened."""

import pytest

from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.stock import goods

pytestmark = pytest.mark.django_db


def found(client, text: str) -> str:
    return client.get("/orders/go-to/", {"q": text}).content.decode()


def test_orders_customers_and_products_are_gone_to(client, bob_client, bring):
    [one] = bring(order(7))
    product = goods("Kettle", sku="1007")
    html = found(client, "1007")
    assert f'href="/orders/{one.pk}/"' in html
    assert f'href="/inventory/products/{product.pk}/"' in html
    assert f'href="/customers/{one.customer_id}/"' in found(client, "nr7")
    assert "Nothing found." in found(client, "zzz")
    assert 'href="/customers/"' in found(client, "")
    seen_by_bob = found(bob_client, "1007")
    assert f'href="/orders/{one.pk}/"' in seen_by_bob
    assert "/inventory/" not in seen_by_bob
    assert "/customers/" not in found(bob_client, "nr7")


def test_statuses_stand_by_their_groups_and_the_present_person_is_marked(
    client, ann, sam, bring
):
    [one] = bring(order(1))
    menu = text_of(client.get(f"/orders/{one.pk}/statuses/?seen=1").content.decode())
    groups = [each for each in ["In progress", "Closed"] if each in menu]
    assert groups == ["In progress", "Closed"]
    assert menu.index("Done") < menu.index("Ready") < menu.index("Closed")
    html = client.get(f"/orders/{one.pk}/people/?seen={sam.pk}").content.decode()
    assert text_of(html) == "Me Nobody Sam"
    assert f'value="{sam.pk}" aria-current="true"' in html
    assert f'hx-target="#order-{one.pk}"' in html
    answer = client.post(
        f"/orders/{one.pk}/assignee/",
        {"assignee": sam.pk, "seen": ""},
        headers={"HX-Request": "true", "HX-Target": f"order-{one.pk}"},
    )
    assert "Sam" in answer.content.decode()


def test_new_customer_begins_with_what_was_searched_for(client):
    def offered(text: str) -> str:
        answer = client.post(
            "/orders/create/",
            {"who": text, "find": "1"},
            headers={"HX-Request": "true", "HX-Target": "create"},
        )
        return answer.content.decode()

    by_phone = offered("0151 23456789")
    assert 'name="phone" value="0151 23456789"' in by_phone
    assert '<details class="new-customer" open>' in by_phone
    assert 'name="who" value=""' in by_phone
    by_name = offered("Grace Brewster Hopper")
    assert 'name="first_name" value="Grace Brewster"' in by_name
    assert 'name="last_name" value="Hopper"' in by_name
    assert 'name="email" value="g@example.com"' in offered("g@example.com")


def test_status_of_the_row_is_only_offered_to_who_may_change_it(
    client, bob_client, bring
):
    bring(order(1))
    assert 'data-menu="statuses"' in client.get("/orders/").content.decode()
    assert "data-menu" not in bob_client.get("/orders/").content.decode()
