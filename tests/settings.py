"""The real settings with nothing of this machine in them, and cheap hashes for staff."""

import os
import tempfile

_OURS = (
    "STALWART_",
    "OIDC_",
    "REDIS_",
    "EMAIL_",
    "SCIM_",
    "SECRET_KEY",
    "FIELD_KEYS",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "MAIL_",
    "METRICS_",
    "LOG_",
    "DNS",
    "TRUSTED_PROXIES",
    "REQUIRE_OTP",
)
for _name in [name for name in os.environ if name.startswith(_OURS) and not name.startswith("STALWART_TEST_")]:
    del os.environ[_name]
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="panel-tests-")
os.environ["DNS_RESOLVERS"] = "127.0.0.1:1"  # nobody there: no test asks the world
os.environ["TIME_ZONE"] = "Africa/Johannesburg"
os.environ["STALWART_URL"] = "simulator:0.16"
os.environ["PANEL_ENV_FILE"] = os.devnull

from metrosure_admin.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405 - nothing is collected for tests
