"""Domains: their DNS records and the keys that sign their mail (DKIM, RFC 6376 and 8463)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_LONGEST_TEXT = 255
"""Bytes in one string of a TXT record (RFC 1035 3.3.14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDomain:
    """A mail domain as the server knows it; `name` is the ASCII (IDNA) form in lower case."""

    name: str
    id: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    """Other domains with the same mailboxes, sorted; only 0.16 has them."""


@dataclass(frozen=True, slots=True, order=True)
class DnsRecord:
    """A DNS record that should exist; `name` and host names in `content` end with a dot.

    The content of a TXT record is the whole text, without quotes and however long; that of all others is what
    a zone file has behind the type ("10 mail.example.org.").
    """

    type: str
    name: str
    content: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The content in pieces that fit into the strings of a TXT record; most providers want them so."""
        starts = range(0, max(1, len(self.content)), _LONGEST_TEXT)
        return tuple(self.content[start : start + _LONGEST_TEXT] for start in starts)

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file."""
        content = self.content
        if self.type == "TXT":
            content = " ".join('"{}"'.format(text.replace("\\", r"\\").replace('"', r"\"")) for text in self.texts)
        return f"{self.name} IN {self.type} {content}"


class DkimAlgorithm(StrEnum):
    """How a key signs; the value is what its record says (`k=`)."""

    ED25519 = "ed25519"
    RSA = "rsa"
    """With 2048 bits."""


class DkimStage(StrEnum):
    """Where a key is in its life. Its record has to be in DNS in all of them."""

    PENDING = "pending"
    """To be published; does not sign yet."""
    ACTIVE = "active"
    """Signs."""
    RETIRING = "retiring"
    """Signs no more; mail that it signed may still be on its way."""
    RETIRED = "retired"
    """Signs no more; can be deleted (0.15 has no stage between this and ACTIVE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """The public side of a key; the private one never leaves the server and our driver."""

    domain: str
    selector: str
    algorithm: DkimAlgorithm
    stage: DkimStage
    public_key: str
    """In base64: the 32 bytes of an Ed25519 key, the SubjectPublicKeyInfo of an RSA one."""
    created_at: datetime | None = None
    """None on 0.15, which does not keep it."""
    next_change_at: datetime | None = None
    """When the server itself moves it to the next stage."""

    @property
    def record(self) -> DnsRecord:
        """The record that has to be published for it."""
        content = f"v=DKIM1; k={self.algorithm}; h=sha256; p={self.public_key}"
        return DnsRecord("TXT", f"{self.selector}._domainkey.{self.domain}.", content)


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimRotation:
    """How the server changes a domain's keys by itself (0.16)."""

    algorithms: frozenset[DkimAlgorithm] = frozenset(DkimAlgorithm)
    rotate_after: timedelta = timedelta(days=90)
    """A new key after this time, …"""
    retire_after: timedelta = timedelta(days=7)
    """… the old one signs no more after this, …"""
    delete_after: timedelta = timedelta(days=30)
    """… and goes after this."""
    by_itself: bool = False
    """The server publishes the records too. Where it does not, it makes the first keys and never changes them."""
