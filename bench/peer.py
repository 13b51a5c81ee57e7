"""What another tool takes for the same orders: dlt merges them by id into PostgreSQL, from the REST form of
the same shop. Optional: it runs where ``var/peer`` has it (docs/benchmarks.md).

``python -m bench.peer ORDERS`` serves the orders; ``python bench/peer.py SHOP DATABASE FIELDS FOLDER`` is the
pipeline, run by the peer's own Python.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the peer's Python has no fake shop
    from fakeshop.records import Customer, Line, Order
    from fakeshop.shop import FakeShop

PYTHON = Path(__file__).parents[1] / "var" / "peer" / "bin" / "python"
PAGE = 250
OURS = {
    *[
        "id",
        "name",
        "created_at",
        "updated_at",
        "cancelled_at",
        "closed_at",
        "currency",
    ],
    *["financial_status", "fulfillment_status", "note", "note_attributes", "tags"],
    *["test", "total_price", "total_tax", "total_discounts", "taxes_included"],
    *["customer", "shipping_address", "line_items", "shipping_lines"],
}
"""The fields that RO App reads; those of an order's parts are in OUR_PARTS."""
OUR_PARTS = {
    "customer": ["id", "first_name", "last_name", "email", "phone"],
    "shipping_address": [
        *["first_name", "last_name", "company", "address1", "address2", "zip", "city"],
        *["country_code", "phone"],
    ],
    "line_items": [
        *["id", "name", "sku", "quantity", "current_quantity", "price"],
        *["total_discount", "product_id", "variant_id", "properties", "gift_card"],
    ],
    "shipping_lines": ["id", "title", "price"],
}


def measured(orders: int, url: str, fields: str, folder: str) -> dict[str, float]:
    """Seconds, processor time and MiB of one run into an empty schema."""
    command = [sys.executable, "-m", "bench.peer", str(orders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shop:
        try:
            address = shop.stdout.readline().strip()  # type: ignore[union-attr]  # it is a pipe
            run = [PYTHON, __file__, address, url, fields, folder]
            quiet = {
                "RUNTIME__DLTHUB_TELEMETRY": "false",
                "RUNTIME__LOG_LEVEL": "ERROR",
            }
            done = subprocess.run(
                run, env=quiet, check=True, stdout=subprocess.PIPE, text=True
            )
        finally:
            shop.terminate()
    return dict(json.loads(done.stdout.splitlines()[-1]))


def pipeline(shop: str, url: str, fields: str, folder: str) -> dict[str, float]:
    import dlt  # type: ignore[import-not-found]  # in an environment of its own
    import requests

    @dlt.resource(name="orders", primary_key="id", write_disposition="merge")  # type: ignore[untyped-decorator]  # dlt is not installed here
    def orders() -> Iterator[list[dict[str, Any]]]:
        address = f"{shop}/orders.json"
        with requests.Session() as session:
            while address:
                answer = session.get(address, timeout=60)
                found = answer.json()["orders"]
                yield found if fields == "all" else [_ours(each) for each in found]
                address = answer.links.get("next", {}).get("url", "")

    began = time.perf_counter()
    # It asks for a password, which a server that trusts us does not.
    target = dlt.destinations.postgres(url.replace("roapp@", "roapp:any@"))
    name = f"peer_{fields}_{time.time_ns()}"
    work = {"pipelines_dir": folder, "dataset_name": name}
    dlt.pipeline(name, destination=target, **work).run(orders())
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }


def _ours(order: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in order.items() if name in OURS}
    for name, wanted in OUR_PARTS.items():
        part = kept[name]
        narrow = [
            {key: each[key] for key in wanted}
            for each in (part if isinstance(part, list) else [part])
        ]
        kept[name] = narrow if isinstance(part, list) else narrow[0]
    return kept


def serve(orders: int) -> None:
    """Pages of orders as Shopify's REST API writes them, ready before they are asked for."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from fakeshop.prepared import large_shop

    shop = large_shop(orders, 5_000, 2_000)
    every = [_rest(shop, order) for order in shop.orders.values()]
    pages = [
        json.dumps({"orders": every[start : start + PAGE]}).encode()
        for start in range(0, len(every), PAGE)
    ]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            number = int(self.path.partition("page=")[2] or 0)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(pages[number])))
            if number + 1 < len(pages):
                here = f"http://{self.headers['Host']}/orders.json"
                self.send_header("Link", f'<{here}?page={number + 1}>; rel="next"')
            self.end_headers()
            self.wfile.write(pages[number])

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


def _rest(shop: "FakeShop", order: "Order") -> dict[str, Any]:
    """https://shopify.dev/docs/api/admin-rest/latest/resources/order, as far as the shop knows its values."""
    buyer = shop.customers[order.customer_id]
    address = _rest_address(order.shipping_address, buyer)
    items = sum(line.price * line.quantity for line in order.lines)
    delivery = order.shipping
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "app_id": 580111,
        "browser_ip": "192.0.2.17",
        "buyer_accepts_marketing": False,
        "cancel_reason": None,
        "cancelled_at": None,
        "cart_token": f"c{order.id}",
        "checkout_id": order.id + 1,
        "checkout_token": f"t{order.id}",
        "closed_at": None,
        "confirmation_number": f"N{order.id}",
        "confirmed": True,
        "contact_email": buyer.email,
        "created_at": order.created_at.isoformat(),
        "currency": order.currency,
        **_money("current_subtotal_price", items),
        **_money("current_total_discounts", 0),
        **_money("current_total_price", items + delivery),
        **_money("current_total_tax", 0),
        "customer_locale": "de-DE",
        "discount_applications": [],
        "discount_codes": [],
        "email": buyer.email,
        "estimated_taxes": False,
        "financial_status": order.financial.lower(),
        "fulfillment_status": None,
        "landing_site": "/",
        "location_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [],
        "number": int(order.name[1:]) - 1_000,
        "order_number": int(order.name[1:]),
        "order_status_url": f"https://shop.example.com/orders/{order.id}",
        "payment_gateway_names": ["shopify_payments"],
        "phone": buyer.phone,
        "presentment_currency": order.currency,
        "processed_at": order.created_at.isoformat(),
        "reference": None,
        "referring_site": "",
        "source_name": "web",
        "subtotal_price": str(items),
        "tags": "",
        "tax_exempt": False,
        "tax_lines": [],
        "taxes_included": True,
        "test": False,
        "token": f"o{order.id}",
        **_money("total_discounts", 0),
        **_money("total_line_items_price", items),
        "total_outstanding": "0.00",
        **_money("total_price", items + delivery),
        **_money("total_shipping_price", delivery),
        **_money("total_tax", 0),
        "total_tip_received": "0.00",
        "total_weight": 0,
        "updated_at": order.updated_at.isoformat(),
        "user_id": None,
        "billing_address": address,
        "shipping_address": address,
        "customer": {
            "id": buyer.id,
            "admin_graphql_api_id": f"gid://shopify/Customer/{buyer.id}",
            "created_at": order.created_at.isoformat(),
            "updated_at": order.created_at.isoformat(),
            "currency": order.currency,
            "email": buyer.email,
            "first_name": buyer.first_name,
            "last_name": buyer.last_name,
            "note": None,
            "phone": buyer.phone,
            "state": "disabled",
            "tags": "",
            "tax_exempt": False,
            "verified_email": True,
            "default_address": address,
        },
        "fulfillments": [],
        "line_items": [_rest_line(line) for line in order.lines],
        "refunds": [],
        "shipping_lines": [
            {
                "id": order.id + 2,
                "carrier_identifier": None,
                "code": order.delivery,
                "discount_allocations": [],
                **_money("discounted_price", delivery),
                "phone": None,
                **_money("price", delivery),
                "source": "shopify",
                "tax_lines": [],
                "title": order.delivery,
            }
        ],
    }


def _rest_line(line: "Line") -> dict[str, Any]:
    return {
        "id": line.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
        "current_quantity": line.current_quantity,
        "discount_allocations": [],
        "duties": [],
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": line.is_gift_card,
        "grams": 0,
        "name": line.title,
        **_money("price", line.price),
        "product_exists": True,
        "product_id": line.product_id,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": True,
        "sku": line.sku,
        "tax_lines": [],
        "taxable": line.taxable,
        "title": line.title,
        **_money("total_discount", line.discount),
        "variant_id": line.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": line.variant_title,
        "vendor": "Gadget Garage",
    }


def _rest_address(
    address: Any,  # noqa: ANN401  an Address, which every order here has
    buyer: "Customer",
) -> dict[str, Any]:
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "zip": address.zip,
        "city": address.city,
        "province": None,
        "province_code": None,
        "country": "Germany",
        "country_code": "DE",
        "latitude": 52.5,
        "longitude": 13.4,
        "name": f"{address.first_name} {address.last_name}",
        "phone": buyer.phone,
    }


def _money(name: str, amount: Decimal | int) -> dict[str, Any]:
    both = {"amount": f"{amount:.2f}", "currency_code": "EUR"}
    return {
        name: f"{amount:.2f}",
        f"{name}_set": {"shop_money": both, "presentment_money": both},
    }


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(pipeline(*sys.argv[1:])))
    else:
        serve(int(sys.argv[1]))
