"""Where stores send their messages: checked, stored as one row, and answered. Whatever they are about happens
later."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations import dispatch
from integrations.models import StoreConnection
from integrations.platforms.errors import SignatureError
from integrations.platforms.registry import platform_of, platforms
from integrations.webhooks import inbox

MAX_BYTES = 2 * 1024 * 1024
"""RO App asks for ids only; a message that carries a whole order is smaller than this too."""


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, domain: str) -> HttpResponse:
    """A message of the store ``domain``. Nobody is told more than a status; a platform that gets another than
    200 tries again."""
    now = timezone.now()
    connection = _connection(domain)
    if connection is None:
        return _answer(404, "There is no such store here.")
    body = _read(request)
    if body is None:
        return _answer(413, "The message is too large.")
    try:
        message = platform_of(connection).read_message(
            connection, request.headers, body, now=now
        )
    except SignatureError:
        return _answer(401, "Invalid signature.")
    except ValueError:
        return _answer(400, "Malformed payload.")
    if inbox.keep(message, connection, now=now):
        dispatch.enqueue("drain_inbox", connection.pk)
    return _answer(200, "")


def _connection(domain: str) -> StoreConnection | None:
    if not any(platform.is_address(domain) for platform in platforms()):
        return None
    connected = StoreConnection.objects.filter(store__is_connected=True)
    return connected.select_related("store").filter(domain=domain).first()


def _read(request: HttpRequest) -> bytes | None:
    """The raw body, or None if there is too much of it; no more than that is ever read."""
    source = request.META["wsgi.input"] if _is_chunked(request) else request
    body: bytes = source.read(MAX_BYTES + 1)
    return body if len(body) <= MAX_BYTES else None


def _is_chunked(request: HttpRequest) -> bool:
    """Whether the message came without its length, as some proxies pass it on: the server knows where it
    ends, and Django would read nothing."""
    is_known = bool(request.META.get("CONTENT_LENGTH"))
    return not is_known and bool(request.META.get("wsgi.input_terminated"))


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
