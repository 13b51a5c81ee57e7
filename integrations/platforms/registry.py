"""The platforms that are installed (settings.PLATFORMS): the only way from a connection to its platform."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from integrations.models import StoreConnection
from integrations.platforms.platform import Platform
from integrations.platforms.protocol import StoreGateway


def platforms() -> tuple[Platform, ...]:
    """All installed platforms, in the order of the setting."""
    return _load(tuple(settings.PLATFORMS))


@cache
def _load(paths: tuple[str, ...]) -> tuple[Platform, ...]:
    return tuple(import_string(path)() for path in paths)


def platform(slug: str) -> Platform:
    """The platform with this slug. Raises ImproperlyConfigured if it is not installed."""
    for found in platforms():
        if found.slug == slug:
            return found
    raise ImproperlyConfigured(
        f"No platform {slug!r} is installed; settings.PLATFORMS lists those that are."
    )


def addresses_in(typed: str) -> set[str]:
    """What each platform makes of an address that a person typed or pasted."""
    return {each.address_in(typed) for each in platforms()}


def platform_of(connection: StoreConnection) -> Platform:
    return platform(connection.store.platform)


def gateway_for(connection: StoreConnection) -> StoreGateway:
    """How the store of this connection is read, saved or not.

    Raises StoreRefused for an address that no credentials may be sent to. Credentials that cannot be
    decrypted are refused when the store is asked.
    """
    return platform_of(connection).gateway(connection)
