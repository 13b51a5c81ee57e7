"""Users and groups in the administration: nobody gives away more than they have, and what people look for is
easy to find."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

pytestmark = pytest.mark.django_db
OWN_WAY = "Nobody can take their own way into the administration away."


def someone(name: str, group: str, **values: object) -> User:
    user = User.objects.create_user(
        name, password="a-long-password", is_staff=True, **values
    )
    user.groups.add(Group.objects.get(name=group))
    return user


def browser(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def form_of(user: User, **changed: object) -> dict[str, object]:
    sent = {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": "on",
        "is_staff": "on",
        "groups": list(user.groups.values_list("pk", flat=True)),
        "user_permissions": list(user.user_permissions.values_list("pk", flat=True)),
    }
    return {
        name: value for name, value in (sent | changed).items() if value is not None
    }


def page_of(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/change/"


@pytest.fixture
def admin() -> Client:
    return browser(someone("ada", "Admin"))


def test_admin_gives_groups_and_permissions_that_they_have(admin):
    kim = someone("kim", "Specialist")
    manager = Group.objects.get(name="Manager")
    assert (
        admin.post(
            page_of(kim), form_of(kim, groups=[manager.pk], first_name="Kim")
        ).status_code
        == 302
    )
    kim.refresh_from_db()
    assert (kim.first_name, list(kim.groups.all())) == ("Kim", [manager])


def test_admin_gives_nobody_more_than_they_have(admin):
    kim = someone("kim", "Specialist")
    full = Group.objects.get(name="Full access")
    lacking = Permission.objects.get(codename="delete_order")
    for more in [{"groups": [full.pk]}, {"user_permissions": [lacking.pk]}]:
        answer = admin.post(page_of(kim), form_of(kim, **more))
        assert answer.status_code == 200
        assert "is not one of the available choices" in answer.content.decode()
    admin.post(page_of(kim), form_of(kim, is_superuser="on"))
    kim = User.objects.get(pk=kim.pk)
    assert (kim.is_superuser, [group.name for group in kim.groups.all()]) == (
        False,
        ["Specialist"],
    )
    assert not kim.user_permissions.exists()


def test_admin_does_not_make_themselves_more(admin):
    ada = User.objects.get(username="ada")
    full = Group.objects.get(name="Full access")
    assert admin.post(page_of(ada), form_of(ada, groups=[full.pk])).status_code == 200
    assert admin.post(page_of(ada), form_of(ada, is_superuser="on")).status_code == 302
    ada.refresh_from_db()
    assert (ada.is_superuser, [group.name for group in ada.groups.all()]) == (
        False,
        ["Admin"],
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"is_active": None}, "Nobody can deactivate themselves."),
        ({"is_staff": None}, OWN_WAY),
        ({"is_superuser": None}, OWN_WAY),
    ],
)
def test_nobody_locks_themselves_out(change, sentence):
    boss = User.objects.create_superuser("boss", password="a-long-password")
    mine = browser(boss)
    before = User.objects.values().get(pk=boss.pk)
    sent = form_of(boss, **{"is_superuser": "on", "first_name": "X"} | change)
    answer = mine.post(page_of(boss), sent)
    assert sentence in answer.content.decode()
    assert User.objects.values().get(pk=boss.pk) == before
    # A colleague may do it.
    other = browser(User.objects.create_superuser("other", password="x"))
    assert other.post(page_of(boss), sent).status_code == 302


def test_admin_keeps_their_own_group(admin):
    ada = User.objects.get(username="ada")
    sent = form_of(ada, groups=[Group.objects.get(name="Specialist").pk])
    assert OWN_WAY in admin.post(page_of(ada), sent).content.decode()
    assert ada.groups.get().name == "Admin"
    assert admin.post(page_of(ada), form_of(ada, first_name="Ada")).status_code == 302


def test_group_that_works_in_the_administration_lets_in(admin):
    kim = someone("kim", "Specialist")
    groups = {name: Group.objects.get(name=name).pk for name in ["Admin", "Manager"]}
    for name, is_staff in [("Manager", False), ("Admin", True)]:
        sent = form_of(kim, groups=[groups[name]], is_staff=None)
        assert admin.post(page_of(kim), sent).status_code == 302
        kim.refresh_from_db()
        assert kim.is_staff == is_staff
    # It can still be taken away.
    assert admin.post(page_of(kim), form_of(kim, is_staff=None)).status_code == 302
    kim.refresh_from_db()
    assert not kim.is_staff


def test_those_who_have_more_are_out_of_reach(admin):
    boss = User.objects.create_superuser("boss", password="a-long-password")
    fay = someone("fay", "Full access")
    idle = someone("ida", "Full access", is_active=False)
    for user in [boss, fay, idle]:
        before = User.objects.values().get(pk=user.pk)
        assert (
            admin.post(page_of(user), form_of(user, first_name="X")).status_code == 403
        )
        assert (
            admin.post(
                f"/admin/auth/user/{user.pk}/password/",
                {"password1": "x", "password2": "x"},
            ).status_code
            == 403
        )
        assert (
            admin.post(
                f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}
            ).status_code
            == 403
        )
        bulk = {
            "action": "delete_selected",
            "_selected_action": [user.pk],
            "post": "yes",
        }
        admin.post("/admin/auth/user/", bulk)
        assert User.objects.values().get(pk=user.pk) == before


def test_admin_shapes_groups_within_their_own_rights(admin):
    specialist, full = (
        Group.objects.get(name="Specialist"),
        Group.objects.get(name="Full access"),
    )
    mine, not_mine = (
        Permission.objects.get(codename="view_status"),
        Permission.objects.get(codename="delete_order"),
    )
    page = f"/admin/auth/group/{specialist.pk}/change/"
    assert (
        admin.post(page, {"name": "Bench", "permissions": [mine.pk]}).status_code == 302
    )
    assert (
        admin.post(
            page, {"name": "Bench", "permissions": [mine.pk, not_mine.pk]}
        ).status_code
        == 200
    )
    specialist.refresh_from_db()
    assert (specialist.name, list(specialist.permissions.all())) == ("Bench", [mine])
    assert (
        admin.post(f"/admin/auth/group/{full.pk}/change/", {"name": "X"}).status_code
        == 403
    )
    assert (
        admin.post(f"/admin/auth/group/{full.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert Group.objects.filter(name="Full access").exists()


def test_full_access_may_give_full_access():
    fay, kim = someone("fay", "Full access"), someone("kim", "Specialist")
    full = Group.objects.get(name="Full access")
    assert (
        browser(fay).post(page_of(kim), form_of(kim, groups=[full.pk])).status_code
        == 302
    )
    assert kim.groups.get() == full


@pytest.mark.parametrize("group", ["Specialist", "Manager"])
def test_specialist_and_manager_manage_nobody(group):
    client = browser(someone("sam", group))
    for address in ["/admin/auth/user/", "/admin/auth/group/", "/admin/auth/user/add/"]:
        assert client.get(address).status_code == 403


def test_index_begins_with_what_admins_come_for_and_has_no_clutter(admin_client):
    answer = admin_client.get("/admin/")
    apps = answer.context["app_list"]
    assert [app["app_label"] for app in apps][:3] == ["integrations", "orders", "auth"]
    models = {model["object_name"] for app in apps for model in app["models"]}
    assert {"StoreConnection", "Status", "OrderType", "User", "Group"} <= models
    assert not models & {
        "AccessLog",
        "AccessFailureLog",
        "CustomerKey",
        "ProductKey",
        "Heartbeat",
        "Session",
    }
    html = answer.content.decode()
    assert 'href="/orders/"' in html
    assert "Django" not in html
    assert 'class="theme-toggle"' not in html


def test_permissions_are_named_as_people_read_them_and_hold_nothing_useless(
    admin_client,
):
    html = admin_client.get("/admin/auth/group/add/").content.decode()
    assert "Orders · Can add products without write-off" in html
    assert "Logins ·" not in html
    assert "session" not in html.lower().replace("sessionid", "")


def test_lists_of_users_and_groups_cost_a_handful_of_queries(
    admin_client, django_assert_max_num_queries
):
    for number in range(8):
        someone(f"user-{number}", "Specialist")
    with django_assert_max_num_queries(10):
        html = admin_client.get("/admin/auth/user/").content.decode()
    assert html.count("Specialist</td>") == 8
    with django_assert_max_num_queries(8):
        assert (
            '<td class="field-members">8</td>'
            in admin_client.get("/admin/auth/group/").content.decode()
        )


def test_statuses_show_colour_and_group(admin_client):
    html = admin_client.get("/admin/orders/status/").content.decode()
    assert '<span class="pill violet">Waiting for parts</span>' in html
    assert '<td class="field-group">Pending</td>' in html
    assert (
        '<span class="pill blue">New</span>'
        in admin_client.get("/admin/orders/ordertype/").content.decode()
    )
