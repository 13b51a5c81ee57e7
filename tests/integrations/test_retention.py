"""What runs for years stays small: one nightly job deletes what is old, and says what it was."""

import os
from datetime import datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings as chosen
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from customers.models import Customer, ErasureRecord
from integrations import left_over, retention, tasks
from integrations.models import (
    ImportJob,
    JobState,
    PrivacyKind,
    PrivacyRequest,
    UnimportedOrder,
    WebhookDelivery,
)
from orders.models import BulkAction, BulkKind


def make_rows(connection, by: User, at: datetime) -> None:
    """One row of each kind that ended at ``at``."""
    name, store = str(at.timestamp()), connection.store
    Session.objects.create(session_key=name, session_data="", expire_date=at)
    attempt = AccessAttempt.objects.create(username=name, failures_since_start=1)
    AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at)
    ImportJob.objects.create(
        store=store,
        kind="manual",
        state=JobState.DONE,
        since=at,
        made_at=at,
        due_at=at,
        finished_at=at,
    )
    UnimportedOrder.objects.create(
        store=store,
        external_id=name,
        number="#1",
        status="skipped",
        code="rule",
        reason="",
        store_updated_at=at,
        fingerprint=1,
        last_at=at,
    )
    WebhookDelivery.objects.create(
        connection=connection,
        webhook_id=name,
        topic="orders/updated",
        event="order",
        received_at=at,
    )
    BulkAction.objects.create(by=by, kind=BulkKind.STATUS, asked_at=at, done_at=at)
    PrivacyRequest.objects.create(
        webhook_id=name,
        kind=PrivacyKind.EXPORT,
        received_at=at,
        due_at=at,
        done_at=at,
    )


def test_nightly_job_deletes_what_is_older_than_it_is_kept(connection, ann, settings):
    settings.METRICS_TOKEN = "for-prometheus"
    now = timezone.now()
    for days in {*chosen.KEEP_DAYS.values()}:
        make_rows(connection, ann, now - timedelta(days=days, minutes=-5))
        make_rows(connection, ann, now - timedelta(days=days, minutes=5))
    before = {each.name: _number(each, now) for each in retention.KEPT}
    expected = {
        name: sum(2 for other in {*chosen.KEEP_DAYS.values()} if other > days) + 1
        for name, days in chosen.KEEP_DAYS.items()
    }
    assert before == expected
    tasks.sweep()
    assert {each.name: _number(each, now) for each in retention.KEPT} == dict.fromkeys(
        expected, 0
    )
    answer = Client(headers={"Authorization": "Bearer for-prometheus"}).get("/metrics")
    for name, count in expected.items():
        line = f'roapp_nightly_deleted_rows{{rows="{name}"}} {count}.0'
        assert line in answer.content.decode()
    assert "roapp_nightly_age_seconds 0." in answer.content.decode()


def _number(kept: retention.Kept, now: datetime) -> int:
    before = now - timedelta(days=chosen.KEEP_DAYS[kept.name])
    return sum(rows.count() for rows in kept.old(before))


def test_every_kind_that_is_kept_has_its_setting():
    assert {each.name for each in retention.KEPT} == chosen.KEEP_DAYS.keys()


@pytest.mark.django_db
def test_worker_sweeps_files_of_its_own_machine_and_those_from_before_an_erasure(
    settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    folder = tmp_path / "exports"
    folder.mkdir()
    now = timezone.now()
    for name, age in [("new", 0), ("day", 24), ("old", 49)]:
        file = folder / f"{name}.sqlite3"
        file.write_text("ada@example.com")
        at = (now - timedelta(hours=age)).timestamp()
        os.utime(file, (at, at))
    assert left_over.sweep() == 1
    assert {path.stem for path in folder.iterdir()} == {"new", "day"}
    erased = Customer.objects.create(created_at=now, erased_at=now)
    ErasureRecord.objects.create(
        customer=erased, digest="a", erased_at=now - timedelta(hours=1)
    )
    assert left_over.sweep() == 1
    assert {path.stem for path in folder.iterdir()} == {"new"}
