from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from integrations.webhooks import views as webhooks
from roapp import health

handler500 = health.server_error
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="orders:list"), name="home"),
    path("orders/", include("orders.urls")),
    path("inventory/", include("inventory.urls")),
    path("inventory/", include("orders.product_data.urls")),
    path("customers/", include("customers.urls")),
    path("customers/", include("orders.customer_data.urls")),
    path("stores/webhooks/<str:domain>/", webhooks.receive, name="webhooks"),
    path("stores/", include("integrations.urls")),
    path(
        "login/",
        auth.LoginView.as_view(
            template_name="login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
