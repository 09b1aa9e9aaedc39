"""The server itself: which one it is, how we sign in, what it can do and what we may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stalwart_client._types import Denial


class Generation(StrEnum):
    """Which management interface a server speaks; the value is its first version's name."""

    REST = "0.15"
    JMAP = "0.16"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the panel signs in: a user with a password or API-key secret, or a bearer token.

    On 0.15 an API key travels as Basic, because every Bearer request counts against a budget of 100 a
    minute (lifecycle.md); a token that begins with `api_` is decoded into that.
    """

    user: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelKey:
    """A key made for a panel, as it was read back: what it may do, and never its secret."""

    name: str
    permissions: frozenset[str]
    """The server's own names of what it may do beyond what every user may."""
    missing: tuple[str, ...]
    """Those of `create_panel_key` that it does not have: it was made by an older version, or changed since."""
    created_at: datetime | None = None
    """None on 0.15, which does not keep it."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this server can do, so that nobody has to ask for a version."""

    deadlines: bool
    """The server itself ends access at a moment (0.16), also while the panel is down."""
    denials: frozenset[Denial]
    """The denials that exist here and are needed: 0.15 has no directory that could leak."""
    mailboxes: bool
    """Mailboxes can be made and changed; False where an external directory (LDAP, SQL, OIDC) owns them."""
    batch: int
    """How many changes travel in one call; 1 where every change is a request of its own."""
    domain_aliases: bool = False
    """A domain can have other names (0.16)."""
    dkim_rotation: bool = False
    """The server can change DKIM keys by itself (0.16, where it also publishes the DNS records)."""
    delivery_control: bool = False
    """A queued message can be tried at once, later, or not for one recipient; else only cancelled whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What the server says of itself and of our credentials."""

    generation: Generation
    version: str | None
    """None where the server does not tell (0.16 does only through its log)."""
    edition: str
    """oss, community or enterprise; empty where unknown."""
    permissions: frozenset[str]
    """The server's own names of what our credentials may do."""
    missing: tuple[str, ...]
    """Those that the work on mailboxes and domains needs and our credentials do not have."""
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By topic (groups, lists, dkim, queue, …) those that it needs and our credentials do not have."""
    capabilities: Capabilities
    external_directory: bool
    clock: datetime | None
    """The server's clock (its Date header, or what it told), None where it does not say."""


def lacking(topics: Mapping[str, tuple[str, ...]], permissions: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Return by topic what it needs and is not among the permissions."""
    found = {topic: tuple(name for name in names if name not in permissions) for topic, names in topics.items()}
    return {topic: names for topic, names in found.items() if names}
