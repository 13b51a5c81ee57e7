from django.urls import path

from orders.customer_data import doubtful_views, views

app_name = "people"
urlpatterns = [
    path("to-look-through/", doubtful_views.doubtful_matches, name="doubtful"),
    path("<int:pk>/decide/", doubtful_views.decide_match, name="decide"),
    path("<int:pk>/edit/", views.edit_customer, name="edit"),
    path("<int:pk>/phones/", views.change_phones, name="phones"),
    path("<int:pk>/merge/", views.merge_customers, name="merge"),
    path("<int:pk>/merges/<int:event>/undo/", views.undo_merge, name="undo"),
    path("<int:pk>/export/", views.export_customer, name="export"),
    path("<int:pk>/erase/", views.erase_customer, name="erase"),
]
