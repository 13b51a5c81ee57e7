from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.retiring import Retirable


class StatusGroup(models.TextChoices):
    NEW = "new", pgettext_lazy("status group", "New")
    IN_PROGRESS = "in_progress", _("In progress")
    PENDING = "pending", _("Pending")
    DONE = "done", _("Done")
    DELIVERY = "delivery", _("Delivery")
    CLOSED = "closed", _("Closed")


class Colour(models.TextChoices):
    GREY = "grey", _("Grey")
    BLUE = "blue", _("Blue")
    TEAL = "teal", _("Teal")
    GREEN = "green", _("Green")
    AMBER = "amber", _("Amber")
    RED = "red", _("Red")
    VIOLET = "violet", _("Violet")


class Status(Retirable):
    name = models.CharField(_("name"), max_length=80, unique=True)
    group = models.CharField(_("group"), max_length=16, choices=StatusGroup)
    colour = models.CharField(
        _("colour"), max_length=16, choices=Colour, default=Colour.GREY
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    followers = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="+",
        verbose_name=_("may change to"),
        help_text=_("Nothing chosen: any status is possible."),
    )

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class OrderType(Retirable):
    name = models.CharField(_("name"), max_length=80, unique=True)
    initial_status = models.ForeignKey(
        Status,
        models.PROTECT,
        limit_choices_to={"is_active": True},
        verbose_name=_("initial status"),
    )

    GIVES: ClassVar = {"initial_status": Q()}

    class Meta:
        verbose_name = _("order type")
        verbose_name_plural = _("order types")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
