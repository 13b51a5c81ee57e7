from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from integrations.webhooks import views as webhooks
from orders.order_page import create_views
from orders.preferences.views import choose_language
from roapp import administration
from roapp.accounts import account
from roapp.accounts.colleagues import AcceptInvitation
from roapp.accounts.login import LoginForm
from roapp.operations import health
from roapp.web.caching import forget_whoever_was_here

handler500 = health.server_error
administration.load()
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="orders:list"), name="home"),
    path("orders/create/draft/", create_views.store_draft, name="store-draft"),
    path("orders/", include("orders.urls")),
    path("inventory/", include("inventory.urls")),
    path("inventory/", include("orders.product_data.urls")),
    path("customers/", include("customers.urls")),
    path("customers/", include("orders.customer_data.urls")),
    # A store's message cannot be redirected to where the slash is. The last one is what we tell stores.
    path("stores/webhooks/<str:domain>", webhooks.receive, name="webhooks"),
    path("stores/webhooks/<str:domain>/", webhooks.receive, name="webhooks"),
    path("stores/", include("integrations.urls")),
    path(
        "login/",
        forget_whoever_was_here(
            auth.LoginView.as_view(
                template_name="login.html",
                authentication_form=LoginForm,
                redirect_authenticated_user=True,
            )
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", choose_language, name="set_language"),
    path(
        "invitation/<str:uidb64>/<str:token>/",
        AcceptInvitation.as_view(),
        name="invitation",
    ),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("sessions/", account.signed_in, name="sessions"),
    path("sessions/end/", account.end_sessions, name="end-sessions"),
    path("admin/", admin.site.urls),
]
