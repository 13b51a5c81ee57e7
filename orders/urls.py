from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("columns/", views.choose_columns, name="columns"),
    path("<int:pk>/", views.order_detail, name="detail"),
]
