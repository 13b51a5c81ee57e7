"""A new encryption key: after the command nothing needs the former one."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import translation

from integrations.models import StoreConnection


def stored() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT access_token, client_secret FROM integrations_storeconnection"
        )
        return list(cursor.fetchone())


def rotate() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_rotated_credentials_need_the_newest_key_alone(connection, settings):
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    assert rotate() == "1 row was encrypted anew.\n"
    with translation.override("de"):
        assert rotate() == "1 Zeile wurde neu verschlüsselt.\n"
    settings.ENCRYPTION_KEYS = [new]
    assert StoreConnection.objects.get().access_token == "demo-token"
    assert stored()[1] == ""


def test_what_no_key_reads_is_left_as_it_is_and_told(connection, settings):
    before = stored()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="Keep the older keys"):
        rotate()
    assert stored() == before
