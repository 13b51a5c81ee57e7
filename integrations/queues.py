"""All queues, for the tick. A new one is a line here and a task that takes an id."""

from integrations.connections import connect
from integrations.dispatch import Queue
from integrations.imports import bulk_export, lifecycle
from integrations.refresh import worker as refresh
from integrations.sync import polling, retry
from integrations.webhooks import inbox, subscriptions
from orders.bulk import engine

QUEUES = [
    Queue("poll_stores", polling.first_due, messages=4),
    Queue("check_store", connect.due_checks),
    Queue("refresh_store", refresh.stores_with_work),
    Queue("retry_store", retry.stores_with_due_entries),
    Queue("drain_inbox", inbox.connections_with_messages),
    Queue("check_subscriptions", subscriptions.due_subscriptions),
    Queue("advance_run", lifecycle.due_runs),
    Queue("clear_export_away", bulk_export.left_over),
    Queue("continue_action", engine.unfinished),
]
