"""Before installing: can the world be reached that the panel needs: names, mail ports, the mail server?"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from accounts import lookups, mailserver
from accounts.domain.dns.records import SILENCE, Answer, Question
from accounts.mailserver import StalwartError
from accounts.queries.sentences import server_silent
from accounts.services.findings import NOT_REACHED, Finding, Verdict

WAIT = 5.0
PORTS = (25, 465, 587, 993, 443)
_CLOCK_OFF, _CLOCK_WRONG = timedelta(seconds=30), timedelta(seconds=120)
_REFUSED = "wrong_credentials"
_NO_CLOCK = Finding("clock", Verdict.UNKNOWN, "The mail server, which it is compared with, does not tell its time.")


def names() -> Iterator[Finding]:
    """Do the names resolve that people and other servers use?"""
    yield _name("DNS of the panel", urlsplit(settings.PUBLIC_URL).hostname or "", "PUBLIC_URL")
    yield _name("DNS of the mail host", settings.MAIL_HOST, "MAIL_HOST")


def mail_ports() -> Finding:
    """Can the mail host be reached where holders and other servers come to it?"""
    name, host = "mail ports", settings.MAIL_HOST
    if not host:
        return Finding(name, Verdict.UNKNOWN, "MAIL_HOST is not set.", "Set it to the name that holders are told.")
    with ThreadPoolExecutor() as pool:
        shut = [port for port, is_open in zip(PORTS, pool.map(lambda port: _opens(host, port), PORTS)) if not is_open]  # noqa: B905 - one for each
    if not shut:
        return Finding(name, Verdict.OK, f"{_listed(PORTS)} of {host} can be reached.")
    advice = "Look at the firewall and at what the mail server listens on. Many networks let nobody out to port 25."
    verdict = Verdict.FAIL if len(shut) == len(PORTS) else Verdict.WARN
    return Finding(name, verdict, f"{_listed(shut)} of {host} cannot be reached from here.", advice)


def mail_server() -> Iterator[Finding]:
    """Ask the mail server once what it is: each refusal counts towards a ban."""
    if mailserver.is_simulated():
        yield Finding("mail server", Verdict.WARN, "A simulated one stands in.", "Set STALWART_URL, or run setup.")
        yield _NO_CLOCK
        return
    parts = urlsplit(settings.STALWART_URL)
    if not _opens(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)):
        yield Finding("mail server", Verdict.FAIL, f"{settings.STALWART_URL} cannot be reached.", NOT_REACHED)
        yield _NO_CLOCK
        return
    yield from _asked()


def _asked() -> Iterator[Finding]:
    try:
        facts = mailserver.client(timedelta(seconds=WAIT)).facts()
    except StalwartError as error:
        if error.code != _REFUSED:
            yield Finding("mail server", Verdict.FAIL, server_silent(error.code), "Look at its address and its log.")
            yield _NO_CLOCK
            return
        yield Finding("mail server", Verdict.OK, f"It answers at {settings.STALWART_URL}.")
        advice = "Set STALWART_TOKEN, or let `manage.py setup` make a key."
        yield Finding("credentials", Verdict.FAIL, "The mail server does not accept them.", advice)
        yield _NO_CLOCK
        return
    version = " ".join(filter(None, (str(facts.generation), facts.version)))
    yield Finding("mail server", Verdict.OK, f"Stalwart {version} answers at {settings.STALWART_URL}.")
    yield _rights(facts.missing)
    yield _clock(facts.clock, datetime.now(UTC))


def _rights(missing: tuple[str, ...]) -> Finding:
    if missing:
        found = f"They lack {', '.join(missing)}."
        return Finding("credentials", Verdict.FAIL, found, "Give the key these permissions, or run setup.")
    return Finding("credentials", Verdict.OK, "The mail server accepts them, and they may do all that is needed.")


def _clock(theirs: datetime | None, ours: datetime) -> Finding:
    if theirs is None:
        return _NO_CLOCK
    off = abs(theirs - ours)
    verdict = Verdict.FAIL if off > _CLOCK_WRONG else Verdict.WARN if off > _CLOCK_OFF else Verdict.OK
    advice = "" if verdict is Verdict.OK else "Let both machines set their clocks by NTP."
    return Finding("clock", verdict, f"The mail server's clock is {off.total_seconds():.0f} s away from ours.", advice)


def _name(check: str, host: str, setting: str) -> Finding:
    if not host:
        return Finding(check, Verdict.UNKNOWN, f"{setting} is not set.")
    if _needs_no_dns(host):
        return Finding(check, Verdict.OK, f"{host} needs no DNS.")
    answers = _addresses(host)
    found = sorted({value for answer in answers for value in answer.values})
    if found:
        return Finding(check, Verdict.OK, f"{host} leads to {', '.join(found)}.")
    if all(answer.is_known for answer in answers):
        advice = f"Publish an A or AAAA record for it, or correct {setting}."
        return Finding(check, Verdict.FAIL, f"Nobody knows {host}.", advice)
    return Finding(check, Verdict.UNKNOWN, "No name server answers.", "Look at DNS_RESOLVERS.")


def _addresses(host: str) -> list[Answer]:
    questions = [Question(f"{host}.", kind) for kind in ("A", "AAAA")]
    answers = asyncio.run(lookups.asker().ask(questions, time.monotonic() + WAIT))
    return [answers.get(question, SILENCE) for question in questions]


def _needs_no_dns(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


def _opens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=WAIT):
            return True
    except (OSError, UnicodeError):
        return False


def _listed(ports: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, ports))
