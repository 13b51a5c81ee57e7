from inventory.models.category import Category, name_key
from inventory.models.event import ProductEvent, ProductEventKind
from inventory.models.product import EDITED, IdentifyBy, Product, ProductKey
from inventory.models.receipt import Receipt, ReceiptLine
from inventory.models.stock import MovementKind, StockLevel, StockMovement
from inventory.models.warehouse import Warehouse

__all__ = [
    "EDITED",
    "Category",
    "IdentifyBy",
    "MovementKind",
    "Product",
    "ProductEvent",
    "ProductEventKind",
    "ProductKey",
    "Receipt",
    "ReceiptLine",
    "StockLevel",
    "StockMovement",
    "Warehouse",
    "name_key",
]
