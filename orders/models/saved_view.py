from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A state of the order list under a name (O13)."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    query = models.TextField()
    """Filters, sort, page size, density and columns as they stand in the list's address, each of them given;
    relative dates stay relative."""
    is_shared = models.BooleanField(default=False, db_default=False)
    """Everyone sees it, and whoever may share views changes it; else it is its owner's alone."""
    position = models.IntegerField(default=0, db_default=0)
    """Its place among the shared views, or among those of its owner."""

    GOES_WITH_ITS_USER: ClassVar = Q(is_shared=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ()
        permissions = [("share_views", _("Can share views of the order list"))]
        ordering = ["-is_shared", "position", "pk"]

    def __str__(self) -> str:
        return self.name
