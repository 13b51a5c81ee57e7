from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils.translation import ngettext

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
        text = ngettext(
            "%(count)s row was encrypted anew.",
            "%(count)s rows were encrypted anew.",
            done,
        )
        self.stdout.write(text % {"count": done})
        if unreadable:
            text = ngettext(
                "%(count)s row could not be read with any of ENCRYPTION_KEYS and was left as it is. "
                "Keep the older keys.",
                "%(count)s rows could not be read with any of ENCRYPTION_KEYS and were left as they are. "
                "Keep the older keys.",
                unreadable,
            )
            raise CommandError(text % {"count": unreadable})


def _rotate(model: type[models.Model], names: list[str], pk: object) -> bool:
    """Whether something in the row could not be read."""
    with transaction.atomic():
        row = model._default_manager.select_for_update(of=("self",)).get(pk=pk)
        row.save(update_fields=names)
    return any(isinstance(getattr(row, name), UndecryptableValue) for name in names)
