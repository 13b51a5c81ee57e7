"""Settings of RO App. What differs between installations comes from the environment; README.md lists the
names."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from roapp import kinds
from roapp.environment import Environment, end_with_the_sentence
from roapp.schedule import Every

BASE_DIR = Path(__file__).resolve().parent.parent
end_with_the_sentence()
env = Environment(BASE_DIR / ".env")

DEBUG = env("DEBUG", kinds.yes_or_no, default=False)
VAR_DIR = env("VAR_DIR", kinds.folder, default=None) or kinds.folder(
    str(BASE_DIR / "var")
)
"""What processes write beside the database: exports of stores while they are read, and bundles of static
files. Nothing in it needs a backup."""

SECRET_KEY = env.required(
    "SECRET_KEY",
    kinds.secret_key,
    "it signs sessions and is a long random text",
    "development-only-" + "x" * 40 if DEBUG else None,
    secret=True,
)
ENCRYPTION_KEYS = env.required(
    "ENCRYPTION_KEYS",
    kinds.fernet_keys,
    "it encrypts the stores' credentials and is one or more Fernet keys, newest first, separated by commas",
    ["ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMtISE="] if DEBUG else None,
    secret=True,
)
ALLOWED_HOSTS = env.required(
    "ALLOWED_HOSTS",
    kinds.hosts,
    "it names the host names that serve RO App",
    ["127.0.0.1", "localhost"] if DEBUG else None,
)
DATABASE = env.required(
    "DATABASE_URL",
    kinds.database,
    "it names the PostgreSQL database",
    # No address, in which # and % of a folder's name would mean something.
    {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(VAR_DIR / "roapp.sqlite3"),
    }
    if DEBUG
    else None,
    secret=True,
)
REDIS_URL = env.required(
    "REDIS_URL",
    kinds.broker,
    "it names the Redis or Valkey server that carries background work",
    "redis://127.0.0.1:6379/0" if DEBUG else None,
    secret=True,
)
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS", kinds.origins, default=list[str]())

INSTALLED_APPS = [
    "common",
    "customers",
    "inventory",
    "orders",
    "integrations",
    "roapp.apps.RoAppConfig",
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
    "roapp.operations.logs.requests_numbered",
    "roapp.operations.health.probes",
    "roapp.operations.metrics.requests_counted",
    "roapp.web.clients.client_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "roapp.web.compression.CompressPages",
    "roapp.web.csp.content_security_policy",
    "roapp.web.caching.keep_nothing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.sessions.end_when_idle",
    "roapp.accounts.login.LoginRequired",
    "orders.preferences.activate_time_zone",
    "orders.preferences.activate_language",
    "roapp.web.not_allowed.explained",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "roapp.permissions.PermissionMiddleware",
    "common.forms.one_time_keys.OneTimeKeyMiddleware",
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
                "common.forms.one_time_keys.form_fields",
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

FORM_RENDERER = "roapp.fields.FieldRenderer"

DATABASES: dict[str, Any] = {"default": DATABASE}
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

COUNTRY = env("COUNTRY", kinds.country, default="DE")
"""Where phone numbers that staff write without a prefix are read, ISO 3166 alpha-2."""
GERMAN_SPEAKING = {"DE", "AT", "CH"}
LANGUAGE_CODE = env(
    "LANGUAGE_CODE",
    kinds.one_of("de", "en"),
    default="de" if COUNTRY in GERMAN_SPEAKING else "en",
)
"""Of what a fresh installation starts with, of mails and commands, and of whoever chose none."""
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "roapp.formats"
TIME_ZONE = env("TIME_ZONE", kinds.time_zone, default="Europe/Berlin")
USE_TZ = True
CURRENCY = env("CURRENCY", kinds.currency, default="EUR")
"""RO App's one currency, ISO 4217; chosen once (integrations.alerts.currency)."""

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "roapp.web.bundles.BundleFinder",
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
] + [{"NAME": "roapp.accounts.login.EndLock"}]
BEHIND_PROXY = env("BEHIND_PROXY", kinds.yes_or_no, default=False)
PROXY_COUNT = env("PROXY_COUNT", kinds.at_least(0), default=int(BEHIND_PROXY))
"""How many proxies each request comes through, all of which append to X-Forwarded-For."""
AXES_HANDLER = "roapp.accounts.login.Tries"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "roapp.accounts.login.counted_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

HTTPS_ONLY = env("HTTPS_ONLY", kinds.yes_or_no, default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
# How far browsers are told to use https alone, for a year: only an owner knows what else a domain serves.
HSTS = env("HSTS", kinds.one_of("off", "host", "subdomains", "preload"), default="host")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY and HSTS != "off" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS in {"subdomains", "preload"}
SECURE_HSTS_PRELOAD = HSTS == "preload"
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "roapp.web.expired_forms.form_expired"
FILE_UPLOAD_HANDLERS = ["roapp.web.uploads.OnlyTheLogo"]
# A page of an order sends what it shows of each line, and an order may have thousands.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SESSION_ENGINE = "common.session_store"
SESSION_COOKIE_HTTPONLY = True
if HTTPS_ONLY:
    # No other host of the domain can set these, whatever it is made to do.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_IDLE_HOURS = env("SESSION_IDLE_HOURS", kinds.at_least(1), default=12)
"""Whoever has done nothing for so long is signed out."""

MAIL = env(
    "EMAIL_URL",
    kinds.mail_server,
    default=kinds.mail_server("consolemail://"),
    secret=True,
)
if not DEBUG and MAIL["EMAIL_BACKEND"].endswith(".console.EmailBackend"):
    MAIL["EMAIL_BACKEND"] = "roapp.operations.logged_mail.LoggedMail"
vars().update(MAIL)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env(
    "FROM_EMAIL", kinds.sender, default="ro-app@localhost"
)
EMAIL_SUBJECT_PREFIX = "[RO App] "
EMAIL_TIMEOUT = 10
ADMINS = [
    ("Admin", address)
    for address in env("ADMIN_EMAILS", kinds.mail_addresses, default=list[str]())
]

PUBLIC_URL = env(
    "PUBLIC_URL",
    kinds.loopback_or_https_address if DEBUG else kinds.https_address,
    default="",
)
"""Where the world reaches this installation, https://…; empty: stores cannot send messages (webhooks) here.
"""
PLATFORMS = ["integrations.shopify.platform.Shopify"]
"""Where stores can be connected: subclasses of integrations.platforms.platform.Platform, by dotted path."""
SHOPIFY_API_VERSION = env(
    "SHOPIFY_API_VERSION", kinds.quarterly_version, default="2026-10"
)
SHOPIFY_URL = env("SHOPIFY_URL", kinds.loopback_address, default="")
"""Where the stores are reached: empty for https://{domain}; else a shop on a loopback address, for
development."""

KEEP_DAYS = {
    "sessions": 0,  # what has expired
    "logins": env("KEEP_LOGINS_DAYS", kinds.at_least(1), default=90),
    "imports": env("KEEP_IMPORTS_DAYS", kinds.at_least(1), default=365),
    "skipped": env("KEEP_SKIPPED_DAYS", kinds.at_least(60), default=730),
    "webhooks": env("KEEP_WEBHOOKS_DAYS", kinds.at_least(1), default=30),
    "actions": env("KEEP_ACTIONS_DAYS", kinds.at_least(1), default=30),
    "privacy": env("KEEP_PRIVACY_REQUESTS_DAYS", kinds.at_least(1), default=1_095),
}
"""For how many days what is kept; integrations.retention says what that is."""

METRICS_TOKEN = env("METRICS_TOKEN", kinds.token, default="", secret=True)
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
    # A worker takes the queues in turn, the one it took last comes last: none waits for another to be empty.
    "queue_order_strategy": "round_robin",
}
# A second try, on a new connection; then the tick finds the row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.2,
}
# What is soon over has queues of its own, and a worker that takes nothing else: however many imports run,
# stores are polled. A worker that is not told its queues takes all of them.
TASKS_OF_QUEUES = {
    "ticks": ["tick"],
    "polls": ["poll_stores", "check_store", "check_subscriptions"],
    "updates": ["refresh_store", "retry_store", "drain_inbox"],
    "long": [
        "advance_run",
        "clear_export_away",
        "continue_action",
        "send_mails",
        "sweep",
    ],
}
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {name: {} for name in TASKS_OF_QUEUES}
CELERY_TASK_DEFAULT_QUEUE = "polls"
CELERY_TASK_ROUTES = {
    f"integrations.tasks.{task}": {"queue": queue}
    for queue, tasks in TASKS_OF_QUEUES.items()
    for task in tasks
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
# Connections to the database outlive a task, as those of the web server outlive a request (roapp/celery.py).
CELERY_DB_REUSE_MAX = 1_000
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 270
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TIMEZONE = "UTC"
# Nothing is stored: a schedule with stamps of a wrong clock would stop beat for as long. The tick is all that
# beat sends; what is due is decided in the database. Expiry keeps a dead worker's ticks from piling up; it is
# longer than any turn of the others, or else a busy worker would get to no tick that is not over.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "integrations.tasks.tick",
        "schedule": Every(3.0),
        "options": {"expires": 60},
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "roapp.operations.logs.JsonLines"},
    },
    "filters": {
        "request": {"()": "roapp.operations.logs.OfRequest"},
        "secrets": {"()": "roapp.web.secret_paths.WithoutSecrets"},
    },
    # For people while developing, for machines in production.
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request", "secrets"],
            "formatter": env(
                "LOG_FORMAT",
                kinds.one_of("plain", "json"),
                default="plain" if DEBUG else "json",
            ),
        }
    },
    "root": {
        "handlers": ["console"],
        "level": env("LOG_LEVEL", kinds.log_level, default="INFO"),
    },
    "loggers": {
        # roapp.accounts.login says who tried, and from where.
        "axes": {"level": "ERROR"},
        # Without Django's mails of errors: they hold settings and what was typed, and anybody can cause one.
        "django": {"handlers": []},
        # Celery's pool speaks here of processes that died, and hands nothing on.
        "multiprocessing": {"handlers": ["console"], "propagate": False},
    },
}
