"""Logging in."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """A name that is too long for any account is not looked up, nor is it kept."""

    def clean(self) -> dict[str, Any]:
        longest = self.username_field.max_length or 0
        if len(self.cleaned_data.get("username", "")) > longest:
            raise self.get_invalid_login_error()
        return super().clean()


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """As everywhere, for those who may open the administration."""
