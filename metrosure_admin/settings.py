"""All settings, from the environment (README, "Settings"); nothing is read from it anywhere else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from metrosure_admin import env, keys, logs

BASE_DIR = Path(__file__).resolve().parent.parent
ENV_FILE = Path(env.text("PANEL_ENV_FILE", str(BASE_DIR / ".env"))).absolute()
env.load_file(ENV_FILE)

DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "data"))).absolute()
PORT = env.number("PORT", 8000, least=1, most=65535)
PUBLIC_URL = env.page("PUBLIC_URL", f"http://localhost:{PORT}")
REDIS_URL = env.secret("REDIS_URL")
METRICS_TOKEN = env.secret("METRICS_TOKEN")
"""Opens `/metrics` and `/health/detailed`; unset, the first is not there and the second is for staff."""
SECURE = urlsplit(PUBLIC_URL).scheme == "https"
EMBEDDED = not REDIS_URL

COMPANY_NAME = env.text("COMPANY_NAME", "Metrosure")
DEFAULT_DOMAIN = env.text("DEFAULT_DOMAIN")
WEBMAIL_URL = env.text("WEBMAIL_URL")
MAIL_HOST = env.text("MAIL_HOST")
MAIL_ADDRESSES = env.addresses("MAIL_ADDRESSES")
"""Where the mail host is reached from outside; unset: what DNS says."""

DNS_RESOLVERS = env.endpoints("DNS_RESOLVERS", 53)
"""Name servers that answer for everything; unset: the system's."""
DNSBL_ZONES = env.items("DNSBL_ZONES") or ["zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com"]

STALWART_URL = env.server("STALWART_URL", "simulator:0.16")
STALWART_TOKEN = env.secret("STALWART_TOKEN")
STALWART_USER = env.text("STALWART_USER")
STALWART_PASSWORD = env.secret("STALWART_PASSWORD")
STALWART_TIMEOUT = timedelta(seconds=env.number("STALWART_TIMEOUT", 15, least=1))
DEMO_ZONES = DATA_DIR / "demo-zones" if STALWART_URL.startswith("simulator:") and not DNS_RESOLVERS else None
"""The demo writes zone files here; where there are any, they answer in place of name servers."""
PAGE_TIMEOUT = timedelta(seconds=2)
"""How long a page waits for the mail server before it shows what we last knew."""
KNOCK_TIMEOUT = timedelta(milliseconds=500)
"""How long a page waits for a mail server that was silent when it was last asked."""

PASSWORD_STYLE = env.choice("PASSWORD_STYLE", "words", "words", "characters")
HEARTBEAT_FILE = env.text("HEARTBEAT_FILE")
"""Touched by a worker and by beat as long as they reach Redis, for whoever watches them."""
OUTBOX_LEASE = timedelta(seconds=env.number("OUTBOX_LEASE", 180, least=1))
"""How long a worker may be silent before another takes its operation; longer than a batch at the time-outs."""
SWEEP_PURGE_LIMIT = env.number("SWEEP_PURGE_LIMIT", 25)
"""More purges than this in one sweep wait for a person; locks and ends never do."""
QUEUE_STUCK_AFTER = timedelta(minutes=env.number("QUEUE_STUCK_AFTER", 60))
"""Mail that waits longer than this (in minutes) is told to the administrators."""
QUEUE_STUCK_COUNT = env.number("QUEUE_STUCK_COUNT", 200)
"""So is this much waiting mail, however short it has waited."""

OIDC_ISSUER = env.text("OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.secret("OIDC_CLIENT_SECRET")
OIDC_ROLE_CLAIM = env.text("OIDC_ROLE_CLAIM", "groups")
OIDC_ROLES = env.roles("OIDC_ROLES", "mail-admins=admin,hr=operator,audit=auditor", "auditor", "operator", "admin")
OIDC_ALGORITHM = env.choice("OIDC_ALGORITHM", "RS256", "RS256", "ES256", "ES384", "ES512")
OIDC_TIMEOUT = timedelta(seconds=env.number("OIDC_TIMEOUT", 5, least=1))
OIDC_ENABLED = bool(OIDC_ISSUER)
"""Half of the settings is not none: the panel then shuts its own door too, and `check` says what is missing."""
REQUIRE_OTP = env.flag("REQUIRE_OTP", default=OIDC_ENABLED)
"""Whether a password of this panel alone opens nothing: an app on the phone must say so too."""
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", "127.0.0.1,::1" if SECURE else "")
"""Who may say which address and scheme a request came by. The panel listens on this machine only and speaks no
https, so behind an https address there is a proxy beside it."""
PUT_RIGHT = env.chosen("PUT_RIGHT", "locked", "locked", "deadline", "directory", "credentials", "nothing")
"""What of a mailbox the panel puts right by itself where the mail server was changed from outside."""
SYNC_DOUBT = env.number("SYNC_DOUBT", 10)
"""More missing mailboxes than this, in per cent, are another server's and not a difference."""

KEYS_GIVEN = {name: bool(env.secret(name)) for name in ("SECRET_KEY", "FIELD_KEYS")}
_embedded_keys = keys.kept_in(DATA_DIR) if EMBEDDED and not env.is_before_setup() else None
SECRET_KEY = env.secret("SECRET_KEY") or (_embedded_keys.secret_key if _embedded_keys else "")
FIELD_KEYS = env.field_keys("FIELD_KEYS") or (_embedded_keys.field_keys if _embedded_keys else [])
if not (SECRET_KEY and FIELD_KEYS) and not env.is_before_setup():
    raise ImproperlyConfigured("SECRET_KEY and FIELD_KEYS must be set: README, “Settings”, says how to make them.")

DEBUG = False
# A container asks itself whether it lives, whatever names it has outside.
ALLOWED_HOSTS = [
    *(env.items("ALLOWED_HOSTS") or [urlsplit(PUBLIC_URL).hostname or "localhost"]),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "django_otp",
    "accounts.apps.AccountsConfig",
]
MIDDLEWARE = [
    "metrosure_admin.middleware.request_id",
    "metrosure_admin.proxies.client_address",
    "metrosure_admin.middleware.security_headers",
    # Around all that can say no, so that each no carries them too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.web.sessions.keep_to_its_time",
    "accounts.web.access.own_password_first",
    "accounts.web.access.second_factor_first",
    "accounts.web.access.within_reach",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "metrosure_admin.urls"
WSGI_APPLICATION = "metrosure_admin.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.web.context.panel",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"]),
            ],
            "builtins": ["accounts.templatetags.panel"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"


def _database() -> dict[str, Any]:
    """SQLite as tried in dependencies.md 11 (WAL, immediate transactions), or what DATABASE_URL says."""
    database = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'panel.sqlite3'}")
    if database["ENGINE"] != "django.db.backends.sqlite3":
        database["PASSWORD"] = env.secret("DATABASE_PASSWORD") or database.get("PASSWORD", "")
        # Only the web server has threads that come and go; workers keep their one connection.
        return {**database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    pragmas = {
        "journal_mode": "WAL",
        "synchronous": "NORMAL",
        "temp_store": "MEMORY",
        "mmap_size": 134_217_728,
        "cache_size": -8000,
        "journal_size_limit": 27_103_364,
        # Without it INSERT OR REPLACE deletes past the audit log's DELETE trigger.
        "recursive_triggers": "ON",
    }
    init = "".join(f"PRAGMA {name}={value};" for name, value in pragmas.items())
    return {**database, "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": init}}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Staff"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "accounts.web.oidc.backend.ProviderBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# The panel's own names above are what people set; these are what mozilla-django-oidc reads.
OIDC_RP_CLIENT_ID, OIDC_RP_CLIENT_SECRET = OIDC_CLIENT_ID, OIDC_CLIENT_SECRET
OIDC_RP_SIGN_ALGO = OIDC_ALGORITHM
OIDC_RP_SCOPES = "openid profile email" + (" entitlements" if OIDC_ROLE_CLAIM == "entitlements" else "")
OIDC_USE_PKCE = OIDC_USE_NONCE = OIDC_VERIFY_KID = OIDC_VERIFY_SSL = True
OIDC_PKCE_CODE_CHALLENGE_METHOD = "S256"
OIDC_ALLOW_UNSECURED_JWT = OIDC_STORE_ACCESS_TOKEN = OIDC_STORE_ID_TOKEN = False
OIDC_AUTHENTICATION_CALLBACK_URL = "oidc:callback"
OIDC_REDIRECT_ALLOWED_HOSTS: list[str] = []
OIDC_MAX_STATES = 10

# One person at one address is shut out for a while: never everybody behind a proxy, never the company's sign-in.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_WHITELIST_CALLABLE = "accounts.web.limits.is_no_password"
AXES_LOCKOUT_CALLABLE = "accounts.web.views.signing.shut_out"
AXES_CLIENT_IP_CALLABLE = "accounts.web.access.address_of"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "ip_address", "code"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.zone("TIME_ZONE", "Africa/Johannesburg")

# Room for a list that is pasted as cells; files are not held in memory and have their own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

EMAIL_CONFIG = env.mail("EMAIL_URL", "consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "panel@localhost")

SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrftoken"
CSRF_FAILURE_VIEW = "accounts.web.views.errors.form_too_old"
# A container asks itself whether it lives, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health$"]
# Whether browsers ship the name in their preload lists is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_HSTS_SECONDS = 365 * 86400 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"


def _origin(address: str) -> list[str]:
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Signing out leads on to the provider, and browsers hold a form to the end of its way.
        "form-action": [SELF, *_origin(OIDC_ISSUER)],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CELERY_APP = "metrosure_admin.celery"
CELERY_BROKER_URL = REDIS_URL or None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 30,
    "socket_keepalive": True,
    "visibility_timeout": 3600,
    # A page that wakes a worker must not wait for a Redis that is away: the next tick finds the work.
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 570
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_TIMEZONE = "UTC"
# Workers write their lines as the rest of the panel does.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOGGING = logs.configuration(
    env.choice("LOG_FORMAT", "text", "text", "json"),
    env.choice("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
)
