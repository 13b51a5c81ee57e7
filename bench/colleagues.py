"""What a page weighs and costs in a shop of 5 and in a company of 500. On PostgreSQL; processor time is that
of the whole request, with middleware, as the test client sends it, without the database's.

BENCH_OLD_TREE names the folder of another checkout, which is measured in turns with this one.
"""

import os
import statistics
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from bench.processes import environment, told_by
from bench.tables import show
from tests.support.postgres import private_postgres

ORDERS = int(os.environ.get("BENCH_COLLEAGUES_ORDERS", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "200"))
TURNS = int(os.environ.get("BENCH_TURNS", "3"))
HERE = Path(__file__).resolve().parents[1]
MEASURE = """
import json, sys, time
import django
django.setup()
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from bench.filling import fill
from orders.models import Order
from roapp.memory import tune_garbage_collector

size, rounds = map(int, sys.argv[1:])
settings.DEBUG = settings.WHITENOISE_USE_FINDERS = False
settings.ALLOWED_HOSTS = ["testserver"]
call_command("migrate", verbosity=0)
managers = Group.objects.get(name__in=["Manager", "Leitung"])
if not Order.objects.exists():
    fill(size)
    User.objects.filter(username__in=["staff5", "staff6"]).update(is_active=False)
    User.objects.create_user("tab")
    managers.user_set.add(*User.objects.all())
client = Client()
client.force_login(User.objects.get(username="tab"))
newest = Order.objects.order_by("-pk").values_list("pk", flat=True)[0]
PAGES = {
    "the list": "/orders/",
    "an order's page": f"/orders/{newest}/",
    "a new order": "/orders/create/",
    "a row's menu": f"/orders/{newest}/people/?seen=",
}

def employ(number):
    User.objects.filter(username__startswith="colleague").delete()
    made = User.objects.bulk_create(
        User(username=f"colleague{each}", first_name="Given", last_name=f"Family {each}")
        for each in range(number - 5)
    )
    managers.user_set.add(*made)

def measured(url):
    for _ in range(10):
        page = client.get(url)
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    began = time.process_time()
    for _ in range(rounds):
        client.get(url)
    taken = (time.process_time() - began) / rounds * 1_000
    return len(page.content), len(packed.content), taken

tune_garbage_collector()
found = {}
for number in [5, 500]:
    employ(number)
    found[number] = {name: measured(url) for name, url in PAGES.items()}
print(json.dumps(found))
"""


def main() -> None:
    old = os.environ.get("BENCH_OLD_TREE")
    trees = {"before": Path(old), "after": HERE} if old else {"now": HERE}
    found = defaultdict(list)
    with ExitStack() as servers:
        urls = {
            name: servers.enter_context(private_postgres(["fsync=off", "jit=off"]))
            for name in trees
        }
        for _ in range(TURNS):
            for name, tree in trees.items():
                for number, pages in _measured(tree, urls[name]).items():
                    for page, figures in pages.items():
                        found[page, number, name].append(figures)
    show(
        f"Colleagues, {ORDERS:,} orders",
        ["page", "colleagues", "tree", "bytes", "compressed", "CPU ms"],
        [
            [page, number, name, *_figures(each)]
            for (page, number, name), each in sorted(found.items())
        ],
    )


def _figures(turns: list[list[float]]) -> list[str]:
    whole, packed, taken = zip(*turns, strict=True)
    return [f"{whole[0]:,}", f"{packed[0]:,}", f"{statistics.median(taken):.1f}"]


def _measured(tree: Path, url: str) -> dict[str, dict[str, list[float]]]:
    arguments = ["-c", MEASURE, str(ORDERS), str(ROUNDS)]
    found: dict[str, dict[str, list[float]]] = told_by(
        arguments, environment(url), tree
    )
    return found
