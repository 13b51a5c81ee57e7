from django.db import models


class Heartbeat(models.Model):
    """When background work last showed a sign of life; a running process proves nothing."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"
