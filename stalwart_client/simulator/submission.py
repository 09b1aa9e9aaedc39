"""Mail submission as far as it shows who may send and whom mail reaches: AUTH, MAIL, RCPT and DATA (lifecycle.md)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from stalwart_client.simulator.imap import plain_credentials
from stalwart_client.simulator.lines import HungUp, Wire
from stalwart_client.simulator.mailbox_doors import Doors, Reach

_EXTENSIONS: Final = (
    "SMTPUTF8",
    "SIZE 104857600",
    "REQUIRETLS",
    "PIPELINING",
    "NO-SOLICITING",
    "ENHANCEDSTATUSCODES",
    "CHUNKING",
    "BINARYMIME",
    "AUTH PLAIN LOGIN",
)
_ADDRESS: Final = re.compile(r"\s*:\s*<([^>]*)>")


class SubmissionSession:
    """One connection of a mail program that wants to send."""

    def __init__(self, doors: Doors, wire: Wire) -> None:
        self._doors = doors
        self._wire = wire
        self._account = ""
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands: dict[str, Callable[[str], None]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._reset,
            "NOOP": lambda _: self._wire.write("250 2.0.0 OK"),
            "VRFY": lambda _: self._wire.write("252 2.5.1 VRFY is disabled."),
            "EXPN": lambda _: self._wire.write("252 2.5.1 EXPN is disabled."),
            "QUIT": self._quit,
        }

    @property
    def _challenge(self) -> str:
        return "Go ahead." if self._doors.generation == "0.15" else ""

    def run(self) -> None:
        self._wire.write(f"220 {self._doors.hostname} Stalwart ESMTP at your service")
        while True:
            line = self._wire.read()
            command = self._commands.get(line[:4].upper())
            if command is None:
                self._wire.write("500 5.5.1 Invalid command.")
            else:
                command(line[4:])

    def _ehlo(self, _name: str) -> None:
        self._greeted = True
        lines = [f"{self._doors.hostname} you had me at EHLO", *_EXTENSIONS]
        self._wire.write(*(f"250-{line}" for line in lines), "250 8BITMIME")

    def _helo(self, _name: str) -> None:
        self._greeted = True
        self._wire.write(f"250 {self._doors.hostname} you had me at HELO")

    def _auth(self, text: str) -> None:
        mechanism, _, initial = text.strip().partition(" ")
        if self._account:
            self._wire.write("503 5.5.1 Already authenticated.")
        elif not mechanism:
            self._wire.write("501 5.5.2 Syntax error, expected: AUTH mechanism [initial-response]")
        elif mechanism.upper() not in {"PLAIN", "LOGIN"}:
            self._wire.write("554 5.7.8 Authentication mechanism not supported.")
        else:
            pair = (
                plain_credentials(initial or self._ask(self._challenge))
                if mechanism.upper() == "PLAIN"
                else self._both(initial)
            )
            if pair is None:
                self._wire.write("500 5.5.6 Invalid challenge.")
            else:
                self._enter(*pair)

    def _both(self, initial: str) -> tuple[str, str] | None:
        login = _decoded(initial or self._ask("VXNlcm5hbWU6"))
        secret = _decoded(self._ask("UGFzc3dvcmQ6")) if login is not None else None
        return None if login is None or secret is None else (login, secret)

    def _ask(self, challenge: str) -> str:
        self._wire.write(f"334 {challenge}")
        return self._wire.read()

    def _enter(self, login: str, secret: str) -> None:
        entry = self._doors.enter(login, secret, self._wire.remote)
        is_old = self._doors.generation == "0.15"
        if entry.status == 403 or (entry.status == 200 and not entry.may("email-send" if is_old else "emailSend")):
            self._wire.write("550 5.7.1 Your account is not authorized to use this service.")
        elif entry.status == 402:
            why = "Missing TOTP token, try with 'secret$totp_code'." if is_old else entry.detail
            self._wire.write(f"334 5.7.8 {why}")
        elif entry.status != 200:
            self._wire.write("535 5.7.8 Authentication credentials invalid.")
        else:
            self._account = entry.account
            self._wire.write("235 2.7.0 Authentication succeeded.")

    def _mail(self, text: str) -> None:
        found = _ADDRESS.match(text.upper().removeprefix(" FROM")) and _ADDRESS.search(text)
        if not self._greeted:
            self._wire.write("503 5.5.1 Polite people say EHLO first.")
        elif not self._account and self._doors.generation == "0.16":
            self._wire.write("503 5.5.1 You must authenticate first.")
        elif self._sender is not None:
            self._wire.write("503 5.5.1 Multiple MAIL commands not allowed.")
        elif not found:
            self._wire.write("501 5.5.2 Syntax error, expected: MAIL FROM:<reverse-path> [parameters]")
        elif self._account and not self._doors.owns(self._account, found[1]):
            self._wire.write("501 5.5.4 You are not allowed to send from this address.")
        else:
            self._sender = found[1]
            self._wire.write("250 2.1.0 OK")

    def _rcpt(self, text: str) -> None:
        found = _ADDRESS.search(text)
        if self._sender is None:
            self._wire.write("503 5.5.1 MAIL is required first.")
        elif not found:
            self._wire.write("500 5.5.2 Invalid syntax.")
        else:
            self._wire.write(self._taken(found[1]))

    def _taken(self, address: str) -> str:
        reach = self._doors.reach(address)
        if reach is Reach.NOBODY:
            return "550 5.1.2 Mailbox does not exist."
        if reach is Reach.ELSEWHERE and not self._account:
            return "550 5.1.2 Relay not allowed."
        self._recipients.append(address)
        return "250 2.1.5 OK"

    def _data(self, _text: str) -> None:
        if self._sender is None or not self._recipients:
            missing = "MAIL" if self._sender is None and self._doors.generation == "0.16" else "RCPT"
            self._wire.write(f"503 5.5.1 {missing} is required first.")
            return
        self._wire.write("354 Start mail input; end with <CRLF>.<CRLF>")
        lines = []
        while (line := self._wire.read()) != ".":
            lines.append(line.removeprefix("."))
        number = self._doors.accept(self._sender, self._recipients, "".join(f"{line}\r\n" for line in lines))
        self._sender, self._recipients = None, []
        self._wire.write(f"250 2.0.0 Message queued with id {number}.")

    def _reset(self, _text: str) -> None:
        self._sender, self._recipients = None, []
        self._wire.write("250 2.0.0 OK")

    def _quit(self, _text: str) -> None:
        self._wire.write("221 2.0.0 Bye.")
        raise HungUp


def _decoded(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
