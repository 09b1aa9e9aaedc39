"""What the mail server has of a domain's signing keys, kept beside the domain so that its page opens without it.

Only public sides come here: a private key never leaves the server and its driver.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts import mailserver
from accounts.models import MailDomain
from stalwart_client import DkimKey, DkimRotation, DkimStage, StalwartClient

FRESH = timedelta(minutes=50)
_AT_ONCE = 20


def look_at_keys(domain: MailDomain, now: datetime, *, client: StalwartClient | None = None) -> None:
    """Read the keys of one domain, and keep what others may see of them; a page brings a client of less patience.

    :raises StalwartError: if the server does not answer, or has no such domain
    """
    remember(client or mailserver.client(), domain, now)


def refresh_keys(now: datetime) -> int:
    """Look again at the domains whose keys were not looked at for long, a few at a time; return how many.

    :raises StalwartError: if the server does not answer
    """
    stale = MailDomain.objects.kept().exclude(seen_at=None).exclude(keys_at__gt=now - FRESH)
    found = list(stale.order_by("keys_at", "pk")[:_AT_ONCE])
    for domain in found:
        look_at_keys(domain, now)
    return len(found)


def remember(client: StalwartClient, domain: MailDomain, now: datetime) -> list[DkimKey]:
    """Read the keys and keep their public sides; return them."""
    keys, policy = client.dkim.keys(domain.name), client.dkim.rotation(domain.name)
    kept = {"keys": _facts(domain, keys, now), "policy": policy_facts(policy)}
    MailDomain.objects.filter(pk=domain.pk).update(keys=kept, keys_at=now)
    domain.keys, domain.keys_at = kept, now
    return keys


def policy_facts(policy: DkimRotation | None) -> dict[str, Any] | None:
    """Return plain values, as they stand in a JSON column."""
    if policy is None:
        return None
    return {
        "algorithms": sorted(policy.algorithms),
        "rotate_days": policy.rotate_after.days,
        "retire_days": policy.retire_after.days,
        "delete_days": policy.delete_after.days,
        "by_itself": policy.by_itself,
    }


def _facts(domain: MailDomain, keys: list[DkimKey], now: datetime) -> list[dict[str, Any]]:
    before = {key["selector"]: key for key in domain.keys.get("keys", ())}
    # 0.15 can have one key under two ids, when it stopped half-way; the one that signs counts.
    by_selector = {key.selector: key for key in sorted(keys, key=lambda key: key.stage is DkimStage.ACTIVE)}
    return [
        {
            "selector": key.selector,
            "algorithm": key.algorithm.value,
            "stage": key.stage.value,
            "public_key": key.public_key,
            "since": _since(key, before.get(key.selector), domain, now),
            "next_change_at": key.next_change_at.isoformat() if key.next_change_at else None,
        }
        for key in sorted(by_selector.values(), key=lambda key: key.selector)
    ]


def _since(key: DkimKey, before: dict[str, Any] | None, domain: MailDomain, now: datetime) -> str | None:
    """Return when a key came to be; 0.15 does not say, so there it is when we saw it for the first time."""
    if key.created_at:
        return key.created_at.isoformat()
    if before:
        since: str | None = before["since"]
        return since
    return now.isoformat() if domain.keys_at else None
