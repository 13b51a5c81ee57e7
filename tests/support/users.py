"""People who use RO App, for tests that make their own; the cast that all share is in fixtures/cast.py."""

from django.contrib.auth.models import Group, Permission, User
from django.test import Client


def create_user(
    name: str, *permissions: str, group: str = "", **values: object
) -> User:
    """Someone whose password is their name, of a group, with single permissions ("orders.change_order"),
    or neither."""
    user = User.objects.create_user(
        name, password=name, **{"first_name": name.capitalize()} | values
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label=app)
        )
    return user


def signed_in(user: User) -> Client:
    """A browser without JavaScript of someone who has signed in."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client
