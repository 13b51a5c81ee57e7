"""Colleagues who come and who leave: an invitation with which they choose their password, and their open
orders in somebody's hands afterwards."""

from smtplib import SMTPException
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import mailing
from common.formats import person_name
from common.http import SignedInRequest
from orders.bulk import engine
from orders.bulk.asking import begin
from orders.models import (
    AT_ONCE,
    BulkAction,
    BulkKind,
    Order,
    OrderQuerySet,
    StatusGroup,
)
from roapp.permissions import name_of

DAYS = settings.PASSWORD_RESET_TIMEOUT // 86_400
ADMINISTRATION = {"integrations.change_storeconnection", "auth.change_user"}
"""Roles with one of these work in the administration, too."""


class InvitationTokens(PasswordResetTokenGenerator):
    """Good for DAYS, until a password is chosen, and only while the account is active."""

    key_salt = "roapp.invitation"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"


tokens = InvitationTokens()


class InvitationForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=150,
        help_text=_("With it they log in."),
    )
    role = forms.ModelChoiceField(
        Group.objects.none(), label=_("Role"), widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, roles: QuerySet[Group], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["role"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  tells the type checker which field it is
        field.queryset, field.empty_label = roles, None

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        taken = Q(username__iexact=email) | Q(email__iexact=email)
        if known := User.objects.filter(taken).first():
            text = gettext("%(name)s has this address already.")
            raise forms.ValidationError(text % {"name": person_name(known)})
        return email

    @transaction.atomic
    def save(self) -> User:
        """The colleague, who has no password yet."""
        values = self.cleaned_data
        user = User(
            username=values["email"],
            email=values["email"],
            first_name=values["first_name"],
            last_name=values["last_name"],
            is_staff=works_in_administration(values["role"]),
        )
        user.set_unusable_password()
        user.save()
        user.groups.add(values["role"])
        return user


def works_in_administration(role: Group) -> bool:
    return not ADMINISTRATION.isdisjoint(permissions_of(role))


def let_into_administration(user: User) -> None:
    """Let the user in if one of their groups works there."""
    if not user.is_staff and any(map(works_in_administration, user.groups.all())):
        user.is_staff = True
        user.save(update_fields=["is_staff"])


def permissions_of(role: Group) -> list[str]:
    rows = Permission.objects.filter(group=role).select_related("content_type")
    return [f"{each.content_type.app_label}.{each.codename}" for each in rows]


def described(role: Group) -> list[str]:
    """What people of this role may do, as sentences in the reader's language."""
    found = []
    for permission in permissions_of(role):
        try:
            found.append(name_of(permission))
        except LookupError:
            continue  # Of a model that is no longer there.
    return sorted(found)


def invitation(request: HttpRequest, user: User) -> str:
    """The link with which the colleague chooses a password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("invitation", args=[uid, tokens.make_token(user)])
    return (
        str(settings.PUBLIC_URL) + path
        if settings.PUBLIC_URL
        else request.build_absolute_uri(path)
    )


def send_invitation(user: User, link: str) -> bool:
    """Whether the mail server took it; False also where there is none."""
    if not mailing.is_set_up() or not user.email:
        return False
    text = gettext(
        "Hello %(name)s,\n\nyou were invited to RO App. Choose your password within %(days)s days:"
        "\n\n%(link)s"
    )
    values = {"name": person_name(user), "days": DAYS, "link": link}
    try:
        return bool(
            send_mail(
                gettext("Invitation to RO App"), text % values, None, [user.email]
            )
        )
    except (OSError, SMTPException):
        return False


class AcceptInvitation(PasswordResetConfirmView):
    """The colleague chooses a password; the link is worth nothing afterwards."""

    template_name = "invitation.html"
    token_generator = tokens
    success_url = reverse_lazy("login")


def open_orders_of(user: User) -> OrderQuerySet:
    return Order.objects.filter(assignee=user).exclude(status__group=StatusGroup.CLOSED)


def deactivate(user: User) -> None:
    """They are signed out everywhere with their next click, and cannot log in."""
    user.is_active = False
    user.save(update_fields=["is_active"])


def let_go(
    request: SignedInRequest, user: User, successor: User | None
) -> BulkAction | HttpResponse:
    """Deactivate the user and begin to assign their open orders to ``successor``: the action that does so,
    or as the answer the question that comes before many (orders.bulk.asking), while nothing is done yet.
    Call it inside a transaction."""
    wanted = {"kind": BulkKind.ASSIGN, "assignee": successor}
    text = gettext("%(name)s can then no longer log in.")
    note = text % {"name": person_name(user)}
    orders = open_orders_of(user)
    begun = begin(request, [BulkKind.ASSIGN], wanted, orders=orders, note=note)
    if isinstance(begun, BulkAction):
        deactivate(user)
    return begun


def hand_over(action: BulkAction) -> None:
    """As much of it as the request may do."""
    until = timezone.now() + AT_ONCE
    engine.continue_action(action.pk, clock=timezone.now, until=until)


def left_by(action: BulkAction, user: User) -> int:
    """How many open orders the user has that the action, which hands theirs over, was not about."""
    handed_over = action.orders.values("order_id")
    return open_orders_of(user).exclude(pk__in=handed_over).count()
