from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        import_module("accounts.checks")
        import_module("accounts.web.sessions")
        searchtext = import_module("accounts.models.searchtext")
        pre_migrate.connect(searchtext.take_away, sender=self)
        post_migrate.connect(searchtext.make, sender=self)
        # An embedded panel never loads Celery: it shares 2 GB with the mail server.
        if not settings.EMBEDDED:
            import_module(settings.CELERY_APP)
