from django.urls import path

from orders import bulk_views, detail, views

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("export/", views.export, name="export"),
    path("badges/", views.badges, name="badges"),
    path("bulk/", bulk_views.bulk, name="bulk"),
    path("bulk/progress/", bulk_views.bulk_progress, name="bulk-progress"),
    path("bulk/<int:pk>/", bulk_views.bulk_action, name="bulk-action"),
    path("columns/", views.choose_columns, name="columns"),
    path("new/", views.new_orders, name="new"),
    path("<int:pk>/", detail.order_detail, name="detail"),
]
