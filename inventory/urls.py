from django.urls import path

from inventory import category_views, product_views, receipt_views, views, warehouse_views

app_name = "inventory"
urlpatterns = [
    path("", views.product_list, name="products"),
    path("find/", views.find, name="find"),
    path("products/new/", product_views.new_product, name="product-new"),
    path("products/<int:pk>/", product_views.product, name="product"),
    path("products/<int:pk>/edit/", product_views.edit_product, name="product-edit"),
    path("products/<int:pk>/correct/", product_views.correct_stock, name="product-correct"),
    path("categories/", category_views.categories, name="categories"),
    path("categories/new/", category_views.new_category, name="category-new"),
    path("categories/<int:pk>/", category_views.edit_category, name="category-edit"),
    path("warehouses/", warehouse_views.warehouses, name="warehouses"),
    path("warehouses/new/", warehouse_views.new_warehouse, name="warehouse-new"),
    path("warehouses/<int:pk>/", warehouse_views.edit_warehouse, name="warehouse-edit"),
    path("receipts/", receipt_views.receipts, name="receipts"),
    path("receipts/new/", receipt_views.new_receipt, name="receipt-new"),
    path("receipts/<int:pk>/", receipt_views.receipt, name="receipt"),
    path("receipts/<int:pk>/edit/", receipt_views.edit_receipt, name="receipt-edit"),
    path("receipts/<int:pk>/post/", receipt_views.post_receipt, name="receipt-post"),
    path("receipts/<int:pk>/discard/", receipt_views.discard_receipt, name="receipt-discard"),
]
