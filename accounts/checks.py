"""System checks of Django's `check`: what would make a deployed panel unsafe, and whether the log is guarded."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

_SIMULATOR = "simulator:"
_MIGRATION = "0002_audit_is_append_only"
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


@register(Tags.security, deploy=True)
def configuration(**_: Any) -> list[CheckMessage]:
    """Refuse to deploy with a simulated mail server, without credentials, or with plain http."""
    found: list[CheckMessage] = []
    if settings.STALWART_URL.startswith(_SIMULATOR):
        hint = "Set STALWART_URL to the address of your mail server."
        found.append(Error("The mail server is the simulator.", hint=hint, id="panel.E001"))
    elif not (settings.STALWART_TOKEN or (settings.STALWART_USER and settings.STALWART_PASSWORD)):
        hint = "Set STALWART_TOKEN, or STALWART_USER and STALWART_PASSWORD."
        found.append(Error("The panel has no credentials for the mail server.", hint=hint, id="panel.E002"))
    if not settings.SECURE:
        hint = "Set PUBLIC_URL to an https address; a proxy in front of the panel holds the certificate."
        found.append(Warning("The panel is served over plain http.", hint=hint, id="panel.W001"))
    return found


@register(Tags.security)
def sign_in(**_: Any) -> list[CheckMessage]:
    """Name what is half filled in of the company's sign-in: until it is whole, nobody gets in by it."""
    if not settings.OIDC_ISSUER:
        lonely = [name for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if getattr(settings, name)]
        hint = "Set OIDC_ISSUER to the issuer of the provider, with the slash at its end."
        return [Error(f"{lonely[0]} is set, OIDC_ISSUER is not.", hint=hint, id="panel.E004")] if lonely else []
    found: list[CheckMessage] = []
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not getattr(settings, name):
            hint = "Copy it from the provider; docs/authentik.md says where it stands."
            found.append(Error(f"OIDC_ISSUER is set, {name} is not.", hint=hint, id="panel.E005"))
    if "admin" not in settings.OIDC_ROLES.values():
        hint = "Write one such as OIDC_ROLES=mail-admins=admin,hr=operator."
        found.append(Error("No group of OIDC_ROLES is administrator.", hint=hint, id="panel.E006"))
    if settings.OIDC_ALLOW_UNSECURED_JWT:
        found.append(Error("Tokens without a signature are taken.", id="panel.E007"))
    if settings.SECURE and not settings.OIDC_ISSUER.startswith("https://"):
        hint = "Give the provider a certificate; its answers open this panel."
        found.append(Warning("OIDC_ISSUER is not https.", hint=hint, id="panel.W002"))
    if not settings.REQUIRE_OTP:
        hint = "Leave REQUIRE_OTP out."
        found.append(Warning("The emergency key opens by a password alone.", hint=hint, id="panel.W003"))
    return found


@register(Tags.database)
def log_is_guarded(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Count the triggers that make the log append-only; a rebuilt table on SQLite loses them silently."""
    return [
        Error(
            f"The log is not guarded: {', '.join(sorted(missing))} missing.",
            hint="Make the triggers again: migration 0002 of accounts has them.",
            id="panel.E003",
        )
        for alias in databases or ()
        if (missing := missing_triggers(alias))
    ]


def missing_triggers(alias: str = "default") -> set[str]:
    """Return the log's triggers that the database should have by now and has not."""
    connection = connections[alias]
    if ("accounts", _MIGRATION) not in MigrationRecorder(connection).applied_migrations():
        return set()
    migration = import_module(f"accounts.migrations.{_MIGRATION}")
    wanted: set[str] = set(migration.SQLITE)
    if connection.vendor == "postgresql":
        wanted = {line.split()[2] for line in migration.POSTGRES.splitlines() if line.startswith("CREATE TRIGGER")}
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS[connection.vendor])
        return wanted - {name for (name,) in cursor.fetchall()}
