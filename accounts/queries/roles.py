"""The table of who may what, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.people import COMMAND_ROLE, LIMITABLE, MAY, UNLIMITED_ONLY, Deed, Role
from accounts.queries import words

_DEEDS: dict[Deed, tuple[Promise, Promise]] = {
    Deed.READ: (
        gettext_lazy("Look at everything that happens"),
        gettext_lazy("Mailboxes, jobs, domains and the log, also to take away as a file."),
    ),
    Deed.READ_WHOLE: (
        gettext_lazy("Look at the mail server as a whole"),
        gettext_lazy("Waiting mail, groups, mailing lists and blocked addresses of all mailboxes."),
    ),
    Deed.READ_PANEL: (
        gettext_lazy("Look at the panel itself"),
        gettext_lazy("Who may sign in here, where they are signed in, and the settings."),
    ),
    Deed.CHANGE_ACCOUNTS: (
        gettext_lazy("Open and change mailboxes"),
        gettext_lazy(
            "Open, extend, suspend, end, reinstate, hold, new passwords; one, many, by campaign or spreadsheet."
        ),
    ),
    Deed.PURGE: (
        gettext_lazy("Purge mailboxes"),
        gettext_lazy("Delete a mailbox with all its mail, once its retention is over."),
    ),
    Deed.CHANGE_PROFILES: (
        gettext_lazy("Change profiles"),
        gettext_lazy("What a new mailbox gets: its domain, space, grace, retention and limits."),
    ),
    Deed.CHANGE_DOMAINS: (
        gettext_lazy("Change mail domains"),
        gettext_lazy("Domains, signing keys, groups, mailing lists and blocked addresses."),
    ),
    Deed.CHANGE_QUEUE: (
        gettext_lazy("Change waiting mail"),
        gettext_lazy("Try waiting messages again, or cancel them."),
    ),
    Deed.CHANGE_STAFF: (
        gettext_lazy("Change who may sign in"),
        gettext_lazy("Add people, give roles, end sign-ins, revoke API tokens, take away a lost second factor."),
    ),
}
_ROLES: dict[Role, Promise] = {
    Role.AUDITOR: gettext_lazy("Reads everything and changes nothing."),
    Role.OPERATOR: gettext_lazy("Opens mailboxes and looks after them until they end."),
    Role.ADMIN: gettext_lazy("Runs the panel and the mail server behind it."),
}


@dataclass(frozen=True, slots=True)
class DeedRow:
    name: str
    means: str
    allowed: list[Cell]


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a role may, and how far somebody of it who is limited may."""

    role: str
    is_allowed: bool
    limited: str = ""


@dataclass(frozen=True, slots=True)
class RoleWords:
    name: str
    means: str


def roles() -> list[RoleWords]:
    return [RoleWords(str(words.ROLES[role]), str(_ROLES[role])) for role in Role]


def table() -> list[DeedRow]:
    """Return one row a deed, as `accounts.domain.people` decides it."""
    return [DeedRow(str(_DEEDS[deed][0]), str(_DEEDS[deed][1]), [_cell(role, deed) for role in Role]) for deed in Deed]


def _cell(role: Role, deed: Deed) -> Cell:
    is_allowed, limited = deed in MAY[role], ""
    if is_allowed and role is LIMITABLE:
        limited = _("not if limited") if deed in UNLIMITED_ONLY else _("theirs only, if limited")
    return Cell(str(words.ROLES[role]), is_allowed, limited)


def of_commands() -> str:
    """Return what somebody may who runs a command on the machine itself."""
    return str(words.ROLES[COMMAND_ROLE])


def choices() -> list[tuple[str, str]]:
    return [(role.value, str(words.ROLES[role])) for role in Role]
