"""Lists the customers whose orders came together through a phone number that identifies nobody: not valid, read with the
store's country where the address is in another one, or perhaps with extensions, of which no trace was kept. Nobody is
split: a person looks through them."""

import re
from collections import defaultdict

import phonenumbers
from django.db import migrations
from django.db.models import Count

CHUNK = 500
COUNTRY = re.compile(r"[A-Z]{2}")


def list_doubtful(apps, schema_editor):
    DoubtfulMatch = apps.get_model("customers", "DoubtfulMatch")
    ids = sorted(_accounts_of_several(apps) | _guests(apps))
    for start in range(0, len(ids), CHUNK):
        DoubtfulMatch.objects.bulk_create(
            [
                DoubtfulMatch(customer_id=customer_id, number=number, doubt=doubt)
                for customer_id, number, doubt in _doubtful(apps, ids[start : start + CHUNK])
            ],
            ignore_conflicts=True,
        )


def _accounts_of_several(apps):
    """Customers with several ids at stores."""
    keys = apps.get_model("customers", "CustomerKey").objects
    accounts = keys.exclude(key__startswith="phone:").exclude(key__startswith="email:")
    several = accounts.values("customer").annotate(number=Count("id")).filter(number__gt=1)
    return set(several.values_list("customer", flat=True))


def _guests(apps):
    """Customers with orders of guests."""
    orders = apps.get_model("orders", "Order").objects
    guests = orders.filter(store__isnull=False, store_customer="", customer__isnull=False)
    return set(guests.values_list("customer", flat=True).distinct())


def _doubtful(apps, ids):
    """Customer, number and doubt, for those of these customers who are several people."""
    keys, merged = _keys(apps, ids), _merged_keys(apps, ids)
    guests, countries = _orders(apps, ids)
    living = apps.get_model("customers", "Customer").objects.filter(
        pk__in=ids, merged_into__isnull=True, erased_at__isnull=True
    )
    for customer in living:
        accounts = [
            key
            for key in keys[customer.pk]
            if not key.startswith(("phone:", "email:")) and key not in merged[customer.pk]
        ]
        name = f"{customer.first_name} {customer.last_name}".strip().casefold()
        names = guests[customer.pk] | {name} if guests[customer.pk] else set()
        if len(accounts) < 2 and len(names) < 2:
            continue
        places = countries[customer.pk] | _country_of(customer.address)
        stores = [key.rpartition(":")[0] for key in accounts]
        shared = len(set(stores)) < len(stores)
        for key in keys[customer.pk]:
            number = key.removeprefix("phone:")
            if number != key and (doubt := _doubt(number, places, shared)):
                yield customer.pk, number, doubt


def _keys(apps, ids):
    rows = apps.get_model("customers", "CustomerKey").objects.filter(customer__in=ids)
    found = defaultdict(list)
    for customer_id, key in rows.order_by("id").values_list("customer", "key"):
        found[customer_id].append(key)
    return found


def _merged_keys(apps, ids):
    """The keys that came to these customers because a person merged them."""
    events = apps.get_model("customers", "CustomerEvent").objects
    merges = events.filter(customer__in=ids, kind="merged", record__isnull=False)
    found = defaultdict(set)
    for customer_id, record in merges.values_list("customer", "record"):
        found[customer_id].update((record or {}).get("keys", []))
    return found


def _orders(apps, ids):
    """The names on the orders of guests, and the countries on all, by customer."""
    orders = apps.get_model("orders", "Order").objects
    rows = orders.filter(customer__in=ids, store__isnull=False).exclude(delivery_address="")
    guests, countries = defaultdict(set), defaultdict(set)
    for customer_id, account, address in rows.values_list(
        "customer", "store_customer", "delivery_address"
    ).iterator(chunk_size=1_000):
        countries[customer_id] |= _country_of(address)
        if not account:
            guests[customer_id].add(address.splitlines()[0].strip().casefold())
    return guests, countries


def _country_of(address):
    lines = address.splitlines()[-1:]
    return {line for line in lines if COUNTRY.fullmatch(line)}


def _doubt(number, countries, shared):
    try:
        read = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "invalid"
    if not phonenumbers.is_valid_number(read):
        return "invalid"
    home = phonenumbers.region_code_for_number(read)
    national = phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.NATIONAL)
    if any(_is_valid(national, country) for country in countries - {home}):
        return "country"
    kind = phonenumbers.number_type(read)
    return "extension" if shared and kind != phonenumbers.PhoneNumberType.MOBILE else ""


def _is_valid(national, country):
    """Whether the number, as it may have been typed, is one of this country too."""
    try:
        read = phonenumbers.parse(national, country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(read, country)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("customers", "0008_doubtful_matches"),
        ("orders", "0017_words_of_labels"),
    ]
    operations = [migrations.RunPython(list_doubtful, migrations.RunPython.noop)]
