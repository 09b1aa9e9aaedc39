from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        import_module("accounts.checks")
        import_module("accounts.web.sessions")
        # An embedded panel never loads Celery: it shares 2 GB with the mail server.
        if not settings.EMBEDDED:
            import_module(settings.CELERY_APP)
