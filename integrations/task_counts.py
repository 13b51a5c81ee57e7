"""What workers count of their tasks, for /metrics."""

from celery import Task

from common.counters import Counter, Histogram

TASK_SECONDS = Histogram(
    "roapp_task_seconds", "How long tasks took", "task", bounds=(0.1, 1, 10, 60, 240)
)
TASK_FAILURES = Counter(
    "roapp_task_failures_total",
    "Tasks that a fault or their limit of time ended",
    "task",
)


def task_ended(task: Task | None, *, seconds: float) -> None:
    TASK_SECONDS.observe(_short_name(task), seconds=seconds)


def task_failed(task: Task | None) -> None:
    TASK_FAILURES.add(_short_name(task))


def _short_name(task: Task | None) -> str:
    """As queues are called; empty for what is called outside of a worker."""
    return task.name.rpartition(".")[2] if task else ""
