"""People who use RO App, for tests that make their own; the cast that all share is in fixtures/cast.py."""

from django.conf import settings
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


def signed_in(user: User, language: str = "en") -> Client:
    """A browser without JavaScript of someone who has signed in and reads this language."""
    client = Client()
    client.force_login(user)
    read_in(client, language)
    return client


def read_in(client: Client, language: str) -> None:
    """Choose the language of this browser's pages."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
