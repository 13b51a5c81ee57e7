"""Shopify's JSON in our words, with everything that a shop can put into it."""

from pathlib import Path

PAYLOAD = Path(__file__).with_name("order.json")
