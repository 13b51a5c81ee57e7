"""Settings of RO App. What differs between installations comes from the environment; README.md lists the
names."""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
"""What processes write beside the database: exports of stores while they are read, and bundles of static
files. Nothing in it needs a backup."""
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"VAR_DIR is {VAR_DIR}, which cannot be made ({error.strerror}). "
        "Name a folder that RO App may write to."
    ) from None


def required(name: str, why: str, development: str) -> str:
    """The environment's value; in production a missing one is refused with a sentence."""
    value = env.str(name, default="")
    if not value and not DEBUG:
        raise ImproperlyConfigured(
            f"{name} is not set. {why} README.md, section Deployment, shows how."
        )
    return value or development


SECRET_KEY = required(
    "SECRET_KEY",
    "It signs sessions; set it to a long random text.",
    "development-only-" + "x" * 40,
)
ENCRYPTION_KEYS = required(
    "ENCRYPTION_KEYS",
    "It encrypts the stores' credentials; set it to one or more Fernet keys, newest first, separated by "
    "commas.",
    "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMtISE=",
).split(",")
ALLOWED_HOSTS = [
    host
    for host in required(
        "ALLOWED_HOSTS", "Name the host names that serve RO App.", "127.0.0.1,localhost"
    ).split(",")
    if host
]
DATABASE_URL = required(
    "DATABASE_URL",
    "It names the PostgreSQL database.",
    f"sqlite:///{VAR_DIR}/roapp.sqlite3",
)
REDIS_URL = required(
    "REDIS_URL",
    "It names the Redis or Valkey server that carries background work.",
    "redis://127.0.0.1:6379/0",
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "common",
    "customers",
    "inventory",
    "orders",
    "integrations",
    "roapp.administration.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
]
if DEBUG:
    # The demo and the command that starts it; the production image holds neither.
    INSTALLED_APPS.append("fakeshop")
MIDDLEWARE = [
    "roapp.clients.client_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "roapp.csp.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "orders.preferences.activate_time_zone",
    "orders.preferences.activate_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "roapp.permissions.PermissionMiddleware",
    "common.one_time_keys.OneTimeKeyMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "orders.preferences.BackendWithPreferences",
]
ROOT_URLCONF = "roapp.urls"
WSGI_APPLICATION = "roapp.wsgi.application"
TEMPLATES = [
    # Our own pages. What Jinja does not find is Django's: the administration.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "roapp.jinja.environment",
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "integrations.alerts.banners.banners",
                "common.one_time_keys.form_fields",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"admin_tags": "roapp.admin_tags"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without IMMEDIATE two writers fail with "database is locked" instead of waiting for each other.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Tests use a file too: a database in memory cannot be shared by threads.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

COUNTRY = env.str("COUNTRY", default="DE")
"""Where phone numbers that staff write without a prefix are read, ISO 3166 alpha-2."""
GERMAN_SPEAKING = {"DE", "AT", "CH"}
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="") or (
    "de" if COUNTRY in GERMAN_SPEAKING else "en"
)
"""Of what a fresh installation starts with, of mails and commands, and of whoever chose none."""
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "roapp.formats"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
USE_TZ = True
CURRENCY = env.str("CURRENCY", default="EUR")
"""RO App's one currency, ISO 4217."""

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "roapp.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "orders:list"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in [
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    ]
] + [{"NAME": "roapp.login.EndLock"}]
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
PROXY_COUNT = int(env.str("PROXY_COUNT", default="") or BEHIND_PROXY)
"""How many proxies each request comes through, all of which append to X-Forwarded-For."""
AXES_HANDLER = "roapp.login.Tries"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "roapp.login.counted_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

HTTPS_ONLY = env.bool("HTTPS_ONLY", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A page of an order sends what it shows of each line, and an order may have thousands.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SESSION_COOKIE_HTTPONLY = True

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("FROM_EMAIL", default="ro-app@localhost")
EMAIL_SUBJECT_PREFIX = "[RO App] "
EMAIL_TIMEOUT = 10
ADMINS = [("Admin", address) for address in env.list("ADMIN_EMAILS", default=[])]

PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
"""Where the world reaches this installation, https://…; empty: stores cannot send messages (webhooks) here.
"""
if PUBLIC_URL and not PUBLIC_URL.startswith(
    ("https://", "http://127.0.0.1:") if DEBUG else "https://"
):
    raise ImproperlyConfigured(
        "PUBLIC_URL must begin with https://: stores send messages to no other address."
    )
PLATFORMS = ["integrations.shopify.platform.Shopify"]
"""Where stores can be connected: subclasses of integrations.platforms.platform.Platform, by dotted path."""
SHOPIFY_API_VERSION = env.str("SHOPIFY_API_VERSION", default="2026-10")
SHOPIFY_URL = env.str("SHOPIFY_URL", default="")
"""Where the stores are reached: empty for https://{domain}; else a shop on a loopback address, for
development."""

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""What a Prometheus shows to read /metrics; empty: there is no such page."""

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A killed worker's task comes back after five minutes at the latest; without the throttle after ten times
    # that.
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # Without a socket timeout a worker on a half-open connection stays silent for ever.
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "max_retries": None,
}
# A second try, on a new connection; then the tick finds the row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 270
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING says how lines look, of workers too
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # Which store is due is decided in the database; the tick only looks. Expiry keeps a dead worker's ticks
    # from piling up.
    "tick": {
        "task": "integrations.tasks.tick",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "mails": {
        "task": "integrations.tasks.send_mails",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep": {
        "task": "integrations.tasks.sweep",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 3_600},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "roapp.logs.JsonLines"},
    },
    # For people while developing, for machines in production.
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", default="plain" if DEBUG else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # roapp.login says who tried, and from where.
        "axes": {"level": "ERROR"},
        # Without Django's mails of errors: they hold settings and what was typed, and anybody can cause one.
        "django": {"handlers": []},
    },
}
