from django.urls import path

from orders import customer_views

app_name = "people"
urlpatterns = [
    path("<int:pk>/edit/", customer_views.edit_customer, name="edit"),
    path("<int:pk>/phones/", customer_views.change_phones, name="phones"),
    path("<int:pk>/merge/", customer_views.merge_customers, name="merge"),
    path("<int:pk>/merges/<int:event>/undo/", customer_views.undo_merge, name="undo"),
    path("<int:pk>/export/", customer_views.export_customer, name="export"),
    path("<int:pk>/erase/", customer_views.erase_customer, name="erase"),
]
