"""The first run: a key of its own for the panel on the mail server, and the first person who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts import mailserver, outbox
from accounts.domain.people import Actor, Role
from accounts.mailserver import StalwartError
from accounts.models import Staff
from accounts.services.domains import create_domain
from accounts.services.staff import create_staff

Clock = Callable[[], datetime]

KEY = "metrosure-panel"
_KEYS_AT_MOST = 9


@dataclass(frozen=True, slots=True)
class Key:
    """What the panel signs in with from now on. `others` are keys of the same name whose tokens nobody has."""

    token: str
    name: str
    others: tuple[str, ...] = ()


def is_accepted(url: str, token: str) -> bool:
    """Say whether the mail server takes this token and lets it do all that is needed.

    :raises StalwartError: if the server does not answer
    """
    with mailserver.signed_in(url, token=token) as client:
        try:
            return not client.facts().missing
        except StalwartError as error:
            if error.code in {"wrong_credentials", "not_permitted"}:
                return False
            raise


def make_key(url: str, *, user: str, password: str, domain: str) -> Key:
    """Make the domain where it is missing, then the key; 0.16 needs a domain for it.

    The administrator signs in for this alone, and nothing of them is kept.

    :raises StalwartError: if the server does not answer, or this is no administrator
    """
    taken: list[str] = []
    with mailserver.signed_in(url, user=user, password=password) as client:
        client.ensure_domain(domain)
        for number in range(1, _KEYS_AT_MOST + 1):
            name = KEY if number == 1 else f"{KEY}-{number}"
            try:
                token = client.create_panel_key(name).token
            except StalwartError as error:
                if error.code != "already_exists" or number == _KEYS_AT_MOST:
                    raise
                taken.append(name)
            else:
                return Key(token, name, tuple(taken))
    raise AssertionError


def take_in(domain: str, now: datetime, clock: Clock, *, by: Actor) -> bool:
    """Take over the server's domains, make this one where it is missing, and say whether the server has it.

    :raises RuleBroken: if the server refuses it
    :raises StalwartError: if the server does not answer
    """
    if domain in {each.name for each in outbox.refresh_domains(now)}:
        return True
    return create_domain(domain, by=by, now=now, clock=clock).is_on_server


def first_person(name: str, *, email: str, by: Actor, now: datetime) -> tuple[Staff, str]:
    """Return the administrator of this name with a one-time password; no password if they were there before.

    :raises RuleBroken: if the name or the e-mail address is none
    """
    there = Staff.objects.filter(username=name.strip().lower()).first()
    if there:
        return there, ""
    return create_staff(name, role=Role.ADMIN, email=email, by=by, now=now)
