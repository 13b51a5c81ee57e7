"""``python -m fakeshop --port N --state FILE``: the demo store, until it is stopped."""

import argparse
import random
import signal
import sys
import threading
from pathlib import Path

from fakeshop.cost import Bucket
from fakeshop.demo import Demo, load, save
from fakeshop.server import ShopServer
from fakeshop.shop import FakeShop


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="fakeshop",
        description="A demo store that speaks Shopify's Admin API. Its token is demo-token.",
    )
    parser.add_argument("--port", type=int, default=9292)
    parser.add_argument(
        "--socket",
        type=int,
        metavar="DESCRIPTOR",
        help="one that listens, in the place of a port",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=Path("var/demo-store.json"),
        help="where its orders are kept",
    )
    parser.add_argument("--orders", type=int, default=140, help="in a new store")
    parser.add_argument(
        "--every",
        type=float,
        default=25,
        help="seconds between two things that happen, on average",
    )
    options = parser.parse_args()
    shop = FakeShop()
    shop.bucket = Bucket()
    shop.post.at_once = True
    try:
        known = load(shop, options.state)
    except ValueError as error:
        return _say(
            f"{options.state} is no demo store's state ({error}); move it away to begin with a new one."
        )
    try:
        server = ShopServer(shop, options.port, listening=options.socket)
    except OSError:
        return _say(f"Port {options.port} is taken; name a free one with --port.")
    # A restarted store goes on differently, or it would repeat itself.
    demo = Demo(shop, seed=len(shop.orders) + 7)
    if not known:
        demo.stock(options.orders)
    save(shop, options.state)
    _run(server, demo, options)
    return 0


def _run(server: ShopServer, demo: Demo, options: argparse.Namespace) -> None:
    stop = threading.Event()
    for number in [signal.SIGINT, signal.SIGTERM]:
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
    ).start()
    print(f"Gadget Garage sells at {server.url}", flush=True)
    while not stop.wait(options.every * random.uniform(0.5, 1.5)):
        demo.happen()
        save(demo.shop, options.state)
    server.shutdown()
    save(demo.shop, options.state)


def _say(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
