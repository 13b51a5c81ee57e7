from django.urls import path

from inventory.views import categories, product_list, products, receipts, warehouses

app_name = "inventory"
urlpatterns = [
    path("", product_list.product_list, name="products"),
    path("find/", product_list.find, name="find"),
    path("products/new/", products.new_product, name="product-new"),
    path("products/<int:pk>/", products.product, name="product"),
    path("products/<int:pk>/edit/", products.edit_product, name="product-edit"),
    path("products/<int:pk>/correct/", products.correct_stock, name="product-correct"),
    path(
        "products/<int:pk>/archive/", products.archive_product, name="product-archive"
    ),
    path(
        "products/<int:pk>/restore/", products.restore_product, name="product-restore"
    ),
    path("categories/", categories.categories, name="categories"),
    path("categories/new/", categories.new_category, name="category-new"),
    path("categories/<int:pk>/", categories.edit_category, name="category-edit"),
    path("warehouses/", warehouses.warehouses, name="warehouses"),
    path("warehouses/new/", warehouses.new_warehouse, name="warehouse-new"),
    path("warehouses/<int:pk>/", warehouses.edit_warehouse, name="warehouse-edit"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/new/", receipts.new_receipt, name="receipt-new"),
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
    path("receipts/<int:pk>/edit/", receipts.edit_receipt, name="receipt-edit"),
    path("receipts/<int:pk>/post/", receipts.post_receipt, name="receipt-post"),
    path(
        "receipts/<int:pk>/discard/", receipts.discard_receipt, name="receipt-discard"
    ),
]
