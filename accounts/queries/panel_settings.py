"""How the panel is set up, in words: what the environment fixes, what the program fixes, and what the server says.

Never a secret: of what is one, only whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import lookups, mailserver
from accounts.domain import plan
from accounts.domain import sessions as session_rules
from accounts.domain.bulk import MOST_AT_ONCE
from accounts.domain.passwords import SHORTEST
from accounts.domain.tokens import MOST_DAYS
from accounts.queries import pulses, words

_TOPICS: dict[str, Promise] = {
    "domains": gettext_lazy("Change and delete mail domains"),
    "lists": gettext_lazy("Mailing lists"),
    "groups": gettext_lazy("Groups"),
    "dkim": gettext_lazy("Signing keys (DKIM)"),
    "dkim_rotation": gettext_lazy("Let the mail server change keys by itself"),
    "queue": gettext_lazy("Waiting mail"),
    "blocked": gettext_lazy("Blocked addresses"),
    "delivery": gettext_lazy("How mail leaves the mail server"),
    "log": gettext_lazy("The mail server's log"),
    "app_passwords": gettext_lazy("Passwords of apps and devices"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    label: str
    value: str
    variable: str = ""
    """The name in the environment that fixes it; empty: the program does."""


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    settings: list[Setting]


@dataclass(frozen=True, slots=True)
class Permission:
    """A part of the work, and what the panel's key on the mail server lacks for it."""

    topic: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    server: pulses.Server
    settings: list[Setting]
    permissions: list[Permission]
    is_known: bool
    """The server has told what our key may do."""


def connection_facts(now: datetime) -> Connection:
    server, facts = pulses.machinery(now).server, pulses.server_facts()
    lacking: dict[str, list[str]] = facts.get("lacking") or {}
    missing = Permission(_("Mailboxes and their passwords"), tuple(facts.get("missing") or ()))
    others = [Permission(str(name), tuple(lacking.get(topic, ()))) for topic, name in _TOPICS.items()]
    unnamed = [Permission(topic, tuple(names)) for topic, names in lacking.items() if topic not in _TOPICS]
    return Connection(server, _connection(), [missing, *others, *unnamed], is_known="generation" in facts)


def sections() -> list[Section]:
    return [
        Section("company", _("Company"), _company()),
        Section("sign-in", _("Signing in here"), _sign_in()),
        Section("passwords", _("Passwords"), _passwords()),
        Section("limits", _("Limits"), _limits()),
        Section("dns", _("DNS"), _dns()),
        Section("machinery", _("Machinery"), _machinery()),
    ]


def _connection() -> list[Setting]:
    patience = _seconds(settings.STALWART_TIMEOUT)
    return [
        Setting(_("Address"), _address(), "STALWART_URL"),
        Setting(_("Signs in with"), *_credentials()),
        Setting(_("Waits for an answer"), patience, "STALWART_TIMEOUT"),
    ]


def _address() -> str:
    """Return where the mail server is; a name and a password that stand in an address are left out."""
    if mailserver.is_simulated():
        return _("simulated inside of this panel")
    parts = urlsplit(settings.STALWART_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _credentials() -> tuple[str, str]:
    if settings.STALWART_TOKEN:
        return _("a token, which is not shown"), "STALWART_TOKEN"
    if settings.STALWART_USER:
        return _("%(name)s and a password, which is not shown") % {"name": settings.STALWART_USER}, "STALWART_USER"
    return (_("the simulator's own") if mailserver.is_simulated() else _("nothing")), "STALWART_TOKEN"


def _company() -> list[Setting]:
    return [
        Setting(_("Name"), settings.COMPANY_NAME, "COMPANY_NAME"),
        Setting(_("Time zone"), settings.TIME_ZONE, "TIME_ZONE"),
        Setting(_("Address of this panel"), settings.PUBLIC_URL, "PUBLIC_URL"),
        Setting(_("Usual mail domain"), settings.DEFAULT_DOMAIN or _none(), "DEFAULT_DOMAIN"),
        Setting(_("Webmail, as holders are told"), settings.WEBMAIL_URL or _none(), "WEBMAIL_URL"),
        Setting(_("Mail host, as holders are told"), settings.MAIL_HOST or _none(), "MAIL_HOST"),
        Setting(_("Notices come from"), settings.DEFAULT_FROM_EMAIL, "DEFAULT_FROM_EMAIL"),
        Setting(_("Notices go out through"), _notices_by(), "EMAIL_URL"),
    ]


def _notices_by() -> str:
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return _("nothing yet, they are only written to the panel's output")


def _sign_in() -> list[Setting]:
    roles = ", ".join(f"{group} → {words.ROLES[role]}" for group, role in settings.OIDC_ROLES.items())
    by_company = [
        Setting(_("Roles come from"), settings.OIDC_ROLE_CLAIM, "OIDC_ROLE_CLAIM"),
        Setting(_("Groups and roles"), roles, "OIDC_ROLES"),
    ]
    return [
        Setting(_("Company sign-in"), settings.OIDC_ISSUER or _("none: people sign in by a password"), "OIDC_ISSUER"),
        *(by_company if settings.OIDC_ENABLED else []),
        Setting(_("Second factor with a password"), _yes(is_on=settings.REQUIRE_OTP), "REQUIRE_OTP"),
        Setting(_("Signed out after doing nothing for"), words.minutes_words(session_rules.IDLE)),
        Setting(_("Signed out in any case after"), words.minutes_words(session_rules.ABSOLUTE)),
        Setting(_("Asked again who one is after"), words.minutes_words(session_rules.CONFIRMED)),
        Setting(_("An API token lasts at most"), words.days_words(MOST_DAYS)),
        Setting(_("Trusted proxies"), _listed(settings.TRUSTED_PROXIES), "TRUSTED_PROXIES"),
    ]


def _passwords() -> list[Setting]:
    shortest = ngettext("at least %(n)s character", "at least %(n)s characters", SHORTEST) % {"n": SHORTEST}
    own = next(
        rule.min_length for rule in get_default_password_validators() if isinstance(rule, MinimumLengthValidator)
    )
    styles = {"words": _("five words"), "characters": _("20 letters and digits")}
    return [
        Setting(_("Made for a mailbox"), styles[settings.PASSWORD_STYLE], "PASSWORD_STYLE"),
        Setting(_("Of a mailbox"), shortest),
        Setting(_("Of this panel"), _("at least %(n)s characters, none that many people use") % {"n": own}),
    ]


def _limits() -> list[Setting]:
    brake = _("more than %(most)s, or %(share)s %% of those looked at") % {
        "most": plan.MOST,
        "share": round(plan.LARGEST_SHARE * 100),
    }
    return [
        Setting(_("Purges that a sweep does alone"), str(settings.SWEEP_PURGE_LIMIT), "SWEEP_PURGE_LIMIT"),
        Setting(_("Ends that want their number typed"), brake),
        Setting(_("Mailboxes in one change"), f"{MOST_AT_ONCE:,}"),
        Setting(_("Waiting mail is late after"), words.minutes_words(settings.QUEUE_STUCK_AFTER), "QUEUE_STUCK_AFTER"),
        Setting(_("Waiting mail is much from"), f"{settings.QUEUE_STUCK_COUNT:,}", "QUEUE_STUCK_COUNT"),
    ]


def _dns() -> list[Setting]:
    asked = ", ".join(f"{host}:{port}" for host, port in settings.DNS_RESOLVERS)
    unset = _("none: the zone files of the demo answer") if lookups.is_demo() else _("those of this machine")
    return [
        Setting(_("Name servers asked"), asked or unset, "DNS_RESOLVERS"),
        Setting(_("Block lists looked at"), _listed(settings.DNSBL_ZONES), "DNSBL_ZONES"),
        Setting(
            _("Addresses of the mail host"),
            _listed(settings.MAIL_ADDRESSES) if settings.MAIL_ADDRESSES else _("what DNS says"),
            "MAIL_ADDRESSES",
        ),
    ]


def _machinery() -> list[Setting]:
    jobs = _("inside of this panel") if settings.EMBEDDED else _("workers beside it, woken by Redis")
    return [
        Setting(_("Database"), connection.display_name, "DATABASE_URL"),
        Setting(_("Jobs run"), jobs, "REDIS_URL"),
        Setting(
            _("Token of the monitoring"),
            _("set, and not shown") if settings.METRICS_TOKEN else _none(),
            "METRICS_TOKEN",
        ),
        Setting(_("A silent worker is given up after"), _seconds(settings.OUTBOX_LEASE), "OUTBOX_LEASE"),
    ]


def _seconds(time: timedelta) -> str:
    number = int(time.total_seconds())
    return ngettext("%(n)s second", "%(n)s seconds", number) % {"n": number}


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or _none()


def _none() -> str:
    return _("none")


def _yes(*, is_on: bool) -> str:
    return _("yes") if is_on else _("no")
