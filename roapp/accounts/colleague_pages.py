"""Pages of the administration on which colleagues are invited, and leave."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext

from common.admin import OwnPages
from common.formats import grouped, person_name
from common.forms.one_time_keys import own_transactions
from common.http import SignedInRequest, int_or_none
from orders.domain.assignees import assignable, offer
from orders.domain.permissions import CHANGE
from orders.order_list.colleagues import TYPED
from roapp.accounts import colleagues
from roapp.accounts.giving import given_by, still_allowed
from roapp.permissions import refusal

INVITED = "invited"
"""The session's note of whose invitation the next page shows."""


class ColleaguePages(OwnPages):
    """Of the administration of users."""

    def get_urls(self) -> list[URLPattern]:
        invite = self.admin_site.admin_view(self.invite_view)
        link = self.admin_site.admin_view(self.link_view)
        leave = self.admin_site.admin_view(self.leave_view)
        return [
            path("invite/", invite, name="auth_user_invite"),
            path("<int:pk>/invite/", link, name="auth_user_link"),
            path("<int:pk>/leave/", leave, name="auth_user_leave"),
            *super().get_urls(),
        ]

    @own_transactions
    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """*Add colleague*: whom, and in which role of those that one may give."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        roles = Group.objects.filter(pk__in=given_by(request.user)).order_by("name")
        form = colleagues.InvitationForm(request.POST or None, roles=roles)
        if request.method == "POST" and form.is_valid():
            user = form.save()
            self.log_addition(request, user, [{"added": {}}])
            return self._invite(request, user)
        page = {
            "form": form,
            "roles": [(each, colleagues.described(each)) for each in roles],
        }
        title = gettext("Add colleague")
        return self.own_page(request, title, "administration/_invite.html", page)

    def _invite(self, request: HttpRequest, user: User) -> HttpResponse:
        """By mail, or with the link on the next page, once."""
        if colleagues.send_invitation(user, colleagues.invitation(request, user)):
            text = gettext("An invitation was sent to %(email)s.")
            messages.success(request, text % {"email": user.email})
            return redirect("admin:auth_user_changelist")
        request.session[INVITED] = user.pk
        return redirect("admin:auth_user_link", user.pk)

    @own_transactions
    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another invitation; or, after one that could not be mailed, its link."""
        user = self._changeable(request, pk)
        if user.has_usable_password() or not user.is_active:
            raise PermissionDenied
        if request.method == "POST":
            return self._invite(request, user)
        is_shown = request.session.pop(INVITED, None) == pk
        link = colleagues.invitation(request, user) if is_shown else ""
        title = gettext("Invitation for %(name)s") % {"name": person_name(user)}
        page = {"link": link, "days": colleagues.DAYS}
        return self.own_page(request, title, "administration/_invited.html", page)

    @own_transactions
    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Deactivate a colleague, and hand their open orders to somebody."""
        user = self._changeable(request, pk)
        if user.pk == request.user.pk:
            messages.error(request, gettext("Nobody can deactivate themselves."))
            return redirect("admin:auth_user_change", pk)
        if request.method == "POST" and (answer := self._let_go(request, user)):
            return answer
        name = person_name(user)
        found = offer(cast("User", request.user), request.GET.get(TYPED, ""))
        page = {
            "user": user,
            "name": name,
            "count": colleagues.open_orders_of(user).count(),
            "colleagues": found,
            "people": [each for each in found.people if each.pk != pk],
        }
        title = gettext("%(name)s leaves") % {"name": name}
        return self.own_page(request, title, "administration/_leave.html", page)

    def _let_go(self, request: HttpRequest, user: User) -> HttpResponse | None:
        """Deactivate the user, and hand over what is open; None where nobody was chosen for that."""
        if (
            "action" not in request.POST
            and not colleagues.open_orders_of(user).exists()
        ):
            with still_allowed(request, self.has_change_permission, [user]):
                colleagues.deactivate(user)
            self._say_gone(request, user)
            return redirect("admin:auth_user_changelist")
        chosen = request.POST.get("successor", "none")
        people = assignable().exclude(pk=user.pk)
        successor = people.filter(pk=int_or_none(chosen) or 0).first()
        if "action" not in request.POST and not successor and chosen != "none":
            messages.error(request, gettext("Choose who takes over the orders."))
            return None
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied(refusal([CHANGE]))
        with still_allowed(request, self.has_change_permission, [user]):
            begun = colleagues.let_go(cast("SignedInRequest", request), user, successor)
        if isinstance(begun, HttpResponse):
            return begun
        colleagues.hand_over(begun)
        self._say_gone(request, user)
        if later := colleagues.left_by(begun, user):
            text = ngettext(
                "%(count)s order was assigned to %(name)s after the question, and still is.",
                "%(count)s orders were assigned to %(name)s after the question, and still are.",
                later,
            )
            values = {"count": grouped(later), "name": person_name(user)}
            messages.warning(request, text % values)
        return redirect("orders:bulk-action", begun.pk)

    def _say_gone(self, request: HttpRequest, user: User) -> None:
        self.log_change(request, user, [{"changed": {"fields": ["active"]}}])
        text = gettext("%(name)s can no longer log in.")
        messages.success(request, text % {"name": person_name(user)})

    def _changeable(self, request: HttpRequest, pk: int) -> User:
        """The user, for somebody who may change them."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user
