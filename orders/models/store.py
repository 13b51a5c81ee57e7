from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Store(models.Model):
    """A connected shop as orders know it, platform-neutral. integrations.StoreConnection says how it is
    reached."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    platform = models.CharField(max_length=32, editable=False)
    is_connected = models.BooleanField(
        _("connected"), default=True, db_default=True, editable=False
    )
    """False after it was disconnected: nothing comes from it any more, and its orders stay."""
    # The order's page at the platform; "{id}" stands for the order's external id.
    order_link = models.CharField(max_length=255, editable=False)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """Its name, with a word where it is disconnected."""
        if self.is_connected:
            return self.name
        return gettext("%(name)s (disconnected)") % {"name": self.name}

    def order_url(self, external_id: str) -> str:
        return self.order_link.replace("{id}", external_id)


def store_names() -> dict[int, str]:
    """The name of every store by its id, for pages that know no more of it. One query."""
    return dict(Store.objects.values_list("pk", "name"))
