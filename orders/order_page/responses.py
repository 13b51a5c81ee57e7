"""Actions on the order page, from request to response: the parts of the page that changed, or all of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from common.http import Context, SignedInRequest, int_or_none
from inventory.messages import explain
from inventory.stock import StockError
from orders.domain.editing import (
    ActionRefusedError,
    EditConflictError,
    refusals_in_words,
)
from orders.domain.permissions import permissions_for_store, require
from orders.domain.seen import SeenLines, line_token
from orders.domain.undo import action_tags
from orders.models import BulkAction, Order, OrderLine
from orders.order_list.lookups import load_lookups
from orders.order_list.rows import render_rows
from orders.order_page.context import order_or_404, page_context

AROUND_LINES = (
    "order-head",
    "notices",
    "lines-title",
    "lines-foot",
    "totals",
    "feed",
)
"""The parts that depend on the lines."""
CHANGED = gettext_noop(
    "This has changed since the page showed it, so nothing was done. Check it as it is now."
)


@dataclass(slots=True)
class Answer:
    """The result of an action, and the parts of the page that show it (ids, and names of templates)."""

    request: SignedInRequest
    pk: int
    parts: list[str]
    said: str = ""
    """The result in words, for screen readers and browsers without JavaScript."""
    lines: list[int] = field(default_factory=list)
    """Ids of lines to draw again, or that are gone."""
    added: list[int] = field(default_factory=list)
    """Ids of new lines."""
    failed: Context = field(default_factory=dict)
    """Invalid forms to show again, by name (orders.order_page.context.page_context)."""
    editing: str = ""
    action: BulkAction | None = None
    """The act, if it can be undone."""

    def fail(self, text: str) -> None:
        """Nothing was changed: say why."""
        messages.error(self.request, text)

    @property
    def is_row(self) -> bool:
        """The action was done from the list."""
        return self.request.htmx.target == f"order-{self.pk}"

    @property
    def shown_lines(self) -> SeenLines:
        """The lines that the page showed, where its form sends them (_line_body.html): "7:" and its token."""
        found = [each.partition(":") for each in self.request.POST.getlist("shown")]
        tokens = {int_or_none(pk): token for pk, _colon, token in found}
        return {pk: token for pk, token in tokens.items() if pk is not None}

    def show_changes(self) -> None:
        """Draw again what is not as the page showed it: lines that changed, came or went."""
        shown = self.shown_lines
        lines = OrderLine.objects.filter(order=self.pk)
        present = {line.pk: line_token(line) for line in lines}
        changed = [pk for pk, token in shown.items() if present.get(pk) != token]
        self.lines += [pk for pk in changed if pk not in self.lines]
        if shown:
            self.added += [pk for pk in present if pk not in shown]
        self.show(*AROUND_LINES)

    def show(self, *parts: str) -> None:
        self.parts = list(dict.fromkeys([*self.parts, *parts]))

    def response(self) -> HttpResponse:
        if self.is_row and self.said:
            # On the page of an order it is plain which one is meant.
            about = {"number": self.pk, "done": self.said}
            self.said = _("Order %(number)s: %(done)s") % about
        if self.action:
            tags = action_tags(self.action, undoable=True)
            messages.success(self.request, self.said, extra_tags=tags)
            self.said = ""
        if self.is_row:
            return self._row()
        is_part = bool(self.request.htmx)
        if not is_part and not (self.failed or self.editing):
            if self.said:
                messages.success(self.request, self.said)
            return redirect("orders:detail", self.pk)
        order = order_or_404(self.pk)
        context = page_context(
            self.request, order, editing=self.editing, failed=self.failed
        )
        if not is_part:
            return render(self.request, "orders/order_page/detail.html", context)
        return HttpResponse(
            "".join(self._parts(context | {"oob": True, "said": self.said}))
        )

    def _row(self) -> HttpResponse:
        """The order as the list shows it."""
        rows = render_rows(
            self.request,
            Order.objects.for_list().filter(pk=self.pk),
            load_lookups(),
        )
        said = render_to_string("_messages.html", request=self.request)
        # In a template, since the browser takes what follows a row for a part of its table: the form that
        # undoes the act would not hold its button.
        return HttpResponse(f"{rows}<template>{said}</template>")

    def _parts(self, context: Context) -> Iterable[str]:
        shown = {line.pk: line for line in context["lines"]}
        for pk in self.lines:
            part, values = (
                ("line", {"line": shown[pk]})
                if pk in shown
                else ("line-gone", {"gone": pk})
            )
            # In a template of its own: after a bare part of a table the browser takes everything for one,
            # and no form in it holds its fields.
            yield f"<template>{self._render(part, context | values)}</template>"
        for pk in self.added:
            yield self._render(
                "line-added", context | {"line": shown[pk], "oob": False}
            )
        for part in self.parts:
            yield self._render(part, context)
        yield self._render("said", context)
        yield render_to_string("_messages.html", request=self.request)
        # Comes to the messages.
        yield self._render("lines-trouble", context)

    def _render(self, part: str, context: Context) -> str:
        return render_to_string(
            f"orders/order_page/_{part.replace('-', '_')}.html", context, self.request
        )


Act = Callable[..., None]


def act(*parts: str) -> Callable[[Act], Callable[..., HttpResponse]]:
    """The view of a POST on one order: it gets an Answer that shows ``parts``, and does one thing.

    Users who may not work with orders of its store are refused first; what cannot be done becomes a
    message.
    """

    def decorate(view: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @wraps(view)
        def wrapper(
            request: SignedInRequest, pk: int, **kwargs: object
        ) -> HttpResponse:
            answer = Answer(request, pk, list(parts))
            try:
                require(
                    request.user,
                    *permissions_for_store(
                        Order.objects.values_list("store_id", flat=True).get(pk=pk)
                    ),
                )
                with refusals_in_words():
                    view(request, answer, **kwargs)
            except Order.DoesNotExist:
                raise Http404 from None
            except OrderLine.DoesNotExist:
                answer.fail(_("This line no longer exists; somebody has removed it."))
                answer.show(*AROUND_LINES)
            except EditConflictError:
                answer.fail(_(CHANGED))
                answer.show_changes()
            except ActionRefusedError as refused:
                answer.fail(_(str(refused)))
            except StockError as error:
                answer.fail(explain(error))
            return answer.response()

        return wrapper

    return decorate
