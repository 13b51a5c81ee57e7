"""What was typed into a form that was refused for its age: shown, and sent again by whoever asks for it.

Only a page of ours can have been what sent it. A page of somebody else's that posts here must not have its
form turned into one button of ours, so a browser's own word on where a request comes from decides; without
one, nothing is shown. Only texts are worth it, and only those that are named here: no password and no token,
nothing of the administration, and no form that deletes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.forms import EditCustomerForm, NewCustomerForm, PhoneForm
from inventory.forms import (
    CategoryForm,
    CorrectionForm,
    NewWarehouseForm,
    ProductForm,
    ReceiptForm,
    ReceiptLineForm,
    WarehouseForm,
)
from orders.order_page.create_form import DraftForm
from orders.order_page.forms import (
    CommentForm,
    DueForm,
    LineForm,
    NewLineForm,
    NoteForm,
)

Labels = Mapping[str, str | Promise]
PROOF = "csrfmiddlewaretoken"


def texts_of(*classes: type[forms.Form | forms.ModelForm]) -> Labels:
    """The labels of what is typed into these forms, by the names of their fields. Choices are none of it:
    what is sent of them is a number."""
    return {
        name: field.label
        for each in classes
        for name, field in each.base_fields.items()
        if field.label and not isinstance(field, forms.ChoiceField | forms.BooleanField)
    }


TEXTS: Mapping[str, Labels] = {
    "customers:new": texts_of(NewCustomerForm),
    "inventory:category-edit": texts_of(CategoryForm),
    "inventory:category-new": texts_of(CategoryForm),
    "inventory:product-correct": texts_of(CorrectionForm),
    "inventory:product-edit": texts_of(ProductForm),
    "inventory:product-new": texts_of(ProductForm),
    "inventory:receipt-edit": texts_of(ReceiptForm, ReceiptLineForm),
    "inventory:receipt-new": texts_of(ReceiptForm, ReceiptLineForm),
    "inventory:warehouse-edit": texts_of(WarehouseForm),
    "inventory:warehouse-new": texts_of(NewWarehouseForm),
    "orders:comment": texts_of(CommentForm),
    "orders:create": texts_of(DraftForm, NewCustomerForm, NewLineForm),
    "orders:customer": texts_of(NewCustomerForm),
    "orders:due": texts_of(DueForm),
    "orders:line-add": texts_of(NewLineForm),
    "orders:line-change": texts_of(LineForm),
    "orders:note": texts_of(NoteForm),
    "orders:views": {"name": _("Name")},
    "people:edit": texts_of(EditCustomerForm),
    "people:phones": texts_of(PhoneForm),
}
"""Where people type, by the view that takes it, with the label of each text by its field's name."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form that was refused holds."""

    address: str
    texts: list[tuple[str, str]]
    """What was typed, each with its label."""
    fields: list[tuple[str, str]]
    """Everything that was sent but the proof that is out of date. The one-time key is among it: what is sent
    again is the same form, and does its work once."""


def typed_in(request: HttpRequest) -> Typed | None:
    """None where nothing was typed, where a script sent it, which keeps its page, and where somebody else's
    page may have sent it."""
    match = request.resolver_match
    labels = TEXTS.get(match.view_name) if match else None
    if not labels or "HX-Request" in request.headers or not is_of_our_page(request):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != PROOF
    ]
    texts = [
        (label, value)
        for name, value in fields
        if value.strip() and (label := _label(name, labels))
    ]
    return Typed(request.get_full_path(), texts, fields) if texts else None


def is_of_our_page(request: HttpRequest) -> bool:
    """Whether the browser says so: in words that no page can write, and without one that speaks against it.
    Trusted origins are others too."""
    ours = {
        "Sec-Fetch-Site": "same-origin",
        "Origin": f"{request.scheme}://{request.get_host()}",
    }
    said = {name: request.headers[name] for name in ours if name in request.headers}
    return bool(said) and said.items() <= ours.items()


def _label(name: str, labels: Labels) -> str:
    """What stands beside the text; a line among several has its number. Empty for what nobody typed."""
    prefix, _dash, own = name.rpartition("-")
    label = str(labels.get(own, ""))
    place = prefix.rpartition("-")[2]
    return f"{label} ({int(place) + 1})" if label and place.isdecimal() else label
