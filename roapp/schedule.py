"""When beat sends something."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class Every(schedule):  # type: ignore[misc]  # Celery has no types
    """Every so many seconds, whatever the machine's clock did in between: when the last time lies in the
    future, the next one is now."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        last = self.maybe_make_aware(last_run_at)
        return super().is_due(
            last if last <= self.now() else self.now() - self.run_every
        )
