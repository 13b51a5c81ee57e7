from django.urls import path

from orders import detail, views

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("export/", views.export, name="export"),
    path("columns/", views.choose_columns, name="columns"),
    path("new/", views.new_orders, name="new"),
    path("<int:pk>/", detail.order_detail, name="detail"),
]
