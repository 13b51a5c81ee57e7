"""The group Full access may do everything with what is RO App's own, also with models that came after the group."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

OURS = ["customers", "inventory", "orders", "integrations"]


def grant(apps, schema_editor):
    for label in OURS:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    with translation.override(settings.LANGUAGE_CODE):
        group = apps.get_model("auth", "Group").objects.filter(name=_("Full access")).first()
    if group:
        group.permissions.add(*apps.get_model("auth", "Permission").objects.filter(content_type__app_label__in=OURS))


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0011_managers_see_stores"),
        ("customers", "0004_grants"),
        ("inventory", "0005_search_index"),
        ("orders", "0012_contact_words_apart"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
