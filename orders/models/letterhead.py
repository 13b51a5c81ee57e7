from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Letterhead(models.Model):
    """What stands at the head and the foot of what is printed: there is one row, or none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True)
    address = models.TextField(
        _("address"),
        blank=True,
        max_length=500,
        help_text=_("As it stands on a letter, a line for each of its lines."),
    )
    phone = models.CharField(_("phone"), max_length=64, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.CharField(_("website"), max_length=120, blank=True)
    footer = models.TextField(
        _("at the foot"),
        blank=True,
        max_length=1_000,
        help_text=_("For example opening hours, tax number, bank account, conditions."),
    )
    logo = models.BinaryField(null=True, editable=False)
    """A PNG, as orders.printing.logo makes it; null for none."""

    class Meta:
        verbose_name = _("letterhead")
        verbose_name_plural = _("letterhead")
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="letterhead_is_one")
        ]

    def __str__(self) -> str:
        return self.name or str(_("Letterhead"))
