"""Mailboxes: the vocabulary that both generations of Stalwart are spoken to in.

Nothing here knows REST or JMAP. Addresses are lower case, sizes are bytes (0 means no limit), moments are
aware datetimes in UTC, secrets are complete hashes in PHC form ("$argon2id$…") and never show in a repr. What each
generation makes of them is told, with its source, at the top of the `_rest_…` and `_jmap_…` modules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import NamedTuple, TypeAlias

from stalwart_client._errors import StalwartError


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

DEFAULT_LOCALE = "en_US"
"""What a mailbox has that was given none (0.16 shows it, 0.15 shows nothing)."""


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A second door of a mailbox, made for a device; the secret itself is never known afterwards."""

    name: str
    id: str = ""
    """Unique among those of one mailbox at one time; 0.16 uses it again after a deletion."""
    created_at: datetime | None = None
    """None on 0.15, which does not keep it."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAppPassword:
    """An app password that was just made, with the secret that nobody can read again."""

    app_password: AppPassword
    secret: str = field(repr=False)


class Mailbox(NamedTuple):
    """What the server has for one address, as it was read back; named by its fields, never by their order.

    No frozen dataclass like the others, which takes three times as long to make: a listing makes 100,000.
    """

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
    groups: tuple[str, ...] = ()
    """Addresses of the groups it is a member of, sorted."""
    lists: tuple[str, ...] = ()
    """Addresses of the mailing lists that deliver to it, sorted; empty where our key may not see lists."""
    catch_all: tuple[str, ...] = ()
    """Domains whose mail to nobody in particular it gets, sorted."""
    locale: str = DEFAULT_LOCALE
    denied: frozenset[str] = frozenset()
    """The server's own names of all permissions that are denied to it, whoever denied them."""

    @property
    def locked(self) -> bool:
        return Denial.SIGN_IN in self.denials

    @property
    def has_doors(self) -> bool:
        return self.has_password or bool(self.app_passwords)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should be true of one mailbox; compare with a Mailbox by `difference`. UNSET is no wish."""

    address: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    quota: int = 0
    denials: frozenset[Denial] = frozenset()
    deadline: datetime | None = None
    groups: tuple[str, ...] | Unset = UNSET
    lists: tuple[str, ...] | Unset = UNSET
    catch_all: tuple[str, ...] | Unset = UNSET
    locale: str | Unset = UNSET


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
    A `deadline` reaches every credential. `end_app_passwords` removes all secondary credentials. Groups, lists
    and catch-all domains are named in full: those that are not named are left.
    """

    address: str
    id: str = ""
    name: str | Unset = UNSET
    quota: int | Unset = UNSET
    aliases: tuple[str, ...] | Unset = UNSET
    deny: frozenset[Denial] = frozenset()
    allow: frozenset[Denial] = frozenset()
    deadline: datetime | Unset | None = UNSET
    groups: tuple[str, ...] | Unset = UNSET
    lists: tuple[str, ...] | Unset = UNSET
    catch_all: tuple[str, ...] | Unset = UNSET
    locale: str | Unset = UNSET
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
        aliases=_changed(mailbox.aliases, wanted.aliases),
        deny=wanted.denials - mailbox.denials,
        allow=mailbox.denials - wanted.denials,
        deadline=deadline if moved else UNSET,
        groups=_changed(mailbox.groups, wanted.groups),
        lists=_changed(mailbox.lists, wanted.lists),
        catch_all=_changed(mailbox.catch_all, wanted.catch_all),
        locale=UNSET if wanted.locale in {UNSET, mailbox.locale} else wanted.locale,
    )
    return None if update == Update(address=mailbox.address, id=mailbox.id) else update


def _changed(is_now: tuple[str, ...], wanted: tuple[str, ...] | Unset) -> tuple[str, ...] | Unset:
    if isinstance(wanted, Unset) or is_now == tuple(sorted(wanted)):
        return UNSET
    return tuple(sorted(wanted))
