"""Whether mail leaves this installation (EMAIL_URL)."""

from django.conf import settings

UNSENT_BACKENDS = {
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
    "roapp.operations.logged_mail.LoggedMail",
}


def is_set_up() -> bool:
    """False where mails are only printed, logged by their subject, or thrown away."""
    return settings.EMAIL_BACKEND not in UNSENT_BACKENDS
