"""One sheet per domain for whoever runs a company's other mail systems: what to let through, and how mail goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.dns.hosts import Check
from accounts.domain.dns.records import Purpose
from accounts.models import DnsCheck, HostFinding, MailDomain
from accounts.queries import mailserver
from accounts.queries.sentences import server_silent
from stalwart_client import Delivery, NotPermitted, StalwartError

_MAIL_PORTS = (25, 465, 587, 993)


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    values: tuple[str, ...]
    otherwise: str = ""
    """What is said where there is no value."""


def sheet(domain: MailDomain, now: datetime) -> list[Fact]:
    """Return the facts, from what was last seen of the domain and what the mail server says now."""
    check = DnsCheck.objects.filter(domain=domain).first()
    hosts = check.hosts if check and check.hosts else [settings.MAIL_HOST] if settings.MAIL_HOST else []
    delivery = _delivery(now)
    return [
        Fact(_("Mail domain"), (domain.name,)),
        Fact(_("Mail hosts"), tuple(hosts), _("not known yet")),
        Fact(_("Their addresses"), _addresses(hosts), _("not known yet: DNS was not looked at")),
        Fact(_("SPF"), _spf(check), _("not known yet")),
        Fact(_("DKIM selectors"), _selectors(domain), _("none: mail is not signed")),
        Fact(_("Ports"), _ports(delivery), _("the mail server does not say")),
        Fact(_("Mail from outside"), (_incoming(delivery),)),
        Fact(_("Mail to outside"), (_outgoing(delivery),)),
    ]


def as_text(facts: list[Fact]) -> str:
    """Return the sheet as plain text, to be sent as it is."""
    width = max(len(fact.name) for fact in facts) + 2
    lines = []
    for fact in facts:
        first, *others = fact.values or (fact.otherwise,)
        lines += [f"{fact.name:<{width}}{first}", *(f"{'':<{width}}{other}" for other in others)]
    return "\n".join(lines) + "\n"


def _delivery(now: datetime) -> Delivery | str:
    """Ask how mail goes; a sentence where the server does not say."""
    try:
        return mailserver.look(lambda client: client.delivery(), now)
    except NotPermitted:
        return _("not known: the panel's key may not read this on the mail server")
    except StalwartError as error:
        return _("not known. %(because)s") % {"because": server_silent(error.code)}


def _addresses(hosts: list[str]) -> tuple[str, ...]:
    found = HostFinding.objects.filter(host__in=hosts, check_name=Check.PTR).order_by("name")
    return tuple(dict.fromkeys(found.values_list("name", flat=True)))


def _spf(check: DnsCheck | None) -> tuple[str, ...]:
    records = check.records if check else []
    return tuple(each.record.content for each in records if each.purpose is Purpose.SPF)[:1]


def _selectors(domain: MailDomain) -> tuple[str, ...]:
    return tuple(f"{key['selector']}._domainkey.{domain.name}" for key in domain.keys.get("keys", ()))


def _ports(delivery: Delivery | str) -> tuple[str, ...]:
    if isinstance(delivery, str):
        return ()
    ports = {each.port: each for each in delivery.listeners if each.protocol != "http" and not each.is_local}
    kept = {port: each for port, each in ports.items() if port in _MAIL_PORTS} or ports
    return tuple(
        f"{port} {each.protocol}{' ' + _('encrypted from the start') if each.implicit_tls else ''}"
        for port, each in sorted(kept.items())
    )


def _incoming(delivery: Delivery | str) -> str:
    if isinstance(delivery, str):
        return delivery
    if delivery.takes_mail:
        return _("The mail server takes it itself, on port 25.")
    return _("The mail server listens on no port 25: something in front of it hands the mail on, or none arrives.")


def _outgoing(delivery: Delivery | str) -> str:
    if isinstance(delivery, str):
        return delivery
    relays = ", ".join(delivery.relays)
    if relays and delivery.is_conditional:
        return _("Some of it goes through %(relays)s, by a rule of the mail server.") % {"relays": relays}
    if relays:
        return ngettext(
            "All of it goes through the relay %(relays)s.",
            "All of it goes through the relays %(relays)s.",
            len(delivery.relays),
        ) % {"relays": relays}
    if delivery.is_conditional:
        return _("A rule of the mail server decides how each message goes.")
    return _("The mail server hands it to the other servers itself.")
