"""From settings to who asks; tests put name servers of their own behind the same door."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from accounts.lookups.host import HostLooker
from accounts.lookups.resolver import Asker, Server, of_system
from accounts.lookups.zones import ZoneFiles


@dataclass
class _Kept:
    asker: Asker | None = None
    host_looker: HostLooker | None = None


_kept = _Kept()


def asker() -> Asker:
    """Return who asks name servers: those of DNS_RESOLVERS, or the system's; in the demo its zone files answer."""
    if _kept.asker:
        return _kept.asker
    if folder := _demo_zones():
        return ZoneFiles([], folder=folder)
    return Asker([Server(*each) for each in settings.DNS_RESOLVERS] or of_system())


def is_demo() -> bool:
    """Say whether the zone files of the demo answer, and nobody is asked."""
    return _demo_zones() is not None


def _demo_zones() -> Path | None:
    folder = settings.DEMO_ZONES
    return folder if folder is not None and folder.is_dir() else None


def host_looker() -> HostLooker:
    return _kept.host_looker or HostLooker(asker(), lists=settings.DNSBL_ZONES)


def use(asker: Asker | None = None, host_looker: HostLooker | None = None) -> None:
    """Put these behind the door, for tests; nothing leaves it to the settings again."""
    _kept.asker, _kept.host_looker = asker, host_looker
