"""One click, one effect: each form carries a key that is good for one arrival. A second one, however late and
at whichever process, gets the answer of the first.

The row of a key, what the form does and the answer are one transaction, so that a worker that dies in between
leaves none of them; a second arrival waits in the database until the first one has ended. An answer that did
nothing (an error, the form again with what is wrong) gives the key back. Forms without a key do as they did.
"""

import hashlib
import json
import re
import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeData, SafeString
from django.utils.translation import gettext as _

from common.http import SignedInRequest
from common.models import FormPost

FIELD = "form-key"
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{16,64}")
KEPT = timedelta(days=1)
WAIT = 10.0
"""Seconds for the answer of a view with transactions of its own."""
FIRST_REDIRECT, FIRST_ERROR = 300, 400
NOT_COMPARED = {FIELD, "csrfmiddlewaretoken"}
HEADERS = ["Content-Type", "Location", "HX-Redirect", "HX-Trigger"]
HEADERS += ["HX-Trigger-After-Settle", "HX-Trigger-After-Swap", "HX-Refresh"]
GetResponse = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., Any])


class FormFields:
    """What each form that posts begins with: the proof that it is ours, and a new one-time key."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def token(self) -> SafeString:
        """Masked once for all forms of an answer, and otherwise for the next answer."""
        return format_html(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">',
            get_token(self.request),
        )

    def __html__(self) -> str:
        return self.token + key_field()


def key_field() -> SafeString:
    # Letters and digits: nothing to escape.
    return SafeString(
        f'<input type="hidden" name="{FIELD}" value="{secrets.token_urlsafe(16)}" autocomplete="off">'
    )


def form_fields(request: HttpRequest) -> Mapping[str, FormFields]:
    """For templates: ``{{ csrf_input }}`` with a key, another one for each form."""
    return {"csrf_input": FormFields(request)}


def own_transactions(view: View) -> View:
    """For views that work in several transactions, or ask a store: their key is stored before they begin, and
    their answer afterwards."""
    view.own_transactions = True  # type: ignore[attr-defined]  # for the middleware
    return view


class OneTimeKeyMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not request.user.is_authenticated:
            return self.get_response(request)
        signed_in = cast("SignedInRequest", request)
        if not WELL_FORMED.fullmatch(request.POST.get(FIELD, "")):
            return self.get_response(request)
        if _has_own_transactions(request):
            return self._answer(signed_in)
        with transaction.atomic():
            response = self._answer(signed_in)
            if response.status_code >= FIRST_ERROR:
                transaction.set_rollback(True)
        return response

    def _answer(self, request: SignedInRequest) -> HttpResponse:
        post, is_first = _claim(request)
        if not is_first:
            return _again(request, post)
        response = self.get_response(request)
        if _did_something(request, response):
            _keep(request, post, response)
        else:
            post.delete()
        return response


def _has_own_transactions(request: HttpRequest) -> bool:
    try:
        return hasattr(resolve(request.path_info).func, "own_transactions")
    except Resolver404:
        return False


def _claim(request: SignedInRequest) -> tuple[FormPost, bool]:
    """The row of the request's key, and whether it is this request's: the database decides."""
    key, digest = request.POST[FIELD], _digest(request)
    try:
        with transaction.atomic():
            post = FormPost.objects.create(
                user=request.user, key=key, digest=digest, at=timezone.now()
            )
            return post, True
    except IntegrityError:
        return FormPost.objects.get(user=request.user, key=key), False


def _digest(request: SignedInRequest) -> str:
    fields = {
        name: values
        for name, values in request.POST.lists()
        if name not in NOT_COMPARED
    }
    sent = [request.get_full_path(), bool(request.htmx), fields]
    return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def _did_something(request: SignedInRequest, response: HttpResponse) -> bool:
    """Pages answer what was done with a redirect, or htmx with the parts that changed."""
    if response.streaming or response.status_code >= FIRST_ERROR:
        return False
    return bool(request.htmx) or response.status_code >= FIRST_REDIRECT


def _keep(request: SignedInRequest, post: FormPost, response: HttpResponse) -> None:
    # What is queued is in no session or cookie yet, and reading it as usual would use it up.
    queued = getattr(messages.get_messages(request), "_queued_messages", [])
    headers = {
        name: response.headers[name] for name in HEADERS if name in response.headers
    }
    # Not save(): the row went with its user where that is what the form did.
    FormPost.objects.filter(pk=post.pk).update(
        status=response.status_code,
        headers=headers,
        messages=[_kept(each) for each in queued],
        body=zlib.compress(response.content) if response.content else b"",
    )


def _kept(message: Message) -> list[Any]:
    is_html = isinstance(message.message, SafeData)
    return [message.level, str(message.message), message.extra_tags, is_html]


def _again(request: SignedInRequest, post: FormPost) -> HttpResponse:
    if post.digest != _digest(request):
        return _refusal(
            _(
                "This form was sent already, with other values. Nothing was done this time. Check the "
                "result, then send it again if it is still needed."
            )
        )
    until = time.monotonic() + WAIT
    while post.status is None and time.monotonic() < until:
        time.sleep(0.1)
        post = FormPost.objects.filter(pk=post.pk).first() or post
    if post.status is None:
        return _refusal(
            _(
                "This form was sent already, and its result is not known yet. Nothing was done this time. "
                "Check the result before you send it again."
            )
        )
    for level, text, tags, *is_html in post.messages:
        # As it was when we made it; those of an older version do not say.
        shown = SafeString(text) if any(is_html) else text
        messages.add_message(request, level, shown, tags)
    body = zlib.decompress(post.body) if post.body else b""
    response = HttpResponse(body, status=post.status, headers=post.headers)
    if post.status < FIRST_REDIRECT and not body:
        response.headers.setdefault("HX-Refresh", "true")
    return response


def _refusal(explanation: str) -> HttpResponse:
    return HttpResponse(
        render_to_string("409.html", {"explanation": explanation}), status=409
    )


def forget_answers() -> None:
    """Forget what answers said, since somebody's data is erased; their keys stay used."""
    FormPost.objects.exclude(body=b"").update(body=b"", messages=[])


def delete_old(now: datetime) -> None:
    FormPost.objects.filter(at__lt=now - KEPT).delete()
