"""What a fresh installation begins with."""

import pytest
from django.contrib.auth.models import Group

from inventory.models import IdentifyBy
from orders.models import OrderType, Status, StatusGroup

pytestmark = pytest.mark.django_db


def test_statuses_in_all_six_groups():
    statuses = list(Status.objects.values_list("name", "group", "colour"))
    assert statuses == [
        ("New", "new", "blue"),
        ("In progress", "in_progress", "amber"),
        ("Waiting for parts", "pending", "violet"),
        ("Waiting for approval", "pending", "violet"),
        ("Ready", "done", "green"),
        ("Out for delivery", "delivery", "teal"),
        ("Closed", "closed", "grey"),
        ("Cancelled", "closed", "red"),
    ]
    assert {group for _name, group, _colour in statuses} == set(StatusGroup.values)


def test_order_types_each_with_one_initial_status():
    types = {
        each.name: each.initial_status.name
        for each in OrderType.objects.select_related("initial_status")
    }
    assert types == {"Repair": "New", "Sale": "New", "Online order": "New"}
    assert set(IdentifyBy.values) == {"name", "sku", "product_id"}


def test_four_groups_each_with_more_than_the_one_before():
    rights = {
        group.name: {
            f"{each.content_type.app_label}.{each.codename}"
            for each in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }
    assert set(rights) == {"Specialist", "Manager", "Admin", "Full access"}
    assert (
        rights["Specialist"]
        < rights["Manager"]
        < rights["Admin"]
        < rights["Full access"]
    )
    assert {
        "orders.view_order",
        "orders.add_order",
        "orders.change_order",
        "orders.add_without_write_off",
    } <= rights["Specialist"]
    assert not any(
        right.startswith(("auth.", "integrations.")) for right in rights["Specialist"]
    )
    assert {
        right
        for right in rights["Manager"]
        if right.startswith(("auth.", "integrations."))
    } == {
        "integrations.look_up_order",
        "integrations.view_storeconnection",  # the Stores pages
    }
    connections = {
        f"integrations.{verb}_storeconnection"
        for verb in ["add", "change", "delete", "view"]
    }
    people = {
        f"auth.{verb}_{model}"
        for verb in ["add", "change", "delete", "view"]
        for model in ["user", "group"]
    }
    assert connections | people <= rights["Admin"]
