from django.urls import path

from integrations import views

app_name = "stores"
urlpatterns = [
    path("refresh/", views.refresh, name="refresh"),
    path("refresh/progress/", views.refresh_progress, name="refresh-progress"),
]
