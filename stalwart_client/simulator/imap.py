"""IMAP as far as it shows whether a holder gets in: sign in, look at the empty inbox, sign out (lifecycle.md)."""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Callable
from typing import Final

from stalwart_client.simulator.lines import HungUp, Wire
from stalwart_client.simulator.mailbox_doors import Doors

_BEFORE: Final = {
    "0.15": "IMAP4rev2 IMAP4rev1 ENABLE SASL-IR LITERAL+ ID UTF8=ACCEPT JMAPACCESS AUTH=PLAIN",
    "0.16": "IMAP4rev2 IMAP4rev1 ENABLE SASL-IR LITERAL+ ID UTF8=ACCEPT AUTH=PLAIN",
}
_AFTER: Final = "IMAP4rev2 IMAP4rev1 ENABLE SASL-IR LITERAL+ ID UTF8=ACCEPT JMAPACCESS IDLE NAMESPACE UNSELECT"
_FOLDERS: Final = (
    (r"\Trash", "Deleted Items"),
    (r"\Drafts", "Drafts"),
    ("", "INBOX"),
    (r"\Junk", "Junk Mail"),
    (r"\Sent", "Sent Items"),
)
_FLAGS: Final = r"\Answered \Flagged \Deleted \Seen \Draft"


class ImapSession:
    """One connection of a mail program."""

    def __init__(self, doors: Doors, wire: Wire) -> None:
        self._doors = doors
        self._wire = wire
        self._account = ""
        self._is_open = False
        self._commands: dict[str, Callable[[str, list[str]], None]] = {
            "CAPABILITY": self._capability,
            "NOOP": lambda tag, _: self._done(tag, "NOOP"),
            "ID": self._id,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "SELECT": lambda tag, _: self._select(tag, "[READ-WRITE] ", "SELECT"),
            "EXAMINE": lambda tag, _: self._select(tag, "[READ-ONLY] ", "EXAMINE"),
            "LIST": self._list,
            "SEARCH": self._search,
            "LOGOUT": self._logout,
        }

    def run(self) -> None:
        self._wire.write(f"* OK [CAPABILITY {self._capabilities}] Stalwart IMAP4rev2 at your service.")
        while True:
            tag, _, rest = self._wire.read().partition(" ")
            name, _, arguments = rest.partition(" ")
            command = self._commands.get(name.upper())
            if not tag:
                continue
            if not name:
                self._wire.write(f'* BAD [PARSE] Missing command after tag "{tag}", found CRLF instead.')
            elif command is None:
                self._wire.write(f"{tag} BAD [PARSE] Unrecognized command '{name.upper()}'.")
            else:
                command(tag, _words(arguments))

    @property
    def _capabilities(self) -> str:
        return _AFTER if self._account else _BEFORE[self._doors.generation]

    def _done(self, tag: str, name: str, note: str = "") -> None:
        self._wire.write(f"{tag} OK {note}{name} completed")

    def _capability(self, tag: str, _arguments: list[str]) -> None:
        self._wire.write(f"* CAPABILITY {self._capabilities}")
        self._done(tag, "CAPABILITY")

    def _id(self, tag: str, _arguments: list[str]) -> None:
        self._wire.write('* ID ("name" "Stalwart" "version" "1.0.0" "vendor" "Stalwart Labs LLC")')
        self._done(tag, "ID")

    def _login(self, tag: str, arguments: list[str]) -> None:
        if self._account:
            self._wire.write(f"{tag} NO Already authenticated.")
        elif len(arguments) < 2:
            self._wire.write(f"{tag} NO {'Too many' if arguments else 'Missing'} arguments.")
        else:
            self._enter(tag, arguments[0], arguments[1])

    def _authenticate(self, tag: str, arguments: list[str]) -> None:
        mechanism = arguments[0] if arguments else ""
        if self._account:
            self._wire.write(f"{tag} NO Already authenticated.")
        elif not mechanism:
            self._wire.write(f"{tag} NO Authentication mechanism missing.")
        elif mechanism.upper() != "PLAIN":
            self._wire.write(f"{tag} BAD Unsupported mechanism '{mechanism}'.")
        else:
            pair = plain_credentials(arguments[1] if len(arguments) > 1 else self._challenged())
            if pair is None:
                self._wire.write(f"{tag} NO [PARSE] Failed to decode challenge.")
            else:
                self._enter(tag, *pair)

    def _challenged(self) -> str:
        self._wire.write("+ ")
        return self._wire.read()

    def _enter(self, tag: str, login: str, secret: str) -> None:
        """Let somebody in; who has the right secret and may not come in gets no answer at all."""
        entry = self._doors.enter(login, secret, self._wire.remote)
        right = "imap-authenticate" if self._doors.generation == "0.15" else "imapAuthenticate"
        if entry.status == 403 or (entry.status == 200 and not entry.may(right)):
            raise HungUp
        if entry.status != 200:
            why = entry.detail if entry.status == 402 else "Authentication failed"
            self._wire.write(f"{tag} NO [AUTHENTICATIONFAILED] {why}")
            return
        self._account = entry.account
        self._wire.write(f"{tag} OK [CAPABILITY {self._capabilities}] Authentication successful")

    def _inside(self, tag: str) -> bool:
        """Say whether somebody is signed in; a session of a deleted account ends here on 0.16."""
        if not self._account:
            self._wire.write(f"{tag} NO Not authenticated.")
            return False
        if not self._doors.is_there(self._account):
            raise HungUp
        return True

    def _select(self, tag: str, note: str, name: str) -> None:
        if self._inside(tag):
            self._is_open = True
            self._wire.write("* 0 EXISTS", f"* FLAGS ({_FLAGS})", "* 0 RECENT", "* OK [UIDVALIDITY 1] UIDs valid")
            self._wire.write("* OK [UIDNEXT 1] Next predicted UID")
            self._done(tag, name, note)

    def _list(self, tag: str, _arguments: list[str]) -> None:
        if self._inside(tag):
            self._wire.write(*(f'* LIST ({flag}) "/" "{name}"' for flag, name in _FOLDERS))
            self._done(tag, "LIST")

    def _search(self, tag: str, _arguments: list[str]) -> None:
        if self._inside(tag) and not self._is_open:
            self._wire.write(f"{tag} BAD No mailbox is selected.")
        elif self._account:
            self._wire.write("* SEARCH")
            self._done(tag, "SEARCH")

    def _logout(self, tag: str, _arguments: list[str]) -> None:
        self._wire.write("* BYE Stalwart IMAP4rev2 bids you farewell.")
        self._done(tag, "LOGOUT")
        raise HungUp


def plain_credentials(encoded: str) -> tuple[str, str] | None:
    """Read what SASL PLAIN sends: three texts, the first of which nobody needs."""
    try:
        parts = base64.b64decode(encoded, validate=True).decode().split("\0")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (parts[1], parts[2]) if len(parts) == 3 else None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
