"""Where orders came together through a phone number that may identify nobody, for people to look through."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_guests_by_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="DoubtfulMatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=64)),
                (
                    "doubt",
                    models.CharField(
                        choices=[
                            ("invalid", "The number is not valid"),
                            ("country", "The number may be of the country of the address"),
                            ("extension", "The number may have had extensions"),
                        ],
                        max_length=16,
                    ),
                ),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="doubtful_matches",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("checked_at__isnull", True)),
                        fields=["customer"],
                        name="doubtful_match_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "number"), name="doubtful_match_once"
                    )
                ],
            },
        ),
    ]
