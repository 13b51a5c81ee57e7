from django.db import models
from django.utils.translation import gettext_lazy as _

from common.retiring import Retirable


def name_key(name: str) -> str:
    """How names are compared: case and surplus space do not matter."""
    return " ".join(name.split()).casefold()[:255]


class Category(Retirable):
    name = models.CharField(_("name"), max_length=255)
    # The name without case and surplus space: two categories that read the same are the same.
    key = models.CharField(max_length=255, unique=True, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = name_key(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature, handed through
