"""A form whose proof is out of date says what happened, and leads on; what was typed into it is not lost."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django import forms
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from orders.models import OrderEvent
from roapp.web.sent_again import TEXTS, texts_of
from tests.support.addresses import addresses
from tests.support.html import found, text_of
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
HAPPENED = (
    "Nothing was done: since the page was opened, somebody has logged in or out in this browser, "
    "the session has ended, or the cookies were deleted."
)
AGAIN, LOG_IN = ("Open the page again", "Log in")
KEPT = "What was typed there is kept for whoever typed it."
LOST = "What was typed there has to be typed again."
TYPED = "What was typed is not saved yet: it stands here until you leave this page."
COPY = "What was typed is not saved: copy it from here before you log in."
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": HERE}
COMMENT = 'Broken "hinge" <left>\r\nAsk Jo'
KEY = "k" * 22


def answer_to(
    client: Client, page: str, address: str = "/logout/", **headers: str
) -> str:
    client.handler.enforce_csrf_checks = True
    answer = client.post(address, headers={"Referer": page, **headers})
    assert answer.status_code == 403
    return answer.content.decode()


def explanation(html: str) -> str:
    return text_of(found('id="explanation">(.*?)</p>', html))


@pytest.mark.parametrize(
    "page",
    ["/orders/?status=3", "/customers/new/", "/orders/create/", "/orders/7/"],
)
def test_page_is_opened_again_by_who_is_signed_in(client, page):
    html = answer_to(client, HERE + page)
    assert explanation(html) == f"{HAPPENED} {AGAIN} and send it once more. {LOST}"
    assert f'<a class="button primary" href="{page}">{AGAIN}</a>' in html


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("/orders/?status=3", LOST),
        ("/customers/new/", LOST),
        ("/orders/create/", KEPT),
        ("/orders/7/", KEPT),
    ],
)
def test_scripts_of_some_pages_keep_what_is_typed(client, page, kept):
    html = answer_to(client, HERE + page, **{"HX-Request": "true"})
    assert explanation(html) == f"{HAPPENED} {AGAIN} and send it once more. {kept}"


def test_who_is_signed_out_logs_in_and_comes_back():
    client = Client(headers={"Accept-Language": "en"})
    html = answer_to(client, f"{HERE}/orders/7/")
    assert explanation(html) == f"{HAPPENED} {LOG_IN} and send it once more. {LOST}"
    login = reverse("login", query={"next": "/orders/7/"})
    assert f'<a class="button primary" href="{login}">{LOG_IN}</a>' in html


def test_page_that_needs_no_login_is_opened_again():
    client = Client(headers={"Accept-Language": "en"})
    page = "/login/?next=/orders/7/"
    html = answer_to(client, HERE + page, "/login/")
    assert f'<a class="button primary" href="{page}">{AGAIN}</a>' in html


@pytest.mark.parametrize("page", ["", "https://evil.example/orders/", f"{HERE}/no/"])
def test_where_the_page_is_not_known_the_orders_are_the_way_on(client, page):
    html = answer_to(client, page)
    assert '<a class="button primary" href="/">Go to the orders</a>' in html


def test_it_says_so_in_german(kim):
    html = answer_to(signed_in(kim, "de"), f"{HERE}/orders/7/")
    assert "Es ist nichts geschehen" in html
    assert "Seite neu öffnen</a>" in html


def send(
    client: Client, address: str, values: dict[str, str], headers: dict[str, str] = OURS
) -> str:
    """The page that refuses this form with a proof of another session."""
    client.handler.enforce_csrf_checks = True
    sent = {"csrfmiddlewaretoken": "x" * 64, "form-key": KEY, **values}
    answer = client.post(address, sent, headers=headers)
    assert answer.status_code == 403
    return answer.content.decode()


def offered(html: str) -> tuple[str, QueryDict]:
    """The address and the fields that *Send again* sends."""
    form = found('(<form method="post" action="/orders.*?</form>)', html)
    assert re.findall(r"<button[^>]*>(.*?)</button>", form) == ["Send again"]
    fields = QueryDict(mutable=True)
    for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', form):
        fields.appendlist(unescape(name), unescape(value))
    return found('action="(.*?)"', form), fields


def comments() -> list[str]:
    return [
        each.new for each in OrderEvent.objects.filter(kind="comment").order_by("pk")
    ]


def test_comment_is_shown_and_sent_again(client, ann, made_here):
    url = reverse("orders:comment", args=[made_here().pk])
    html = send(client, url, {"text": COMMENT}, OURS | {"Referer": f"{HERE}/orders/7/"})
    assert explanation(html) == f"{HAPPENED} {TYPED}"
    shown = found('<dl class="typed">(.*?)</dl>', html)
    assert text_of(shown) == ("Comment Broken &#34;hinge&#34; &lt;left&gt; Ask Jo")
    assert text_of(found(r"<p>(Sending it.*?)</p>", html)) == (
        "Sending it again does what you asked for on the page, with everything that was chosen "
        f"there, in the name of {ann.get_full_name()}."
    )
    assert f'<a class="button" href="/orders/7/">{AGAIN}</a>' in html
    assert comments() == []

    address, fields = offered(html)
    assert (address, fields["text"]) == (url, COMMENT)
    # Pressed twice: it is one form.
    for _time in range(2):
        assert client.post(address, fields.dict(), headers=OURS).status_code == 302
    assert comments() == ['Broken "hinge" <left>\nAsk Jo']


def test_every_value_is_sent_again(client, made_here):
    url = f"{reverse('orders:line-add', args=[made_here().pk])}?edit=note"
    values = {"q": "Screen", "quantity": "2", "price": "", "free": "1", "product": ""}
    html = send(client, url, values)
    address, fields = offered(html)
    assert address == url
    sent = {name: fields[name] for name in values}
    assert sent == values
    assert fields.getlist("form-key")[-1] == KEY
    assert "x" * 64 not in html
    shown = text_of(found('<dl class="typed">(.*?)</dl>', html))
    assert shown == "Product or service Screen Quantity 2"


def test_lines_of_a_new_order_have_their_numbers(client):
    values = {
        "line-0-q": "Screen",
        "line-1-q": "Cable",
        "line-1-price": "5",
        "lines": "2",
    }
    html = send(client, reverse("orders:create"), values)
    shown = text_of(found('<dl class="typed">(.*?)</dl>', html))
    assert shown == (
        "Product or service (1) Screen Product or service (2) Cable Price (2) 5"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver.evil.example"},
        {"Referer": f"{HERE}/orders/7/"},
    ],
)
def test_what_another_site_may_have_sent_is_neither_shown_nor_offered(
    client, made_here, headers
):
    url = reverse("orders:comment", args=[made_here().pk])
    html = send(client, url, {"text": "Pay 500 to Mallory"}, headers)
    assert "Mallory" not in html
    assert "<form" not in html
    assert explanation(html).endswith(LOST)


@pytest.mark.parametrize("name", ["Sec-Fetch-Site", "Origin"])
def test_one_word_of_the_browser_is_enough(client, made_here, name):
    url = reverse("orders:comment", args=[made_here().pk])
    html = send(client, url, {"text": "Call back"}, {name: OURS[name]})
    assert offered(html)[0] == url


def test_trusted_origin_is_another_site_too(client, made_here, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example"]
    url = reverse("orders:comment", args=[made_here().pk])
    headers = {"Origin": "https://other.example"}
    assert "<form" not in send(client, url, {"text": "Call"}, headers)


def test_who_is_signed_out_may_copy_what_was_typed():
    client = Client(headers={"Accept-Language": "en"})
    url = reverse("orders:comment", args=[7])
    html = send(
        client, url, {"text": "Call back"}, OURS | {"Referer": f"{HERE}/orders/7/"}
    )
    assert explanation(html) == f"{HAPPENED} {COPY}"
    assert text_of(found('<dl class="typed">(.*?)</dl>', html)) == "Comment Call back"
    assert "<form" not in html
    assert f">{LOG_IN}</a>" in html


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/login/", {"username": "kim", "password": "secret"}),
        ("/password/", {"old_password": "secret", "new_password1": "secret"}),
        ("/admin/auth/user/1/password/", {"password1": "secret"}),
        ("/admin/integrations/storeconnection/add/", {"access_token": "secret"}),
        ("/customers/1/erase/", {"word": "secret"}),
        ("/orders/views/1/", {"name": "secret", "delete": "1"}),
        ("/orders/1/delete/", {"seen": "secret"}),
        ("/orders/1/comments/", {"text": " "}),
        ("/no/", {"text": "secret"}),
    ],
)
def test_secrets_and_acts_without_a_text_are_not_sent_again(
    admin_user, address, values
):
    client = signed_in(admin_user)
    client.handler.enforce_csrf_checks = True
    answer = client.post(address, values, headers=OURS)
    assert answer.status_code in {403, 404}
    html = answer.content.decode()
    assert "secret" not in html
    assert "Send again" not in html


def test_scripts_that_keep_their_page_are_offered_nothing(client, made_here):
    url = reverse("orders:comment", args=[made_here().pk])
    html = send(client, url, {"text": "Call"}, OURS | {"HX-Request": "true"})
    assert "<form" not in html


def test_it_is_offered_in_german(kim, made_here):
    url = reverse("orders:comment", args=[made_here().pk])
    html = send(signed_in(kim, "de"), url, {"text": "Call"})
    assert ">Noch einmal senden</button>" in html
    assert "Kommentar" in html


OTHERS = {
    "ProductFilter": "only filters",
    "OrderFilter": "only filters",
    "CategoryRow": "in the administration",
    "ConnectionForm": "in the administration, with credentials",
    "LetterheadForm": "in the administration, with a file",
    "InvitationForm": "in the administration",
    "OnesOwnForm": "in the administration",
    "AdminLoginForm": "a password",
    "LoginForm": "a password",
    "DayForm": "nothing but the day of a selection, which would be of no use without it",
    "ZoneForm": "nothing but a zone",
}
"""Forms of ours in which people type, and why they are not sent again."""


def forms_below(base: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for each in base.__subclasses__():
        yield each
        yield from forms_below(each)


@pytest.mark.once
def test_no_form_in_which_people_type_is_forgotten():
    forgotten = {
        each.__name__
        for each in forms_below(forms.BaseForm)
        if each.__module__.partition(".")[0] not in {"django", "tests"}
        and not any(
            texts_of(each).items() <= labels.items() for labels in TEXTS.values()
        )
    }
    assert forgotten - OTHERS.keys() == set()


@pytest.mark.once
def test_every_view_with_texts_has_its_address():
    assert addresses().keys() >= TEXTS.keys()


def test_what_was_typed_before_one_was_logged_out_is_shown(made_here):
    """Its proof is still good; only the session has ended."""
    client = Client(headers={"Accept-Language": "en"})
    url = reverse("orders:comment", args=[made_here().pk])
    ours = OURS | {"Referer": f"{HERE}/orders/7/"}
    answer = client.post(url, {"text": COMMENT}, headers=ours)
    html = answer.content.decode()
    assert (answer.status_code, explanation(html)) == (403, f"{HAPPENED} {COPY}")
    shown = found('<dl class="typed">(.*?)</dl>', html)
    assert text_of(shown) == "Comment Broken &#34;hinge&#34; &lt;left&gt; Ask Jo"
    login = reverse("login", query={"next": "/orders/7/"})
    assert f'<a class="button primary" href="{login}">{LOG_IN}</a>' in html
    assert comments() == []

    for more in [{"Origin": "https://evil.example"}, {"HX-Request": "true"}]:
        answer = client.post(url, {"text": COMMENT}, headers=ours | more)
        assert "hinge" not in answer.content.decode()
        assert answer.status_code == 302
    assert comments() == []
