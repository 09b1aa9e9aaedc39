"""Holders at the doors that mail programs use; every answer here is one that a live server gave (lifecycle.md)."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from stalwart_client.simulator import Simulator
from tests.simulator.callers import STRONG, Jmap, Rest, add_user, jmap_server, rest_server

ANA = "ana@example.org"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LOCK = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}}
Kind = Literal["imap", "submission"]


class Line:
    """A mail program's end of a connection."""

    def __init__(self, server: Simulator, kind: Kind) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.listen(kind).port), timeout=10)
        self._file = self._socket.makefile("rb")
        self.greeting = self.read()

    def read(self) -> str:
        """Return the next line, empty at the end of the connection."""
        try:
            return self._file.readline().decode().rstrip("\r\n")
        except ConnectionError:
            return ""

    def ask(self, line: str) -> str:
        """Send a line and return the last line of the answer."""
        self._socket.sendall(f"{line}\r\n".encode())
        answer = self.read()
        while answer.startswith("* ") or answer[3:4] == "-":
            answer = self.read()
        return answer

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture(params=["0.15", "0.16"])
def server(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A server with Ana, who may send and read, and her alias `info`."""
    made = rest_server(clock=lambda: NOW) if request.param == "0.15" else jmap_server(clock=lambda: NOW)
    if request.param == "0.15":
        Rest(made).create("individual", ANA, emails=[ANA, "info@example.org"], secrets=[STRONG], roles=["user"])
    else:
        add_user(made, aliases={"0": {"name": "info", "domainId": "b"}})
    yield made
    made.close()


@pytest.fixture
def lines(server: Simulator) -> Iterator[Any]:
    opened: list[Line] = []

    def open_line(kind: Kind) -> Line:
        opened.append(Line(server, kind))
        return opened[-1]

    yield open_line
    for line in opened:
        line.close()


def lock(server: Simulator) -> None:
    if server.generation == "0.15":
        Rest(server).patch(ANA, "addItem", "disabledPermissions", "authenticate")
    else:
        Jmap(server).update("Account", "b", permissions=LOCK)


def delete(server: Simulator) -> None:
    if server.generation == "0.15":
        Rest(server)("DELETE", f"/principal/{ANA}")
    else:
        Jmap(server)("x:Account/set", {"destroy": ["b"]})


def plain(secret: str = STRONG, user: str = ANA) -> str:
    return base64.b64encode(f"\0{user}\0{secret}".encode()).decode()


def test_a_holder_signs_in_and_out_by_imap(lines: Any) -> None:
    imap = lines("imap")

    assert imap.greeting.startswith("* OK [CAPABILITY IMAP4rev2")
    assert imap.ask("a SELECT INBOX") == "a NO Not authenticated."
    assert imap.ask(f"b LOGIN {ANA} wrong") == "b NO [AUTHENTICATIONFAILED] Authentication failed"
    assert imap.ask(f'c LOGIN "{ANA}" "{STRONG}"').startswith("c OK [CAPABILITY")
    assert imap.ask("d SELECT INBOX") == "d OK [READ-WRITE] SELECT completed"
    assert imap.ask("e LOGOUT") == "e OK LOGOUT completed"
    assert imap.read() == ""


def test_a_holder_signs_in_by_sasl(lines: Any) -> None:
    imap = lines("imap")

    assert imap.ask("a AUTHENTICATE PLAIN") == "+ "
    assert imap.ask(plain()).startswith("a OK")
    assert lines("imap").ask(f"a AUTHENTICATE PLAIN {plain()}").startswith("a OK")


def test_a_locked_holder_is_hung_up_on_and_a_wrong_password_is_told(server: Simulator, lines: Any) -> None:
    lock(server)

    assert lines("imap").ask(f"a LOGIN {ANA} {STRONG}") == ""
    assert lines("imap").ask(f"a LOGIN {ANA} wrong") == "a NO [AUTHENTICATIONFAILED] Authentication failed"


def test_a_locked_holder_cannot_send(server: Simulator, lines: Any) -> None:
    lock(server)
    smtp = lines("submission")
    smtp.ask("EHLO me.test")

    assert smtp.ask(f"AUTH PLAIN {plain()}") == "550 5.7.1 Your account is not authorized to use this service."
    assert smtp.ask(f"AUTH PLAIN {plain('wrong')}") == "535 5.7.8 Authentication credentials invalid."


@pytest.mark.parametrize("kind", ["imap", "submission"])
def test_an_open_session_survives_the_lock_and_not_a_restart(server: Simulator, lines: Any, kind: Kind) -> None:
    line = lines(kind)
    line.ask(f"a LOGIN {ANA} {STRONG}" if kind == "imap" else "EHLO me.test")
    lock(server)

    assert "OK" in line.ask("b NOOP" if kind == "imap" else "NOOP")
    server.restart()
    assert line.read() == ""


def test_deletion_cuts_a_session_on_the_newer_generation_only(server: Simulator, lines: Any) -> None:
    imap = lines("imap")
    imap.ask(f"a LOGIN {ANA} {STRONG}")
    imap.ask("s SELECT INBOX")
    delete(server)

    assert imap.ask("b SEARCH ALL") == ("b OK SEARCH completed" if server.generation == "0.15" else "")


def test_recipients_are_known_or_not(server: Simulator, lines: Any) -> None:
    smtp = lines("submission")
    smtp.ask("EHLO me.test")
    assert smtp.ask(f"AUTH PLAIN {plain()}") == "235 2.7.0 Authentication succeeded."
    assert smtp.ask("MAIL FROM:<boss@example.org>") == "501 5.5.4 You are not allowed to send from this address."
    smtp.ask(f"MAIL FROM:<{ANA}>")

    found = [smtp.ask(f"RCPT TO:<{one}>")[:3] for one in (ANA, "info@example.org", "ana+x@example.org", "x@a.test")]
    assert found == ["250"] * 4
    assert smtp.ask("RCPT TO:<nobody@example.org>") == "550 5.1.2 Mailbox does not exist."


def test_what_is_for_others_waits_in_the_queue(server: Simulator, lines: Any) -> None:
    smtp = lines("submission")
    for line in ("EHLO me.test", f"AUTH PLAIN {plain()}", f"MAIL FROM:<{ANA}>", "RCPT TO:<x@a.test>", "DATA"):
        smtp.ask(line)

    assert smtp.ask("Subject: x\r\n\r\nhi\r\n.").startswith("250 2.0.0 Message queued")
    if server.generation == "0.15":
        assert Rest(server)("GET", "/queue/messages")["data"]["total"] == 1
    else:
        assert len(Jmap(server)("x:QueuedMessage/query", {})["ids"]) == 1


def test_the_older_generation_remembers_recipients(lines: Any, server: Simulator) -> None:
    smtp = lines("submission")
    smtp.ask("EHLO me.test")
    smtp.ask(f"AUTH PLAIN {plain()}")
    smtp.ask(f"MAIL FROM:<{ANA}>")
    is_old = server.generation == "0.15"

    def ask(name: str) -> str:
        return str(smtp.ask(f"RCPT TO:<{name}@example.org>")[:3])

    assert (ask("new"), ask("ana")) == ("550", "250")
    if is_old:
        Rest(server).create("individual", "new@example.org", emails=["new@example.org"])
        Rest(server)("DELETE", f"/principal/{ANA}")
    else:
        add_user(server, "new")
        Jmap(server)("x:Account/set", {"destroy": ["b"]})
    assert (ask("new"), ask("ana")) == (("550", "250") if is_old else ("250", "550"))
    server.advance(3601)
    assert (ask("new"), ask("ana")) == (("250", "250") if is_old else ("250", "550"))
    if is_old:
        Rest(server)("GET", "/reload")
    assert (ask("new"), ask("ana")) == ("250", "550")


def test_a_disabled_alias_takes_no_mail() -> None:
    server = jmap_server()
    add_user(server, aliases={"0": {"name": "info", "domainId": "b", "enabled": False}})
    smtp = Line(server, "submission")
    smtp.ask("EHLO me.test")
    smtp.ask(f"AUTH PLAIN {plain()}")
    smtp.ask(f"MAIL FROM:<{ANA}>")

    assert smtp.ask("RCPT TO:<info@example.org>") == "550 5.1.2 Mailbox does not exist."
    smtp.close()
    server.close()


def test_after_the_end_neither_door_opens() -> None:
    server = jmap_server(clock=lambda: NOW)
    credential = {"@type": "Password", "secret": STRONG, "expiresAt": "2026-11-20T12:00:00Z"}
    add_user(server, credentials={"0": credential})
    imap, smtp = Line(server, "imap"), Line(server, "submission")
    smtp.ask("EHLO me.test")

    assert imap.ask(f"a LOGIN {ANA} {STRONG}") == ""
    assert smtp.ask(f"AUTH PLAIN {plain()}").startswith("550 5.7.1")
    for line in (imap, smtp):
        line.close()
    server.close()
