from django.db import models

from common.formats import day_and_time


class Heartbeat(models.Model):
    """When background work last showed a sign of life; a running process proves nothing."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {day_and_time(self.at)}"
