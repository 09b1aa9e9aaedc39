"""IP addresses that the mail server does not talk to."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Operation, Topic
from accounts.services.wishes import want

_WIDEST = {4: 8, 6: 24}
"""Nobody means more than this; a slip of the finger would shut out a continent."""


def block(text: str, *, reason: str, by: Actor, now: datetime) -> Operation:
    """Shut an address or network out.

    :raises RuleBroken: if it is none, is too wide, or no reason is given
    """
    address = _network(text)
    if not reason.strip():
        raise RuleBroken("reason_required", field="reason")
    return want(Topic.BLOCKED, address, {"blocked": True}, action=Action.IP_BLOCKED, by=by, now=now, reason=reason)


def release(text: str, *, by: Actor, now: datetime) -> Operation:
    """Let an address or network in again, and have the mail server forget what it counted against it.

    :raises RuleBroken: if it is none
    """
    return want(Topic.BLOCKED, _network(text), {"blocked": False}, action=Action.IP_RELEASED, by=by, now=now)


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise RuleBroken("network_invalid", field="address", text=text.strip()[:80]) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise RuleBroken("network_too_wide", field="address", widest=_WIDEST[network.version])
    is_one = network.num_addresses == 1
    return str(network.network_address) if is_one else str(network)
