"""Whose request it is, where proxies stand between us and the browser."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

IPV6_NETWORK = 64
"""What one household or server has to itself, and may take any address of."""


def client_address(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let REMOTE_ADDR be the browser's address, for whatever asks for it later, the access log included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        client = forwarded_for(forwarded, proxies=settings.PROXY_COUNT)
        if client:
            request.META["REMOTE_ADDR"] = client
        return get_response(request)

    return middleware


def forwarded_for(header: str, *, proxies: int) -> str:
    """The client's address by X-Forwarded-For. Each proxy appends whom it has answered: as many entries from
    the right are true, and what stands left of them anybody may have written. Empty if it cannot be known."""
    entries = header.split(",")
    if not 0 < proxies <= len(entries):
        return ""
    try:
        return str(ip_address(entries[-proxies].strip()))
    except ValueError:
        return ""


def network_of(address: str) -> str | None:
    """What tries are counted by: the address, or of an IPv6 address its network. None for what is none, as
    that of a socket in the file system."""
    try:
        known = ip_address(address)
    except ValueError:
        return None
    if isinstance(known, IPv6Address) and not known.ipv4_mapped:
        network = ip_network((known, IPV6_NETWORK), strict=False)
        return str(network.network_address)
    return str(getattr(known, "ipv4_mapped", None) or known)
