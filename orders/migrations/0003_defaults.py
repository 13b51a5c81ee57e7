"""What a fresh installation starts with: statuses in six groups, order types, and the four groups of staff.

Names are written in the installation's language (LANGUAGE_CODE); they are rows, and admins may change them.
"""

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

from common.grants import permissions_of


def create_defaults(apps, schema_editor):
    with translation.override(settings.LANGUAGE_CODE):
        create_statuses_and_types(apps)
        create_groups(apps)


def create_statuses_and_types(apps):
    Status = apps.get_model("orders", "Status")
    OrderType = apps.get_model("orders", "OrderType")
    rows = [
        (_("New"), "new", "blue"),
        (_("In progress"), "in_progress", "amber"),
        (_("Waiting for parts"), "pending", "violet"),
        (_("Waiting for approval"), "pending", "violet"),
        (_("Ready"), "done", "green"),
        (_("Out for delivery"), "delivery", "teal"),
        (_("Closed"), "closed", "grey"),
        (_("Cancelled"), "closed", "red"),
    ]
    for position, (name, group, colour) in enumerate(rows, start=1):
        Status.objects.get_or_create(name=name, defaults={"group": group, "colour": colour, "position": position * 10})
    first = Status.objects.get(name=_("New"))
    for name in [_("Repair"), _("Sale"), _("Online order")]:
        OrderType.objects.get_or_create(name=name, defaults={"initial_status": first})


def create_groups(apps):
    every = permissions_of(apps, "auth", "customers", "inventory", "orders")
    Group = apps.get_model("auth", "Group")

    see = ["view_order", "view_customer", "view_product", "view_category"]
    work = [*see, "change_order", "add_order", "add_without_write_off", "add_customer", "change_customer"]
    keep = [*work, "add_product", "change_product", "add_category", "change_category"]
    run = [*keep, *(f"{verb}_{model}" for verb in ["add", "change", "delete", "view"] for model in ["status", "ordertype", "user"])]
    for name, codenames in [(_("Specialist"), work), (_("Manager"), keep), (_("Admin"), run)]:
        group, created = Group.objects.get_or_create(name=name)
        if created:
            group.permissions.set(every.filter(codename__in=codenames))
    group, created = Group.objects.get_or_create(name=_("Full access"))
    if created:
        group.permissions.set(apps.get_model("auth", "Permission").objects.all())


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_search_index"),
        ("customers", "0001_initial"),
        ("inventory", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(create_defaults, migrations.RunPython.noop)]
