"""More colleagues than a menu lists."""

from django.contrib.auth.models import Group, User

NAMES = ["Anna", "Ben", "Clara", "David", "Emil", "Frida", "Greta", "Hannes", "Ines"]


def crowd(number: int, group: str = "Specialist") -> list[User]:
    """So many specialists: Anna 001, Ben 002, … Anna 010."""
    people = User.objects.bulk_create(
        User(
            username=f"colleague{each:03}",
            first_name=NAMES[(each - 1) % len(NAMES)],
            last_name=f"{each:03}",
            password="!",
        )
        for each in range(1, number + 1)
    )
    Group.objects.get(name=group).user_set.add(*people)
    return people
