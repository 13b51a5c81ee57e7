"""Two who switch each other off at one moment: one of them stays."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.support.concurrency import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.slow,
]


def browser(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def edit(user: User, **changed: object) -> tuple[str, dict[str, object]]:
    sent = {"username": user.username, "is_active": "on", "is_staff": "on"}
    sent |= {"is_superuser": "on", "first_name": user.username} | changed
    return (
        f"/admin/auth/user/{user.pk}/change/",
        {name: value for name, value in sent.items() if value},
    )


def deactivate(user: User) -> tuple[str, dict[str, object]]:
    return edit(user, is_active="")


def demote(user: User) -> tuple[str, dict[str, object]]:
    return edit(user, is_superuser="")


def let_go(user: User) -> tuple[str, dict[str, object]]:
    return f"/admin/auth/user/{user.pk}/leave/", {}


def delete(user: User) -> tuple[str, dict[str, object]]:
    return f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}


def delete_in_the_list(user: User) -> tuple[str, dict[str, object]]:
    sent = {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"}
    return "/admin/auth/user/", sent


@pytest.mark.parametrize("round", range(2))
@pytest.mark.parametrize(
    "act", [deactivate, demote, let_go, delete, delete_in_the_list]
)
def test_of_two_superusers_who_switch_each_other_off_one_stays(act, round):
    ada, bea = (
        User.objects.create_superuser(name, password=name) for name in ["ada", "bea"]
    )
    browsers = {each.pk: browser(each) for each in [ada, bea]}

    def off(by: User, whom: User) -> int:
        return browsers[by.pk].post(*act(whom)).status_code

    answers = at_once(lambda: off(ada, bea), lambda: off(bea, ada))
    # Refused, logged out, or told that the other has left traces by now.
    assert set(answers) <= {200, 302, 403}
    rest = User.objects.filter(is_superuser=True, is_active=True, is_staff=True)
    assert rest.count() == 1
    assert LogEntry.objects.count() == 1


def test_of_two_admins_who_take_each_others_role_one_keeps_it():
    role = Group.objects.get(name="Admin")
    ada, bea = (
        User.objects.create_user(name, password=name, is_staff=True)
        for name in ["ada", "bea"]
    )
    role.user_set.add(ada, bea)
    browsers = {each.pk: browser(each) for each in [ada, bea]}

    def take(by: User, whom: User) -> int:
        return browsers[by.pk].post(*edit(whom, is_superuser="")).status_code

    at_once(lambda: take(ada, bea), lambda: take(bea, ada))
    assert role.user_set.count() == 1
