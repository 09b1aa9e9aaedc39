"""What the demo's domains have in DNS. Their names are somebody's, so no name server is asked about them."""

from __future__ import annotations

from pathlib import Path

from accounts.models import MailDomain
from accounts.services import dns

_TO_FILL_IN = "; to fill in: "
_ADDRESSES = {"A": "192.0.2.25", "AAAA": "2001:db8::25"}
"""Of the mail host: those that are nobody's."""
_NOT_PUBLISHED = {"_dmarc.shop.metrosure.app.", "_smtp._tls.shop.metrosure.app."}
"""Forgotten, so that there is something to mend."""


def publish(folder: Path) -> None:
    """Write a zone file for each domain, with nearly all that it should have, and one for that of the mail host."""
    folder.mkdir(parents=True, exist_ok=True)
    zones: dict[str, list[str]] = {}
    for domain in MailDomain.objects.all():
        for line in dns.zone_text(domain).splitlines():
            zone, record = _of_mail_host(line) if line.startswith(_TO_FILL_IN) else (domain.name, line)
            if record.split(" ")[0] not in _NOT_PUBLISHED:
                zones.setdefault(zone, []).append(record)
    for zone, records in zones.items():
        (folder / f"{zone}.zone").write_text("\n".join(dict.fromkeys(records)) + "\n", encoding="utf-8")


def _of_mail_host(line: str) -> tuple[str, str]:
    """Return the zone of the mail host and its record, whose address only a person knows."""
    name, ttl, kind, of_type = line.removeprefix(_TO_FILL_IN).split(" ")[:4]
    return name.partition(".")[2].rstrip("."), f"{name} {ttl} {kind} {of_type} {_ADDRESSES[of_type]}"
