"""The vocabulary that both generations of Stalwart are spoken to in.

Nothing here knows REST or JMAP. Addresses are lower case, sizes are bytes (0 means no limit), moments are
aware datetimes in UTC, secrets are complete hashes in PHC form ("$argon2id$…") and never show in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import TypeAlias

from stalwart_client._errors import StalwartError


class Generation(StrEnum):
    """Which management interface a server speaks; the value is its first version's name."""

    REST = "0.15"
    JMAP = "0.16"


class Denial(StrEnum):
    """Something that is taken from the holder of a mailbox, or from the mailbox itself."""

    SIGN_IN = "sign_in"
    """No door opens: password, app passwords, tokens. This is what *locked* means."""
    RECEIVE = "receive"
    """Mail to it bounces (it is taken at the door first, on both generations)."""
    CREDENTIALS = "credentials"
    """The holder can make no new door: no change of password, no app passwords, no API keys."""
    DIRECTORY = "directory"
    """The holder cannot look up who else has a mailbox."""


class Unset(Enum):
    """Says that a change leaves a property alone, where None would mean something."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the panel signs in: a user with a password or API-key secret, or a bearer token.

    On 0.15 an API key travels as Basic, because every Bearer request counts against a budget of 100 a
    minute (lifecycle.md); a token that begins with `api_` is decoded into that.
    """

    user: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A second door of a mailbox, made for a device; the secret itself is never known afterwards."""

    name: str
    id: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """What the server has for one address, as it was read back."""

    address: str
    id: str = ""
    """The server's own id, a hint that makes the next look-up cheap; 0.15 has none that can be asked by."""
    name: str = ""
    aliases: tuple[str, ...] = ()
    """Sorted, without the address itself."""
    quota: int = 0
    used: int = 0
    denials: frozenset[Denial] = frozenset()
    """Those that are in force completely; a half-set one does not count."""
    deadline: datetime | None = None
    """From when no credential works any more by the server's own doing; None if any one stays open."""
    has_password: bool = True
    app_passwords: tuple[AppPassword, ...] = ()

    @property
    def locked(self) -> bool:
        return Denial.SIGN_IN in self.denials

    @property
    def has_doors(self) -> bool:
        return self.has_password or bool(self.app_passwords)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should be true of one mailbox; compare with a Mailbox by `difference`."""

    address: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    quota: int = 0
    denials: frozenset[Denial] = frozenset()
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make a mailbox; `secret` is a complete hash, None makes one that nobody can sign in to."""

    wanted: Wanted
    secret: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return self.wanted.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change some properties of a mailbox; what is not named stays as it is.

    `allow` lifts denials, `deny` adds them; other denials that somebody set by hand are never touched.
    A `deadline` reaches every credential. `end_app_passwords` removes all secondary credentials.
    """

    address: str
    id: str = ""
    name: str | Unset = UNSET
    quota: int | Unset = UNSET
    aliases: tuple[str, ...] | Unset = UNSET
    deny: frozenset[Denial] = frozenset()
    allow: frozenset[Denial] = frozenset()
    deadline: datetime | Unset | None = UNSET
    secret: str | None = field(default=None, repr=False)
    end_app_passwords: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy:
    """Delete a mailbox with all its mail, for ever. One that is not there counts as done."""

    address: str
    id: str = ""


Change: TypeAlias = Create | Update | Destroy


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change of a batch went; `id` is the server's id of a new mailbox, where it has one."""

    change: Change
    error: StalwartError | None = None
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDomain:
    """A mail domain as the server knows it; `name` is the ASCII (IDNA) form in lower case."""

    name: str
    id: str = ""
    description: str = ""


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
    """Those that the panel needs for its work and does not have."""
    capabilities: Capabilities
    external_directory: bool
    clock: datetime | None
    """The server's clock (its Date header, or what it told), None where it does not say."""


def difference(mailbox: Mailbox, wanted: Wanted) -> Update | None:
    """Return the smallest update that makes `mailbox` what is wanted, or None if it already is.

    Denials that are not wanted are lifted. A deadline needs something to stand on: a mailbox without any
    credential has none, and none is asked for. Servers keep whole seconds, so fractions do not count.
    """
    deadline = wanted.deadline.replace(microsecond=0) if wanted.deadline else None
    moved = mailbox.has_doors and mailbox.deadline != deadline
    update = Update(
        address=mailbox.address,
        id=mailbox.id,
        name=UNSET if mailbox.name == wanted.name else wanted.name,
        quota=UNSET if mailbox.quota == wanted.quota else wanted.quota,
        aliases=UNSET if mailbox.aliases == tuple(sorted(wanted.aliases)) else tuple(sorted(wanted.aliases)),
        deny=wanted.denials - mailbox.denials,
        allow=mailbox.denials - wanted.denials,
        deadline=deadline if moved else UNSET,
    )
    return None if update == Update(address=mailbox.address, id=mailbox.id) else update
