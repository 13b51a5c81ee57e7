"""What the administration of several apps needs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Field, ForeignKey, Model, PositiveIntegerField, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from common.forms.number_fields import WholeNumber
from common.http import int_or_none

Shown: TypeAlias = str | Callable[[Any], str | bool]
Columns: TypeAlias = list[Shown] | tuple[Shown, ...]
"""What a list in the administration shows of a row: names of its fields, and functions of it."""

TYPED_NUMBERS: Mapping[type[Field], Mapping[str, Any]] = {
    PositiveIntegerField: {"form_class": WholeNumber}
}
"""For ``formfield_overrides``: numbers are read as everywhere else, not as a browser's field reads them."""


class SearchedSelect(AutocompleteSelect):
    """A row of another table, found by typing. What was posted and is no key chooses nothing."""

    def optgroups(
        self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        keys = [each for each in value if int_or_none(each) is not None]
        return super().optgroups(name, keys, attrs)


COMPARISONS = ["", "exact", "id__exact", "pk__exact", "in", "isnull", "isempty"]
COMPARISONS += ["year", "month", "day", "gte", "lt"]
"""What Django's own filters put behind a field's name in the address."""


class Listed(ChangeList):
    """Its heading is what it lists, as everywhere else, not what to do with it."""

    def __init__(
        self,
        request: HttpRequest,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(request, *args, **kwargs)
        if not self.is_popup:
            self.title = str(capfirst(self.opts.verbose_name_plural))

    def get_filters_params(
        self, params: dict[str, Any] | None = None
    ) -> dict[str, list[str]]:
        """A value with NUL filters nothing: PostgreSQL has none to compare it with, and refuses the query."""
        found = super().get_filters_params(params)
        return {
            name: values
            for name, values in found.items()
            if not any("\0" in each for each in values)
        }


class OwnPages(admin.ModelAdmin):
    """Has pages of ours beside Django's."""

    def own_page(
        self,
        request: HttpRequest,
        title: str,
        part: str,
        page: Mapping[str, object],
        status: int = 200,
    ) -> HttpResponse:
        """With the template ``part`` of Jinja, which finds ``page`` under this name."""
        context = self.admin_site.each_context(request)
        context |= {"title": title, "opts": self.opts, "part": part, "page": page}
        return TemplateResponse(request, "admin/page.html", context, status=status)


class OnlyOfferedFilters(admin.ModelAdmin):
    """Rows are filtered by what the page offers. Django takes comparisons with any field from the address,
    and letter by letter they tell what the page does not show."""

    def get_changelist(
        self, request: HttpRequest, **kwargs: object
    ) -> type[ChangeList]:
        return Listed

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        offered = [self.date_hierarchy, *self.list_filter]
        return any(lookup in _lookups(each) for each in offered if each)


def _lookups(offered: Any) -> set[str]:  # noqa: ANN401  a name, a pair, or a class of a filter
    """What an address may hold of this entry of ``list_filter``."""
    if hasattr(offered, "parameter_name"):
        return {offered.parameter_name}
    name = offered if isinstance(offered, str) else offered[0]
    return {f"{name}__{each}".removesuffix("__") for each in COMPARISONS}


class ReadOnlyAdmin(OnlyOfferedFilters):
    """Rows can be viewed, but not added, changed or deleted."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


class Searched(OnlyOfferedFilters):
    """Searched by the same rules as the application's own lists; ``search_fields`` only has the box shown."""

    def searched(
        self,
        rows: Any,  # noqa: ANN401  a queryset, of the class that the model's manager gives
        text: str,
        request: HttpRequest,
    ) -> "QuerySet[Any]":
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        if not search_term:
            return queryset, False
        return self.searched(queryset, search_term, request), False

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any]", request: HttpRequest, **kwargs: object
    ) -> ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = SearchedSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
