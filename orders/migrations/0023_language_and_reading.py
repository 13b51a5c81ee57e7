"""A language of one's own, and the permission to read orders for everyone who had any other for them: until now
whoever could sign in could read."""

from django.db import migrations, models


def let_workers_read(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects
    reading = permissions.filter(content_type__app_label="orders", codename="view_order").first()
    if reading is None:
        return
    of_orders = {"permissions__content_type__app_label": "orders", "permissions__content_type__model": "order"}
    for group in apps.get_model("auth", "Group").objects.filter(**of_orders).distinct():
        group.permissions.add(reading)
    of_orders = {f"user_{name}": value for name, value in of_orders.items()}
    for user in apps.get_model("auth", "User").objects.filter(**of_orders).distinct():
        user.user_permissions.add(reading)


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0022_match_of_lines"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AddField(
            "preferences", "language", models.CharField(max_length=8, blank=True, default="", db_default="")
        ),
        migrations.RunPython(let_workers_read, migrations.RunPython.noop),
    ]
