from django.urls import path

from integrations.alerts import views as alerts
from integrations.refresh import views as refresh
from integrations.store_pages import views as store_pages

app_name = "stores"
urlpatterns = [
    path("", store_pages.stores, name="list"),
    path("banners/", alerts.show_banners, name="banners"),
    path("cards/", store_pages.store_cards, name="cards"),
    path("find/", store_pages.find, name="find"),
    path("<int:pk>/poll/", store_pages.poll, name="poll"),
    path("<int:pk>/compare/", store_pages.compare, name="compare"),
    path("<int:pk>/orders/", store_pages.unimported_orders, name="unimported"),
    path("<int:pk>/retry/", store_pages.retry_orders, name="retry"),
    path("<int:pk>/weeks/", store_pages.weeks_behind, name="weeks"),
    path("<int:pk>/runs/", store_pages.history, name="runs"),
    path("runs/<int:pk>/", store_pages.run, name="run"),
    path("refresh/", refresh.refresh, name="refresh"),
    path("refresh/progress/", refresh.refresh_progress, name="refresh-progress"),
]
