"""Who acts: the roles of staff with what each may do, and the actor that every change is recorded under."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.domain.reach import EVERYTHING, Reach


class Role(StrEnum):
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"


class Deed(StrEnum):
    """What a door asks for before it opens."""

    READ = "read"
    READ_WHOLE = "read_whole"
    """Look at what belongs to the mail server as a whole and to no account: waiting mail, groups, blocked addresses."""
    READ_PANEL = "read_panel"
    """See who may sign in and where they are signed in, and how the panel is set up."""
    CHANGE_ACCOUNTS = "change_accounts"
    PURGE = "purge"
    CHANGE_DOMAINS = "change_domains"
    CHANGE_QUEUE = "change_queue"
    CHANGE_PROFILES = "change_profiles"
    """What mailboxes get, and how long they are kept, is for administrators."""
    CHANGE_STAFF = "change_staff"


MAY: dict[Role, frozenset[Deed]] = {
    Role.AUDITOR: frozenset({Deed.READ, Deed.READ_WHOLE, Deed.READ_PANEL}),
    Role.OPERATOR: frozenset({Deed.READ, Deed.READ_WHOLE, Deed.CHANGE_ACCOUNTS}),
    Role.ADMIN: frozenset(Deed),
}

LIMITABLE = Role.OPERATOR
"""Only these may be limited to mail domains or campaigns; the others read or run the whole panel."""
UNLIMITED_ONLY = frozenset({Deed.READ_WHOLE})
"""What nobody may who is limited: it cannot be cut down to some accounts."""
COMMAND_ROLE = Role.ADMIN
"""Commands ask nobody: whoever can run them can read the panel's keys too. They act as the Unix user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it, from where, in which request. `name` is what the log shows: a staff name or a part of the program."""

    name: str
    address: str = ""
    """The client's IP address, empty for commands and the program itself."""
    request_id: str = ""
    reach: Reach = EVERYTHING
    """Which accounts they may act on; every service keeps to it."""


SWEEP = Actor(name="the sweep")
OUTBOX = Actor(name="the panel")
PROVIDER = "the company sign-in"
"""Gives and takes roles, and ends sessions, as somebody decided there."""
STRANGER = "somebody unknown"
"""Whoever was not let in before it was known who they are. Names of people have no blanks."""
