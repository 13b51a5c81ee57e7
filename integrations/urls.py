from django.urls import path

from integrations import store_views, views

app_name = "stores"
urlpatterns = [
    path("", store_views.stores, name="list"),
    path("cards/", store_views.store_cards, name="cards"),
    path("find/", store_views.find, name="find"),
    path("<int:pk>/poll/", store_views.poll, name="poll"),
    path("<int:pk>/compare/", store_views.compare, name="compare"),
    path("<int:pk>/orders/", store_views.ledger, name="ledger"),
    path("<int:pk>/retry/", store_views.retry_orders, name="retry"),
    path("<int:pk>/runs/", store_views.history, name="runs"),
    path("runs/<int:pk>/", store_views.run, name="run"),
    path("refresh/", views.refresh, name="refresh"),
    path("refresh/progress/", views.refresh_progress, name="refresh-progress"),
]
