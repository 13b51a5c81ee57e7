"""Saving views of the order list, and changing those that are saved."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from common.http import SignedInRequest, back
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.models import Density, Preferences, SavedView
from orders.order_list import saved_views
from orders.order_list.columns import all_columns, known, moved
from orders.order_list.state import WHOLE, ListState, state_of_page

CHANGED = gettext_noop(
    "Somebody else has changed this view meanwhile, so it was not saved. Reset it to see it as it is now."
)


def _list(query: str) -> HttpResponse:
    return redirect(f"{reverse('orders:list')}?{query}")


@require_POST
def create(request: SignedInRequest) -> HttpResponse:
    """Save the list as the page shows it under a name."""
    try:
        view = saved_views.create_view(
            request.POST.get("name", ""),
            state_of_page(request).query,
            is_shared="shared" in request.POST,
            by=request.user,
        )
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
        return redirect(back(request, "orders:list"))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return _list(f"view={view.pk}")


@require_POST
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """The name of the pressed button says what to do with the view."""
    start = {"start", "no-start"} & request.POST.keys()
    try:
        view = (
            saved_views.visible_view(pk, request.user)
            if start
            else saved_views.view_to_change(pk, request.user)
        )
        done = next((act for act in ACTS if act in request.POST), "")
        said = ACTS[done](request, view) if done else ""
    except SavedView.DoesNotExist:
        raise Http404 from None
    except EditConflictError:
        messages.error(request, _(CHANGED))
        return redirect(back(request, "orders:list"))
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
        return redirect(back(request, "orders:list"))
    messages.success(request, said)
    if done == "delete":
        return _list(f"view={WHOLE}")
    return _list(f"view={pk}") if done == "save" else _back(request)


def _back(request: SignedInRequest) -> HttpResponse:
    return redirect(back(request, "orders:list"))


def _save(request: SignedInRequest, view: SavedView) -> str:
    state = state_of_page(request)
    seen = request.POST.get("seen", "")
    saved_views.save_view(view, state.query, seen=seen)
    return _("The view “%(name)s” is saved.") % {"name": view.name}


def _rename(request: SignedInRequest, view: SavedView) -> str:
    saved_views.rename_view(view, request.POST.get("name", ""))
    return _("The view is called “%(name)s” now.") % {"name": view.name}


def _share(request: SignedInRequest, view: SavedView) -> str:
    saved_views.share_view(view, is_shared=True, by=request.user)
    return _("Everyone sees the view “%(name)s” now.") % {"name": view.name}


def _unshare(request: SignedInRequest, view: SavedView) -> str:
    saved_views.share_view(view, is_shared=False, by=request.user)
    text = _("Only %(owner)s sees the view “%(name)s” now.")
    owner = view.owner.get_full_name() or view.owner.get_username()
    return text % {"owner": owner, "name": view.name}


def _earlier(_request: SignedInRequest, view: SavedView) -> str:
    saved_views.move_view(view, by_places=-1)
    return _("The view “%(name)s” was moved.") % {"name": view.name}


def _later(_request: SignedInRequest, view: SavedView) -> str:
    saved_views.move_view(view, by_places=1)
    return _("The view “%(name)s” was moved.") % {"name": view.name}


def _start(request: SignedInRequest, view: SavedView) -> str:
    saved_views.start_with(view, request.user)
    text = _("Each day your order list opens with the view “%(name)s”.")
    return text % {"name": view.name}


def _no_start(request: SignedInRequest, _view: SavedView) -> str:
    saved_views.start_with(None, request.user)
    return _("Your order list opens as you left it.")


def _delete(_request: SignedInRequest, view: SavedView) -> str:
    view.delete()
    return _("The view “%(name)s” is deleted.") % {"name": view.name}


ACTS: dict[str, Callable[[SignedInRequest, SavedView], str]] = {
    "save": _save,
    "share": _share,
    "unshare": _unshare,
    "earlier": _earlier,
    "later": _later,
    "start": _start,
    "no-start": _no_start,
    "delete": _delete,
    "rename": _rename,
}


@require_http_methods(["GET", "HEAD", "POST"])
def display(request: SignedInRequest) -> HttpResponse:
    """Density, and columns in the form's order: of the view that is open, until it is saved, else of the
    user's list."""
    return _chosen(request) if request.method == "POST" else _offered(request)


def _offered(request: SignedInRequest) -> HttpResponse:
    """The menu's form for htmx, else a page with it."""
    state = state_of_page(request)
    shown = [(column, column in state.columns) for column in all_columns(state.columns)]
    template = "_display" if request.htmx else "display"
    context = {
        "all_columns": shown,
        "density": state.density,
        "densities": Density.choices,
        "css_class": "menu-panel" if request.htmx else "card form",
        "next": reverse("orders:list") + state.address(),
    }
    return render(request, f"orders/order_list/{template}.html", context)


def _chosen(request: SignedInRequest) -> HttpResponse:
    state = state_of_page(request)
    columns = [] if "reset" in request.POST else known(request.POST.getlist("column"))
    for name, by_places in [("earlier", -1), ("later", 1)]:
        columns = moved(columns, request.POST.get(name, ""), by_places=by_places)
    density = request.POST.get("density", "")
    if density not in Density.values or "reset" in request.POST:
        density = Density.COMFORTABLE
    if state.view:
        return _shown_in_view(state, columns, density)
    Preferences.objects.update_or_create(
        user=request.user, defaults={"columns": columns, "density": density}
    )
    return redirect(back(request, "orders:list"))


def _shown_in_view(state: ListState, columns: list[str], density: str) -> HttpResponse:
    url = QueryDict(state.address()[1:], mutable=True)
    url["density"] = density
    url["columns"] = ".".join(columns) or "usual"
    return _list(url.urlencode())
