"""The mail hosts as others meet them: looked at on a schedule, and with the domains that they serve."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings

from accounts import lookups
from accounts.domain.dns.names import bare
from accounts.models import DnsCheck, HostFinding
from accounts.services import dns_store
from accounts.services.dns_store import EVERY, ONE_ROUND


def known_hosts() -> list[str]:
    """Return the hosts that take mail for our domains, as last known; else the one that the settings name."""
    hosts = {host for check in DnsCheck.objects.filter(domain__seen_at__isnull=False) for host in check.hosts}
    return sorted(hosts or ({bare(settings.MAIL_HOST.lower())} if settings.MAIL_HOST else set()))


def check_due(now: datetime) -> int:
    """Look at the hosts that were not looked at for an hour; what this round has no time for comes with the next."""
    began, taken = time.monotonic(), 0
    fresh = HostFinding.objects.filter(checked_at__gt=now - EVERY).values_list("host", flat=True)
    due = set(known_hosts()) - set(fresh)
    for host in sorted(due):
        if time.monotonic() - began > ONE_ROUND:
            break
        check_host(host, now)
        taken += 1
    return taken


def check_host(host: str, now: datetime) -> None:
    """Look at a host now, keep what is found, and tell people what got worse. The hosts of the demo are nowhere."""
    if lookups.is_demo():
        return
    seen = lookups.host_looker().look(host, settings.MAIL_ADDRESSES)
    dns_store.keep_host(host, seen, now=now)
