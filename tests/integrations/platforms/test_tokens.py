"""Granted tokens: one worker asks and the others share; a refused one is replaced at most once in ten
minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from fakeshop import faults
from integrations.connections.connect import recheck
from integrations.models import State, StoreConnection
from integrations.platforms.errors import StoreRefused, StoreUnavailable
from integrations.platforms.registry import gateway_for
from integrations.platforms.tokens import UNREADABLE, GrantedToken
from integrations.sync import polling
from tests.support.shop import connect, counts_of_poll, sell


@pytest.fixture
def granted(shop, db) -> StoreConnection:
    """The shop, connected with client id and secret."""
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    connection = connect(token=None, client_id="id-1", client_secret="secret-1")
    shop.requests.clear()
    return connection


def grants(shop) -> int:
    return shop.asked().count("access_token")


def test_token_is_renewed_five_minutes_before_it_ends(shop, granted):
    StoreConnection.objects.update(granted_until=timezone.now() + timedelta(minutes=6))
    counts_of_poll(granted)
    assert grants(shop) == 0
    StoreConnection.objects.update(granted_until=timezone.now() + timedelta(minutes=4))
    counts_of_poll(granted)
    counts_of_poll(granted)
    assert grants(shop) == 1
    granted.refresh_from_db()
    assert (
        timedelta(hours=23)
        < granted.granted_until - timezone.now()
        < timedelta(hours=24)
    )
    assert granted.granting_until is None


def test_second_refusal_within_ten_minutes_needs_attention_and_asks_for_no_token(
    shop, granted
):
    shop.revoke_tokens()
    counts_of_poll(granted)
    shop.revoke_tokens()
    shop.requests.clear()
    with pytest.raises(StoreRefused) as caught:
        polling.poll(granted.pk)
    assert (caught.value.code, shop.asked()) == ("token_refused", ["ChangedOrders"])
    granted.refresh_from_db()
    assert granted.state == State.NEEDS_ATTENTION


def test_refusal_ten_minutes_later_is_renewed_again(shop, granted):
    shop.revoke_tokens()
    counts_of_poll(granted)
    StoreConnection.objects.update(
        token_renewed_at=timezone.now() - timedelta(minutes=10, seconds=1)
    )
    shop.revoke_tokens()
    counts_of_poll(granted)
    assert grants(shop) == 2


def test_renewed_token_that_is_refused_too_needs_attention(shop, granted):
    shop.fail_next(faults.status(401, faults.UNRECOGNISED))

    def refuse_again(request):
        if request.operation == "ChangedOrders" and grants(shop) == 1:
            shop.fail_next(faults.status(401, faults.UNRECOGNISED))

    shop.before_answer = refuse_again
    with pytest.raises(StoreRefused):
        polling.poll(granted.pk)
    assert shop.asked() == ["ChangedOrders", "access_token", "ChangedOrders"]


def test_person_who_checks_is_not_held_back(shop, granted):
    shop.revoke_tokens()
    counts_of_poll(granted)
    shop.revoke_tokens()
    with pytest.raises(StoreRefused):
        polling.poll(granted.pk)
    shop.requests.clear()
    recheck(StoreConnection.objects.select_related("store").get(), now=timezone.now())
    granted.refresh_from_db()
    assert (granted.state, grants(shop)) == (State.WORKING, 1)
    shop.requests.clear()
    counts_of_poll(granted)
    assert shop.asked() == ["ChangedOrders"]


def test_token_endpoint_that_is_down_is_no_refusal(shop, granted):
    shop.revoke_tokens()
    shop.fail_next(faults.status(401, faults.UNRECOGNISED))
    shop.fail_next(faults.status(503))
    # The question is asked anew after the pause, and by then the endpoint answers.
    sell(shop, 0)
    assert counts_of_poll(granted) == {"imported": 1}
    granted.refresh_from_db()
    assert (granted.state, granted.granting_until) == (State.WORKING, None)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("rejected", [False, True])
def test_twelve_workers_ask_for_one_token(shop, granted, rejected):
    if rejected:
        shop.revoke_tokens()
    else:
        StoreConnection.objects.update(granted_token="", granted_until=None)
    barrier = Barrier(12)

    def work(_number):
        try:
            gateway = gateway_for(StoreConnection.objects.select_related("store").get())
            barrier.wait()
            return next(iter(gateway.changed_orders(timezone.now()))).snapshots
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(work, range(12))) == [()] * 12
    assert grants(shop) == 1


def test_dead_workers_lease_does_not_keep_others_waiting_for_ever(
    shop, granted, monkeypatch
):
    monkeypatch.setattr("integrations.platforms.tokens.LOCK_TIMEOUT", 0.0)
    StoreConnection.objects.update(
        granted_token="", granting_until=timezone.now() + timedelta(seconds=30)
    )
    with pytest.raises(StoreUnavailable) as caught:
        polling.poll(granted.pk)
    assert (caught.value.code, shop.requests) == ("no_token", [])
    StoreConnection.objects.update(granting_until=timezone.now() - timedelta(seconds=1))
    counts_of_poll(granted)
    assert grants(shop) == 1


def test_worker_that_died_while_renewing_counts_as_no_renewal(shop, granted):
    shop.revoke_tokens()
    now = timezone.now()
    StoreConnection.objects.update(
        token_renewed_at=now - timedelta(minutes=2),
        granting_until=now - timedelta(minutes=1),
    )
    counts_of_poll(granted)
    granted.refresh_from_db()
    assert (grants(shop), granted.granting_until) == (1, None)


def test_two_workers_at_a_token_endpoint_that_is_down_for_a_moment(
    shop, granted, monkeypatch
):
    """The one that waits asks itself when the other got nothing."""
    monkeypatch.setattr("integrations.shopify.client.TRIES", 1)
    StoreConnection.objects.update(
        granted_token="", granting_until=timezone.now() + timedelta(seconds=30)
    )
    read = GrantedToken._reload

    def read_when_the_other_has_failed(self):
        StoreConnection.objects.update(granting_until=None)
        read(self)

    monkeypatch.setattr(GrantedToken, "_reload", read_when_the_other_has_failed)
    assert counts_of_poll(granted) == {}
    assert grants(shop) == 1


def test_lost_encryption_key_needs_attention_and_what_is_stored_is_kept(
    shop, granted, settings
):
    from cryptography.fernet import Fernet

    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(StoreRefused) as caught:
        polling.poll(granted.pk)
    assert (caught.value.code, str(caught.value)) == ("unreadable_secret", UNREADABLE)
    row = StoreConnection.objects.select_related("store").get()
    assert (row.client_secret, row.state, row.lease) == (
        "",
        State.NEEDS_ATTENTION,
        None,
    )
    row.save()
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, *old]
    assert StoreConnection.objects.get().client_secret == "secret-1"


def test_dumps_of_the_database_hold_no_secret(shop, granted):
    from io import StringIO

    from django.core.management import call_command

    out = StringIO()
    call_command("dumpdata", "integrations", stdout=out)
    assert '"client_id": "id-1"' in out.getvalue()
    assert "secret-1" not in out.getvalue()
    assert StoreConnection.objects.get().granted_token not in out.getvalue()
