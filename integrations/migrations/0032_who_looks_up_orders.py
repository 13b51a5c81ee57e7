"""Looking up an order at its store has a permission of its own, for everyone who could do so: until now whoever
could see the stores."""

from django.db import migrations

from common.grants import permissions_of


def let_those_who_could(apps, schema_editor):
    ours = permissions_of(apps, "integrations")
    seeing, asking = ours.get(codename="view_storeconnection"), ours.get(codename="look_up_order")
    for group in apps.get_model("auth", "Group").objects.filter(permissions=seeing):
        group.permissions.add(asking)
    for user in apps.get_model("auth", "User").objects.filter(user_permissions=seeing):
        user.user_permissions.add(asking)


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0031_when_a_poll_began"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="orderlookup",
            options={
                "default_permissions": (),
                "permissions": [("look_up_order", "Can look up orders at their store")],
            },
        ),
        migrations.RunPython(let_those_who_could, migrations.RunPython.noop),
    ]
