"""Actions on an order's lines: add, change, remove, write off, reverse, accept or dismiss a change."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.formats import grouped
from common.http import Context, SignedInRequest, ids_in
from inventory.messages import plain as plain_quantity
from inventory.search import exactly
from inventory.stock import InsufficientStockError
from inventory.warehouse_choice import WarehouseForm, remember
from orders.domain import differences
from orders.domain import write_off as write_offs
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.events import plain
from orders.domain.lines import add_line, change_line, remove_line
from orders.domain.permissions import EDIT_PRICES
from orders.domain.undo_record import action_of
from orders.models import OrderLine
from orders.order_page.forms import LineForm, NewLineForm
from orders.order_page.product_finder import offered_products
from orders.order_page.responses import AROUND_LINES, Answer, act
from orders.order_page.timeline import format_value

NEW_LINE_ID = "new-line-%s"


@act(*AROUND_LINES, "add-line")
def add(request: SignedInRequest, answer: Answer) -> None:
    """Add a product (``product``), the typed free text (``free``), or what the typed SKU or code names."""
    data = request.POST.copy()
    if is_search(data):
        answer.failed |= searched(data)
        return
    form = NewLineForm(data, auto_id=NEW_LINE_ID)
    if form.is_valid():
        is_unpriced = form.is_unpriced
        try:
            added = add_line(answer.pk, form.line, by=request.user, now=timezone.now())
        except ActionRefusedError as refused:
            form.add_error(None, _(str(refused)))
        else:
            answer.added.append(added.pk)
            answer.said = _("Added: %(name)s") % {"name": added.name}
            if is_unpriced:
                _ask_price(request, answer, added)
            return
    answer.failed["new_line"] = form


def _ask_price(request: SignedInRequest, answer: Answer, added: OrderLine) -> None:
    """Say that the line costs nothing so far, and open it at its price. The next one can be scanned all the
    same."""
    text = _("%(name)s was never sold: it is added without a price. Enter it.")
    messages.warning(request, text % {"name": added.name})
    answer.said = ""
    if request.htmx:
        prices = request.user.has_perm(EDIT_PRICES)
        form = LineForm(added, {"price": ""}, may_edit_prices=prices)
        answer.failed[f"line-{added.pk}"] = form


def is_search(data: QueryDict) -> bool:
    """Whether what was typed is only looked for: no product was chosen or named by its SKU or code (which
    chooses it), and it is no free text. With a price it is one, unless it names several products: nobody
    prices what is still looked for."""
    if data.get("product") or "free" in data or recognised(data):
        return False
    text, price = data.get("q", "").strip(), data.get("price", "").strip()
    return not (text and price) or exactly(text).exists()


def recognised(data: QueryDict) -> bool:
    """The id of the only product with exactly this SKU or code, if there is one."""
    text = data.get("q", "").strip()
    known = list(exactly(text)[:2]) if text else []
    if len(known) == 1:
        data["product"] = str(known[0].pk)
    return len(known) == 1


def searched(data: QueryDict) -> Context:
    """The form as it was typed, and matching products."""
    return {
        "new_line": NewLineForm(initial=data.dict(), auto_id=NEW_LINE_ID),
        "found": offered_products(data.get("q", "")),
    }


@act(*AROUND_LINES)
def change(request: SignedInRequest, answer: Answer, line: int) -> None:
    row = OrderLine.objects.get(pk=line, order=answer.pk)
    answer.lines.append(line)
    form = LineForm(
        row, request.POST, may_edit_prices=request.user.has_perm(EDIT_PRICES)
    )
    if form.is_valid():
        try:
            change_line(
                answer.pk,
                line,
                seen=form.values_seen,
                wanted=form.values,
                by=request.user,
                now=timezone.now(),
            )
        except EditConflictError as changed:
            _show_change(form, changed)
        except ActionRefusedError as refused:
            form.add_error(None, _(str(refused)))
        else:
            answer.said = _("Saved: %(name)s") % {"name": form.values.name}
            return
    answer.failed[f"line-{line}"] = form


def _show_change(form: LineForm, changed: EditConflictError) -> None:
    """Show the present values beside what was typed; they count as seen from now on."""
    form.see(**changed.now)
    for name, value in changed.now.items():
        text = _(
            "Somebody else has changed this to %(value)s. Save again to replace it."
        )
        form.add_error(name, text % {"value": format_value(name, plain(value))})


@act(*AROUND_LINES)
def remove(request: SignedInRequest, answer: Answer, line: int) -> None:
    answer.lines.append(line)
    seen, now = request.POST.get("seen", ""), timezone.now()
    remove_line(answer.pk, line, seen=seen, by=request.user, now=now)
    answer.said = _("Line removed.")
    answer.action = action_of(answer.pk, by=request.user, now=now)


@act(*AROUND_LINES)
def write_off(request: SignedInRequest, answer: Answer) -> None:
    """Write off the lines named by ``line``, or without any the whole order, from ``warehouse``."""
    form = WarehouseForm(request.POST)
    if not form.is_valid():
        raise ActionRefusedError(form.errors["warehouse"][0])
    warehouse, ids = form.cleaned_data["warehouse"], _line_ids(request)
    below_zero, now = "below_zero" in request.POST, timezone.now()
    remember(warehouse, request.session)
    try:
        done = write_offs.write_off(
            answer.pk,
            ids or None,
            warehouse=warehouse,
            by=request.user,
            now=now,
            below_zero=below_zero,
            seen=answer.shown_lines,
            undoable=True,
        )
    except InsufficientStockError as error:
        fields = [
            ("warehouse", warehouse.pk),
            *(("line", pk) for pk in ids),
            *(("shown", each) for each in request.POST.getlist("shown")),
        ]
        answer.failed["shortage"] = _shortage(
            error, warehouse.name, reverse("orders:write-off", args=[answer.pk]), fields
        )
        return
    answer.lines += [line.pk for line in done] or ids
    if not done:
        answer.fail(_("There is nothing left to write off."))
        answer.show_changes()
        return
    text = ngettext(
        "%(count)s line written off from %(warehouse)s.",
        "%(count)s lines written off from %(warehouse)s.",
        len(done),
    )
    answer.said = text % {"count": grouped(len(done)), "warehouse": warehouse.name}
    answer.action = action_of(answer.pk, by=request.user, now=now)


@act(*AROUND_LINES)
def put_back(request: SignedInRequest, answer: Answer) -> None:
    """Reverse the write-offs of the lines named by ``line``, or without any of the whole order."""
    ids = _line_ids(request)
    done = write_offs.reverse(
        answer.pk,
        ids or None,
        by=request.user,
        now=timezone.now(),
        seen=answer.shown_lines,
    )
    answer.lines += [line.pk for line in done] or ids
    if not done:
        answer.fail(_("There is no write-off to reverse."))
        answer.show_changes()
        return
    text = ngettext(
        "The write-off of %(count)s line is reversed.",
        "The write-offs of %(count)s lines are reversed.",
        len(done),
    )
    answer.said = text % {"count": grouped(len(done))}


@act(*AROUND_LINES)
def decide(request: SignedInRequest, answer: Answer, line: int) -> None:
    """``decision`` is accept or dismiss, about the line that was ``seen``."""
    answer.lines.append(line)
    seen, now = request.POST.get("seen", ""), timezone.now()
    try:
        if request.POST.get("decision") == "accept":
            below_zero = "below_zero" in request.POST
            differences.accept(
                answer.pk,
                line,
                seen=seen,
                by=request.user,
                now=now,
                below_zero=below_zero,
            )
            answer.said = _("Change accepted.")
        else:
            differences.dismiss(answer.pk, line, seen=seen, by=request.user, now=now)
            answer.said = _("Change dismissed.")
        answer.action = action_of(answer.pk, by=request.user, now=now)
    except InsufficientStockError as error:
        fields = [("decision", "accept"), ("seen", seen)]
        warehouse = differences.warehouse_of(line)
        action = reverse("orders:line-decide", args=[answer.pk, line])
        answer.failed["shortage"] = _shortage(
            error, warehouse.name if warehouse else "", action, fields
        )


@act(*AROUND_LINES)
def accept_of_order(request: SignedInRequest, answer: Answer) -> None:
    """Somebody has looked at what the store did to the order, as it was ``seen``."""
    seen, now = request.POST.get("seen", ""), timezone.now()
    differences.accept_of_order(answer.pk, seen=seen, by=request.user, now=now)
    answer.said = _("Change accepted.")
    answer.action = action_of(answer.pk, by=request.user, now=now)


def _line_ids(request: SignedInRequest) -> list[int]:
    return ids_in(request.POST.getlist("line"))


def _shortage(
    error: InsufficientStockError,
    warehouse: str,
    action: str,
    fields: Iterable[tuple[str, object]],
) -> Context:
    """What is missing, in words, and what to send to write it off regardless."""
    text = _(
        "%(product)s: not enough in stock: %(wanted)s wanted, %(there)s there in %(warehouse)s."
    )
    sentences = [
        text
        % {
            "product": each.product.name,
            "wanted": plain_quantity(each.wanted, grouped=True),
            "there": plain_quantity(each.available, grouped=True),
            "warehouse": warehouse,
        }
        for each in error.shortages
    ]
    return {"sentences": sentences, "action": action, "fields": [*fields]}
