"""Tombstones are called erasure records. Whoever may see them may still do so."""

from django.db import migrations

from common.migrations import rename_permissions


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_grants"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.RenameModel("Tombstone", "ErasureRecord"),
        migrations.RenameModel("TombstoneSalt", "ErasureSalt"),
        rename_permissions("customers", "tombstone", "erasure record"),
        rename_permissions("customers", "tombstone salt", "erasure salt"),
    ]
