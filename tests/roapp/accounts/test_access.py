"""What somebody with an account finds out only with the permission for it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Field
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from tests.support.addresses import addresses, url_of
from tests.support.times import NOW
from tests.support.users import create_user, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def searchable() -> list[tuple[str, str]]:
    """Every field of what the administration lists that the page does not offer as a filter."""
    found = []
    for model, page in admin.site._registry.items():
        offered = {
            each if isinstance(each, str) else each[0]
            for each in [*page.list_filter, page.date_hierarchy]
            # A filter of ours has a name of its own.
            if each and not hasattr(each, "parameter_name")
        }
        found += [
            (f"{model._meta.app_label}_{model._meta.model_name}", field.name)
            for field in model._meta.get_fields()
            if isinstance(field, Field) and field.name not in offered
        ]
    return found


@pytest.mark.slow
def test_administration_filters_by_nothing_but_what_it_offers(admin_user):
    client = signed_in(admin_user)
    names = searchable()
    assert ("orders_order", "delivery_address") in names
    assert ("integrations_storeconnection", "access_token") in names
    taken = []
    for page, field in names:
        answer = client.get(reverse(f"admin:{page}_changelist"), {f"{field}__gte": "0"})
        # The letterhead has no list: its address leads to the form, whatever it filters by.
        leads_away = answer.status_code == 302 and "?" not in answer["Location"]
        is_refused = answer.status_code == 400 or leads_away
        taken += [] if is_refused else [(page, field)]
    assert taken == []


def test_address_of_an_order_is_not_found_out_letter_by_letter(made_here):
    made_here(delivery_address="Hauptstr. 1")
    reader = create_user("ina", "orders.view_order", is_staff=True)
    for lookup in [
        "delivery_address__startswith=H",
        "search__contains=hauptstr",
        "customer__email__startswith=a",
        "customer__phones__number__contains=1",
        "status__orders__delivery_address__startswith=H",
    ]:
        answer = signed_in(reader).get(f"/admin/orders/order/?{lookup}")
        assert answer.status_code == 400, lookup
    offered = signed_in(reader).get("/admin/orders/order/?status__id__exact=1")
    assert offered.status_code == 200


def test_data_export_needs_to_see_contact_data():
    customer = Customer.objects.create(
        first_name="Ada", email="ada@example.com", created_at=NOW
    )
    url = reverse("people:export", args=[customer.pk])
    may = ["customers.view_customer", "customers.export_customer"]
    clerk = signed_in(create_user("clerk", *may))
    assert clerk.post(url).status_code == 403
    page = clerk.get(reverse("customers:detail", args=[customer.pk]))
    assert url not in page.content.decode()
    officer = create_user("officer", *may, "customers.see_contact_data")
    assert b"ada@example.com" in b"".join(signed_in(officer).post(url))


@pytest.mark.parametrize("name", addresses())
def test_browsers_and_proxies_keep_no_page(name, admin_user):
    answer = signed_in(admin_user).get(url_of(name))
    assert answer.headers["Cache-Control"] == "no-store"


def test_login_and_administration_are_not_kept_either(admin_user):
    for client, url in [(Client(), "/login/"), (signed_in(admin_user), "/admin/")]:
        assert client.get(url).headers["Cache-Control"] == "no-store"


def test_who_may_see_nothing_is_led_out_and_not_in_a_circle(db):
    def refused(user: User) -> str:
        answer = signed_in(user).get("/customers/")
        assert answer.status_code == 403
        return answer.content.decode()

    button = "Go to the orders"
    nobody = refused(create_user("nobody"))
    assert button not in nobody
    assert ">Log out</button>" in nobody
    assert "An administrator can give it to you." in nobody
    assert button in refused(create_user("reader", "orders.view_order"))
