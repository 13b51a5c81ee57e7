from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.formats import day_and_time

AHEAD = timedelta(minutes=1)
"""By so much the clocks of machines may differ."""


class Heartbeat(models.Model):
    """When background work last showed a sign of life; a running process proves nothing."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    count = models.PositiveIntegerField(null=True)
    """Of what the job has done that this is a sign of."""

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return f"{self.name} {day_and_time(self.at)}"

    def is_ahead(self, now: datetime) -> bool:
        """Whether it was written by a clock that was, or is, ahead of ours."""
        return self.at > now + AHEAD
