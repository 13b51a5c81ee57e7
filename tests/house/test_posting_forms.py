"""Every form that posts carries a one-time key, and every address that takes a post obeys it; a form that
stands on several pages leads back to the one it was sent from."""

import re
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from common.forms.one_time_keys import FIELD
from common.models import FormPost
from tests.support.addresses import PATTERNS, addresses
from tests.support.users import signed_in

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
KEY = "k" * 22
FORM = re.compile(r"<form\b(?:[^>{]|{{.*?}}|{%.*?%}|{#.*?#})*>.*?</form>", re.DOTALL)
POSTS = re.compile(r'method="post"|\bhx-(post|put|patch|delete)="')
OTHERS = {
    "store-draft": "stores what is typed, as often as it is typed",
    "login": "nobody is signed in yet; logging in twice is logging in",
    "logout": "a second time nobody is signed in",
    "set_language": "may be done as often as one likes",
    "webhooks": "from stores, which have ids of their own for what they send",
    "invitation": "its link is worth nothing after it was used",
}
"""Addresses outside of our namespaces that take posts, and why they need no key."""
GOING_BACK = {
    "orders:bulk",
    "orders:display",
    "orders:undo",
    "orders:view",
    "orders:views",
    "set_language",
    "stores:refresh",
    "stores:retry",
}
"""Addresses whose answer without JavaScript leads to the page that the form names as ``next``."""
ADDRESS = re.compile(r'action="{{ (?:url\("([^"]+)"|(\w+))')


def forms() -> list[tuple[str, str]]:
    """Every form that posts, with its template, from the disk."""
    return [
        (path.relative_to(TEMPLATES).as_posix(), form)
        for path in sorted(TEMPLATES.rglob("*.html"))
        for form in FORM.findall(path.read_text("utf-8"))
        if POSTS.search(form)
    ]


@pytest.mark.once
def test_every_form_that_posts_carries_a_key():
    found = forms()
    assert len(found) >= 40
    assert [name for name, form in found if "{{ csrf_input }}" not in form] == []


@pytest.mark.once
def test_no_form_that_posts_is_overlooked():
    texts = {path: path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")}
    opened = sum(len(re.findall('method="post"', text)) for text in texts.values())
    assert opened == sum(form.count('method="post"') for _name, form in forms())


def address_of(name: str, form: str) -> str:
    """The name of the address that a form posts to; empty where it is its page's own."""
    found = ADDRESS.search(form)
    if not found:
        return ""
    text = (TEMPLATES / name).read_text("utf-8")
    variable = re.search(rf'{{% set {found[2]} = url\("([^"]+)"', text)
    return found[1] or (variable[1] if variable else "")


@pytest.mark.once
def test_every_form_that_stands_on_several_pages_names_its_own():
    going_back = [
        (name, form) for name, form in forms() if address_of(name, form) in GOING_BACK
    ]
    assert {address_of(*each) for each in going_back} == GOING_BACK
    assert [name for name, form in going_back if 'name="next"' not in form] == []


@pytest.mark.once
def test_addresses_outside_of_our_namespaces_have_their_reason():
    patterns = [
        each for each in get_resolver().url_patterns if isinstance(each, URLPattern)
    ]
    reading = {"home", "sessions"}
    posting = {"password", "end-sessions"} | OTHERS.keys()
    assert {each.name for each in patterns} == reading | posting
    namespaces = {
        each.namespace
        for each in get_resolver().url_patterns
        if isinstance(each, URLResolver)
    }
    assert namespaces == {"admin"} | {name.partition(":")[0] for name in addresses()}


@pytest.mark.parametrize(
    "name", [*addresses(), "password", "end-sessions", "admin:orders_status_add"]
)
def test_every_address_obeys_a_key_that_is_used_up(name, admin_user):
    FormPost.objects.create(
        user=admin_user, key=KEY, digest="another form", at=timezone.now(), status=302
    )
    wanted = addresses()[name].pattern.converters if name in addresses() else {}
    url = reverse(name, kwargs={key: PATTERNS[key] for key in wanted})
    assert signed_in(admin_user).post(url, {FIELD: KEY}).status_code == 409
