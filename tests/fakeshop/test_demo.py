"""What somebody who tries RO App finds in the demo."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import Settings

from fakeshop.demo import Demo
from fakeshop.server import serving
from fakeshop.serving import demo_data
from fakeshop.serving.demo_data import DEMO_LOGIN
from fakeshop.shop import FakeShop
from integrations.sync.polling import poll
from orders.models import SavedView
from tests.support.order_list import list_page, order_ids
from tests.support.shop import DOMAIN, connect
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings) -> Iterator[Demo]:
    """A demo store over HTTP that has just begun."""
    demo = Demo(FakeShop(domain=DOMAIN))
    demo.stock(60)
    with serving(demo.shop) as url:
        settings.SHOPIFY_URL = url
        yield demo


def test_demo_shows_what_the_list_can_do(demo, django_user_model):
    demo_data.make_login()
    connection = connect(since=None, no_first_import=False)
    call_command("import_orders", DOMAIN, verbosity=0)
    assert not demo_data.has_goods()
    demo_data.receive_goods()
    demo_data.do_some_work()
    while demo.coming:
        demo.happen()
    poll(connection.pk)

    client = signed_in(django_user_model.objects.get(username=DEMO_LOGIN))
    shown = ["due=overdue", "due=today", "attention=1", "at_store=refunded"]
    for query in shown:
        assert order_ids(list_page(client, f"?{query}")), query
    assert order_ids(list_page(client, "?q=356938035643809"))
    [view] = SavedView.objects.all()
    assert (view.is_shared, view.name) == (True, "Due in the next 7 days")
    html = list_page(client, f"?view={view.pk}")
    assert len(order_ids(html)) >= 15
