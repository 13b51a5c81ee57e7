from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils.translation import gettext as _

from common.encrypted_field import UndecryptableValue, models_with_secrets


class Command(BaseCommand):
    help = (
        "Encrypt all stored credentials with the newest of ENCRYPTION_KEYS; afterwards the older keys may "
        "be removed."
    )

    def handle(self, *args: object, **options: object) -> None:
        done, unreadable = 0, 0
        for model, names in models_with_secrets():
            for pk in model._default_manager.order_by("pk").values_list(
                "pk", flat=True
            ):
                row_unreadable = _rotate(model, names, pk)
                unreadable += row_unreadable
                done += not row_unreadable
        self.stdout.write(_("%(count)s rows were encrypted anew.") % {"count": done})
        if unreadable:
            raise CommandError(
                _(
                    "%(count)s rows could not be read with any of ENCRYPTION_KEYS and were left as they are. "
                    "Keep the older keys."
                )
                % {"count": unreadable}
            )


def _rotate(model: type[models.Model], names: list[str], pk: object) -> bool:
    """Whether something in the row could not be read."""
    with transaction.atomic():
        row = model._default_manager.select_for_update(of=("self",)).get(pk=pk)
        row.save(update_fields=names)
    return any(isinstance(getattr(row, name), UndecryptableValue) for name in names)
