"""What people type about inventory, as values; every form keeps what was typed when something is wrong with
it."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.forms.number_fields import Amount, TypedNumber, WholeNumber, why_too_large
from common.forms.seen import SeenForm
from inventory.editing import FIELDS, shown_values
from inventory.models import Category, Product, Receipt, Warehouse, name_key
from inventory.rich_text import stored_html
from inventory.stock import LIMIT, InvalidQuantityError, valid_quantity

LONGEST_DESCRIPTION = 100_000


class Quantity(TypedNumber):
    """A number that stock can hold."""

    max_length = 14

    def __init__(self, *, may_be_zero: bool = False, **options: object) -> None:
        self.may_be_zero = may_be_zero
        super().__init__(**options)

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        try:
            valid_quantity(value, may_be_zero=self.may_be_zero)
        except InvalidQuantityError as error:
            raise forms.ValidationError(self._why(value)) from error

    def _why(self, number: Decimal) -> Any:  # noqa: ANN401  a text yet to be translated
        if number < 0:
            return _("A quantity cannot be negative.")
        if number == 0:
            return _("A quantity must be above zero.")
        return why_too_large(LIMIT)


class ProductForm(SeenForm, forms.ModelForm):
    """``category`` is the name of an existing one, whatever its case, or of a new one; empty for none.
    inventory.editing stores what was typed."""

    SHOWN = tuple(FIELDS)
    category = forms.CharField(label=_("Category"), max_length=255, required=False)
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Plain text or HTML; unsafe HTML is removed."),
    )

    class Meta:
        model = Product
        fields = ["name", "sku", "code", "unit", "description"]
        labels = {
            "name": _("Name"),
            "sku": _("SKU"),
            "code": _("Code"),
            "unit": _("Unit"),
        }

    def __init__(self, *args: Any, may_add_category: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.may_add_category = may_add_category
        self.initial = {**self.initial, **shown_values(self.instance)}
        self.show()
        self.fields["category"].widget.attrs |= {
            "list": "categories",
            "autocomplete": "off",
        }

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_description(self) -> str:
        return stored_html(self.cleaned_data["description"])

    def clean_category(self) -> str:
        name = " ".join(self.cleaned_data["category"].split())
        if self.instance.pk and "category" not in self.touched:
            return name
        if (
            name
            and not self.may_add_category
            and not Category.objects.filter(key=name_key(name)).exists()
        ):
            raise forms.ValidationError(
                _("There is no such category, and you may not add one.")
            )
        standing = self.initial["category"]
        retired = Category.objects.filter(key=name_key(name), is_active=False)
        if name != standing and retired.exists():
            raise forms.ValidationError(
                _("This category is retired. Choose another one.")
            )
        return name


class _Named(forms.ModelForm):
    """A row whose name is unique: the database decides, and the form says so."""

    taken: Any

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def validate_unique(self) -> None:
        """Left to the database: what is looked up before saving may be wrong by then."""

    def saved(self) -> bool:
        """Whether the row could be stored; else the form's errors say why."""
        if not self.is_valid():
            return False
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            self.add_error("name", self.taken)
            return False
        return True


class CategoryForm(_Named):
    taken = _(
        "There is a category of this name already. Categories cannot be merged; choose another name."
    )

    class Meta:
        model = Category
        fields = ["name"]
        labels = {"name": _("Name")}


class CategoryRow(forms.ModelForm):
    """The administration's form: it saves by itself, so it asks before."""

    class Meta(CategoryForm.Meta):
        pass

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Category.objects.exclude(pk=self.instance.pk)
        if others.filter(key=name_key(name)).exists():
            raise forms.ValidationError(CategoryForm.taken)
        return name


class WarehouseForm(_Named):
    taken = _("There is a warehouse of this name already. Choose another name.")

    class Meta:
        model = Warehouse
        fields = ["name", "position", "is_active"]
        field_classes = {"position": WholeNumber}
        labels = {
            "name": _("Name"),
            "position": _("Position"),
            "is_active": _("Active"),
        }
        help_texts = {
            "position": _("The first active warehouse is offered first."),
            "is_active": _(
                "Goods come in and are written off only where a warehouse is active."
            ),
        }


class NewWarehouseForm(WarehouseForm):
    class Meta(WarehouseForm.Meta):
        fields = ["name"]


class CorrectionForm(forms.Form):
    """A count of one product in one warehouse."""

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), label=_("Warehouse"), empty_label=None
    )
    counted = Quantity(label=_("Counted"), may_be_zero=True)
    reason = forms.CharField(label=_("Reason"), max_length=500)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    """The levels that the page showed, by warehouse."""

    def offer(self, places: Iterable[Warehouse]) -> None:
        """Let a person choose between these warehouses, annotated with the ``quantity`` there."""
        places = list(places)
        _offer(self.fields["warehouse"], places)
        levels = {str(place.pk): str(vars(place)["quantity"] or 0) for place in places}
        self.initial["seen"] = json.dumps(levels)

    @property
    def level_seen(self) -> Decimal | None:
        """Of the chosen warehouse; None if the page did not say."""
        try:
            levels = json.loads(self.cleaned_data["seen"])
            return Decimal(levels[str(self.cleaned_data["warehouse"].pk)])
        except (ValueError, TypeError, KeyError, InvalidOperation):
            return None

    def see_again(self) -> None:
        """From now on the person has seen the present levels."""
        self.data = {name: self.data[name] for name in self.data if name != "seen"}
        self.data["seen"] = self.initial["seen"]


class ReceiptForm(forms.ModelForm):
    """The head of a receipt. A warehouse that was deactivated meanwhile stays chosen; posting is what it
    refuses."""

    class Meta:
        model = Receipt
        fields = ["warehouse", "supplier", "reference", "note"]
        labels = {
            "warehouse": _("Warehouse"),
            "supplier": _("Supplier"),
            "reference": _("Reference"),
            "note": _("Note"),
        }
        help_texts = {"reference": _("Number of the invoice or delivery note")}
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["warehouse"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  tells the type checker which field it is
        field.queryset = Warehouse.objects.filter(
            Q(is_active=True) | Q(pk=self.instance.warehouse_id)
        )
        _offer(field, field.queryset)


def _offer(field: forms.Field, warehouses: Iterable[Warehouse]) -> None:
    """Let a person choose between them: read once, where Django would read them anew at every use."""
    cast("forms.ChoiceField", field).choices = [
        (warehouse.pk, warehouse.name) for warehouse in warehouses
    ]


class ReceiptLineForm(forms.Form):
    product = forms.IntegerField(widget=forms.HiddenInput)
    quantity = Quantity(label=_("Quantity"))
    cost = Amount(label=_("Cost"), required=False)
