"""What rows say in the former words: the events of webhook deliveries, and the codenames of permissions, which
Django does not rename with their models. Whoever had a permission keeps it."""

from django.db import migrations

EVENTS = {
    "person_asks": "customer_data_request",
    "person_leaves": "customer_redact",
    "shop_leaves": "shop_redact",
}
MODELS = {"ledgerentry": "unimportedorder", "importrun": "importjob"}
ACTIONS = ["add", "change", "delete", "view"]


def rename(apps, schema_editor):
    deliveries = apps.get_model("integrations", "WebhookDelivery").objects
    for old, new in EVENTS.items():
        deliveries.filter(event=old).update(event=new)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="integrations")
    for old, new in MODELS.items():
        for action in ACTIONS:
            permissions.filter(codename=f"{action}_{old}").update(codename=f"{action}_{new}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("integrations", "0017_words_of_the_field"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
