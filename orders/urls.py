from django.urls import path

from orders import act_views, bulk_views, create_views, detail, line_views, views, zones

app_name = "orders"
urlpatterns = [
    path("", views.order_list, name="list"),
    path("export/", views.export, name="export"),
    path("badges/", views.badges, name="badges"),
    path("bulk/", bulk_views.bulk, name="bulk"),
    path("bulk/progress/", bulk_views.bulk_progress, name="bulk-progress"),
    path("bulk/<int:pk>/", bulk_views.bulk_action, name="bulk-action"),
    path("columns/", views.choose_columns, name="columns"),
    path("time-zone/", zones.choose_time_zone, name="time-zone"),
    path("new/", views.new_orders, name="new"),
    path("create/", create_views.create, name="create"),
    path("find-customer/", act_views.find_customer, name="find-customer"),
    path("<int:pk>/", detail.order_detail, name="detail"),
    path("<int:pk>/statuses/", act_views.statuses, name="statuses"),
    path("<int:pk>/status/", act_views.set_status, name="status"),
    path("<int:pk>/assignee/", act_views.set_assignee, name="assignee"),
    path("<int:pk>/type/", act_views.set_type, name="type"),
    path("<int:pk>/customer/", act_views.set_customer, name="customer"),
    path("<int:pk>/due/", act_views.set_due, name="due"),
    path("<int:pk>/note/", act_views.set_note, name="note"),
    path("<int:pk>/comments/", act_views.add_comment, name="comment"),
    path("<int:pk>/lines/", line_views.add, name="line-add"),
    path("<int:pk>/lines/<int:line>/", line_views.change, name="line-change"),
    path("<int:pk>/lines/<int:line>/remove/", line_views.remove, name="line-remove"),
    path("<int:pk>/lines/<int:line>/difference/", line_views.decide, name="line-decide"),
    path("<int:pk>/write-off/", line_views.write_off, name="write-off"),
    path("<int:pk>/reverse/", line_views.put_back, name="reverse"),
]
