"""Lists whose results change by themselves: the address is that of the page that is shown."""

import pytest

from customers.editing import create_customer
from tests.support.html import href
from tests.support.incoming import order
from tests.support.order_list import PART
from tests.support.stock import goods
from tests.support.times import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["/orders/", "/customers/", "/inventory/"])
def path(request, bring) -> str:
    """The address of a list that has two pages."""
    for number in range(60):
        match request.param:
            case "/customers/":
                create_customer({"first_name": f"Nr {number}"}, by_id=None, now=NOW)
            case "/inventory/":
                goods(f"Part {number}")
    if request.param == "/orders/":
        bring(*(order(number) for number in range(60)))
    return str(request.param)


def test_turned_page_has_its_own_address_until_something_else_is_asked_for(
    client, path
):
    def results(url):
        """What stands on the page, and its address."""
        answer = client.get(url, headers=PART)
        html = answer.content.decode()
        return (
            html.partition("<tbody")[2].partition("</tbody>")[0],
            html,
            answer["HX-Push-Url"],
        )

    _, first, address = results(f"{path}?q=&sort=")
    whole = f"{path}?view=all" if path == "/orders/" else f"{path}?"
    assert address == whole
    rows, second, turned = results(path + href(first, "next"))
    assert turned.startswith(f"{path}?after=")
    assert results(turned)[0] == rows
    assert results(f"{turned}&q=zzz")[2] == f"{path}?q=zzz"
    assert results(path + href(second, "prev"))[2] == whole
    assert results(f"{path}?after=nonsense")[2] == whole
