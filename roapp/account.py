"""What people do with their own account."""

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _


class ChangePassword(views.PasswordChangeView):
    """The former password and twice the new one; whoever is signed in elsewhere is signed out there."""

    template_name = "password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("Your password was changed."))
        return answer
