"""The administration of rows that are in use: it says by how many, and what can be done instead of deleting
them (S10)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import Columns, OnlyOfferedFilters, OwnPages
from common.formats import grouped
from common.forms.one_time_keys import own_transactions
from common.retiring import (
    MAX_COUNTED,
    Use,
    is_in_use,
    restore,
    retire,
    uses_of,
)

M = TypeVar("M", bound=Model)


class KeptInUse(OwnPages, OnlyOfferedFilters, Generic[M]):
    """A row that others point to is not deleted: a page says what they are. What merely belongs to a row goes
    with it."""

    change_form_template = "admin/kept_in_use.html"
    links: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Where the rows that point to this one with a field are listed: the page's name and the filter's."""

    def subject(self, obj: M) -> Model:
        """The row that others point to."""
        return obj

    def uses(self, obj: M) -> list[Use]:
        return uses_of(self.subject(obj))

    def instead(self, request: HttpRequest, obj: M) -> Mapping[str, object]:
        """What the page of its use offers (templates/administration/_use.html)."""
        return {}

    def act(self, request: HttpRequest, obj: M) -> HttpResponse | None:
        """Do what was chosen there; another page to go to, or None for that one again."""
        return None

    @admin.display(description=_("used by"))
    def used_by(self, obj: M) -> str:
        return ", ".join(_words(use) for use in self.uses(obj)) or gettext("nothing")

    def get_readonly_fields(
        self, request: HttpRequest, obj: M | None = None
    ) -> list[str] | tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "used_by"] if obj else fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.use_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_use"
        return [path("<int:pk>/use/", view, name=name), *super().get_urls()]

    @own_transactions
    def use_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        obj = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_change_permission(request, obj):
                raise PermissionDenied
            return self.act(request, obj) or redirect(request.path)
        return self._use_page(request, obj)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if (
            obj is not None
            and self.has_delete_permission(request, obj)
            and is_in_use(self.subject(obj))
        ):
            return self._use_page(request, obj, refused=True)
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(
        self, objs: Sequence[M] | QuerySet[M], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        kept = [obj for obj in objs if is_in_use(self.subject(obj))]
        if kept:
            return [], {}, set(), [self._kept(obj) for obj in kept]
        deleted, counts, _lacking, protected = super().get_deleted_objects(
            objs, request
        )
        # Whoever may delete a row may delete what goes with it, which nobody deletes by itself.
        return deleted, counts, set(), protected

    def _kept(self, obj: M) -> str:
        values = {"name": obj, "uses": self.used_by(obj)}
        return gettext("“%(name)s” is in use: %(uses)s.") % values

    def _link(self, use: Use, obj: M) -> str:
        page, name = self.links.get(use.field, ("", ""))
        return f"{reverse(page)}?{name}={self.subject(obj).pk}" if page else ""

    def _use_page(
        self, request: HttpRequest, obj: M, *, refused: bool = False
    ) -> HttpResponse:
        uses = [(_words(use), self._link(use, obj)) for use in self.uses(obj)]
        may_change = self.has_change_permission(request, obj)
        page = {
            "refused": refused,
            "advice": [],
            "is_retirable": False,
            "uses": uses,
            "here": reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_use", args=[obj.pk]
            ),
            **(self.instead(request, obj) if may_change else {}),
        }
        title = gettext("Use of “%(name)s”") % {"name": obj}
        return self.own_page(request, title, "administration/_use.html", page)


class RetirableAdmin(KeptInUse[M]):
    """In use, a row can be retired, and what uses it moved to another."""

    exclude: ClassVar[Any] = ["is_active"]
    moving: ClassVar[Any] = ""
    """What is moved to another row, as a label: "Move its orders to". Empty: nothing is."""

    def get_list_display(self, request: HttpRequest) -> Columns:
        return [*super().get_list_display(request), "is_active"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: M | None = None
    ) -> list[str] | tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "offered"] if obj else fields

    @admin.display(description=_("offered"), boolean=True)
    def offered(self, obj: M) -> bool:
        return self.is_offered(obj)

    # A Retirable, unless the class reads elsewhere what is offered: then it has its own of these three.
    def is_offered(self, obj: Any) -> bool:  # noqa: ANN401  see above
        return bool(obj.is_active)

    def retire(self, request: HttpRequest, obj: Any) -> str:  # noqa: ANN401  see above
        """As ``common.retiring.retire``."""
        return retire(obj)

    def restore(self, request: HttpRequest, obj: Any) -> str:  # noqa: ANN401  see above
        return restore(obj)

    def notes(self, obj: M) -> Sequence[str]:
        """What should be known before it is retired."""
        return []

    def may_move(self, request: HttpRequest) -> bool:
        return bool(self.moving)

    def move(self, request: HttpRequest, obj: M, target: M) -> HttpResponse | None:
        """Move what uses ``obj`` to ``target``, another row that is offered; as ``act``."""
        raise NotImplementedError

    def _targets(self, obj: M) -> QuerySet[M]:
        model: type[M] = self.model
        return model._default_manager.filter(is_active=True).exclude(pk=obj.pk)

    def instead(self, request: HttpRequest, obj: M) -> Mapping[str, object]:
        moves = self.moving and self.may_move(request) and self.uses(obj)
        return {
            "is_retirable": True,
            "is_offered": self.is_offered(obj),
            "notes": self.notes(obj),
            "moving": self.moving,
            "targets": self._targets(obj) if moves else [],
        }

    def act(self, request: HttpRequest, obj: M) -> HttpResponse | None:
        chosen = request.POST.get("act", "")
        if chosen == "move" and self.may_move(request):
            target = request.POST.get("target", "")
            found = self._targets(obj).filter(pk=target if target.isdecimal() else None)
            if another := found.first():
                return self.move(request, obj, another)
            messages.error(request, gettext("Choose one that is offered."))
        elif chosen in {"retire", "restore"}:
            self._retire_or_restore(request, obj, is_retired=chosen == "retire")
        return None

    def _retire_or_restore(
        self, request: HttpRequest, obj: M, *, is_retired: bool
    ) -> None:
        why_not = (self.retire if is_retired else self.restore)(request, obj)
        if why_not:
            messages.error(request, why_not)
            return
        self.log_change(request, obj, [{"changed": {"fields": ["offered"]}}])
        text = (
            gettext(
                "“%(name)s” is retired: it is offered no more, and stays where it is."
            )
            if is_retired
            else gettext("“%(name)s” is offered again.")
        )
        messages.success(request, text % {"name": obj})


def _words(use: Use) -> str:
    """ "1,234 orders"."""
    names = use.model._meta
    number = f"{grouped(MAX_COUNTED)}+" if use.is_capped else grouped(use.count)
    name = names.verbose_name if use.count == 1 else names.verbose_name_plural
    return f"{number} {name}"
