"""One click, one effect; and what is typed survives: as it is in a browser, on a fast line and a slow one."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from common.models import FormDraft
from orders.models import Order, OrderEvent
from tests.browser import IN_CHROMIUM
from tests.browser.holding import hold
from tests.browser.inspection import faults

pytestmark = IN_CHROMIUM
NEW = "/orders/create/"


@pytest.fixture
def mia(db):
    user = get_user_model().objects.create_user("mia", first_name="Mia")
    user.groups.add(Group.objects.get(name="Manager"))
    return user


def hold_posts(page) -> Callable[[], None]:
    """A line so slow that posts reach the server when the function that this returns is called."""
    held = []

    def hold(route) -> None:
        is_act = route.request.method == "POST" and "draft" not in route.request.url
        held.append(route) if is_act else route.continue_()

    def release() -> None:
        for route in held:
            route.continue_()

    page.route("**/*", hold)
    return release


def typed(open_as, user, **options):
    page = open_as(user, NEW, **options)
    page.get_by_label("Note").fill("Wet")
    return page, page.get_by_role("button", name="Create order")


def test_double_click_makes_one_order(open_as, mia):
    page, create = typed(open_as, mia)
    create.dblclick()
    expect(page.locator("#messages")).to_contain_text("was created.")
    assert Order.objects.count() == 1


def test_click_and_enter_a_second_later_on_a_slow_line_make_one_order(open_as, mia):
    page, create = typed(open_as, mia)
    release = hold_posts(page)
    create.click(no_wait_after=True)
    form = page.locator("#create")
    expect(form).to_have_attribute("aria-busy", "true")
    working = page.get_by_role("button", name="Working…")
    expect(working).to_be_disabled()
    expect(working).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(1_000)
    form.evaluate("form => form.requestSubmit(form.querySelector('[name=save]'))")
    release()
    expect(page.locator("#messages")).to_contain_text("was created.")
    page.wait_for_timeout(2_000)
    assert Order.objects.count() == 1


def test_double_click_without_javascript_makes_one_order(open_as, mia):
    page, create = typed(open_as, mia, java_script_enabled=False)
    create.dblclick()
    expect(page.locator("#messages")).to_contain_text("was created.")
    assert Order.objects.count() == 1


def test_button_is_itself_again_after_an_error_and_works(open_as, mia):
    page = open_as(mia, NEW)
    create = page.get_by_role("button", name="Create order")
    create.click()
    expect(page.locator("#messages")).to_contain_text("The order is empty.")
    expect(create).to_be_enabled()
    expect(page.locator("#create")).not_to_have_attribute("aria-busy", "true")
    page.get_by_label("Note").fill("Wet")
    create.click()
    expect(page.locator("#messages")).to_contain_text("was created.")
    assert Order.objects.count() == 1


def test_form_that_stays_on_the_page_can_be_sent_again(open_as, mia, made_here):
    page = open_as(mia, made_here().get_absolute_url())
    for text in ["First", "Second", "Second"]:
        page.get_by_label("Comment").fill(text)
        page.get_by_role("button", name="Add comment").click()
        expect(page.get_by_label("Comment")).to_have_value("")
    texts = OrderEvent.objects.filter(kind="comment").values_list("new", flat=True)
    assert sorted(texts) == ["First", "Second", "Second"]


def test_button_is_itself_again_after_going_back(open_as, mia):
    page = open_as(mia, "/orders/time-zone/")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url("/orders/?view=all")
    page.go_back()
    expect(page.get_by_role("button", name="Save")).to_be_enabled()


def test_what_was_typed_is_there_after_leaving_and_after_the_session(open_as, mia):
    page, _create = typed(open_as, mia)
    page.goto("/orders/")
    page.goto(NEW)
    expect(page.locator(".notice.begun")).to_contain_text("Wet")
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_label("Note")).to_have_value("Wet")
    page.wait_for_load_state()
    Session.objects.all().delete()
    page.get_by_label("Note").fill("Wet, in a bag")
    page.get_by_role("button", name="Create order").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.context.clear_cookies()
    again = open_as(mia, NEW)
    again.get_by_role("link", name="Continue").click()
    expect(again.get_by_label("Note")).to_have_value("Wet, in a bag")
    again.get_by_role("button", name="Create order").click()
    expect(again.locator("#messages")).to_contain_text("was created.")
    again.goto(NEW)
    expect(again.locator(".notice.begun")).to_have_count(0)
    assert Order.objects.get().note == "Wet, in a bag"


def test_what_was_typed_before_the_script_came_is_kept(open_as, mia):
    page = open_as(mia)
    held = hold(page, "**/bundles/app.js")
    page.goto(NEW, wait_until="commit")
    page.get_by_label("Note").fill("Wet")
    with page.expect_response("**/orders/create/draft/"):
        for route in held:
            route.continue_()
    assert FormDraft.objects.get().fields["note"] == "Wet"


def test_german_page_says_so_in_german(open_as, mia):
    page = open_as(mia, NEW)
    german = {"name": "django_language", "value": "de", "url": page.url}
    page.context.add_cookies([german])
    page.reload()
    release = hold_posts(page)
    page.get_by_label("Notiz").fill("Nass")
    page.get_by_role("button", name="Auftrag erstellen").click(no_wait_after=True)
    expect(page.get_by_role("button", name="Wird ausgeführt …")).to_be_disabled()
    release()
    expect(page.locator("#messages")).to_contain_text("wurde erstellt")
    assert Order.objects.count() == 1


def comment_page(open_as, user, order, complaints, **options):
    """An order's page without JavaScript, since whose opening somebody has logged in in another tab."""
    url = order.get_absolute_url()
    page = open_as(user, url, java_script_enabled=False, **options)
    page.context.clear_cookies(name="csrftoken")
    page.context.new_page().goto(url)
    return page


def forget_refusals(complaints):
    assert {each for each in complaints if "403 (Forbidden)" not in each} == set()
    complaints.clear()


@pytest.mark.parametrize("width", [360, 1360])
def test_comment_with_an_old_proof_is_sent_again(
    open_as, mia, made_here, complaints, width
):
    page = comment_page(open_as, mia, made_here(), complaints, width=width)
    page.get_by_label("Comment").fill("Broken hinge\n\nAsk “Jo” " + "x" * 200)
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
    expect(page.locator(".typed dd")).to_contain_text("Ask “Jo”")
    assert faults(page) == []
    assert not OrderEvent.objects.filter(kind="comment").exists()
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".timeline")).to_contain_text("Broken hinge")
    (comment,) = OrderEvent.objects.filter(kind="comment")
    assert comment.new == "Broken hinge\n\nAsk “Jo” " + "x" * 200
    forget_refusals(complaints)


def test_form_of_another_site_is_not_offered_however_it_is_loaded(
    open_as, mia, made_here, complaints, live_server
):
    url = f"{live_server.url}/orders/{made_here().pk}/comments/"
    trap = f"""<form method="post" action="{url}"><input name="text" value="Mallory">
        <button>Win</button></form>"""
    page = open_as(mia)
    page.route(
        "http://other.example/",
        lambda route: route.fulfill(body=trap, content_type="text/html"),
    )
    page.goto("http://other.example/")
    page.get_by_role("button", name="Win").click()
    heading = page.get_by_role("heading", name="This form has expired")
    for again in [lambda: None, page.reload, page.go_back, page.go_forward]:
        again()
        if page.url == url:
            expect(heading).to_be_visible()
            assert "Mallory" not in page.content()
    forget_refusals(complaints)
