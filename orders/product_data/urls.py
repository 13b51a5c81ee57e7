from django.urls import path

from orders.product_data import views

app_name = "goods"
urlpatterns = [
    path("matches/<int:pk>/move/", views.move, name="move"),
    path("matches/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("matches/<int:pk>/remove/", views.remove, name="remove"),
    path("products/<int:pk>/merge/", views.merge_products, name="merge"),
    path("products/<int:pk>/merges/<int:event>/undo/", views.undo_merge, name="undo"),
]
