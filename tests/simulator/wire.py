"""What is said on the wire itself, to a real server and to a simulator on a socket.

Odd requests byte by byte, and the lines of mail programs.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_SHOWN: Final = ("content-type", "www-authenticate", "location", "allow", "connection", "cache-control")
_QUIET: Final = 0.9
_SLOW: Final = 8.0
"""Seconds that a server may take to check a secret, or to answer who has given a wrong one."""
_SIGNS_IN: Final = re.compile(rb"AUTH|\w LOGIN|\w AUTHENTICATE|RCPT|[A-Za-z0-9+/=]{8,}\r\n")
_CAPABILITIES: Final = re.compile(r"\[CAPABILITY [^\]]*\]")
_BETWEEN: Final = re.compile(r"\* (?!OK \[\]|BYE|BAD|SEARCH)|250-")
"""Seconds without a byte after which a server has said what it wants to say."""


@dataclass(frozen=True)
class Said:
    """One answer: its status, the headers that matter, and its body."""

    status: int
    headers: dict[str, list[str]]
    body: Any


@dataclass(frozen=True)
class Exchange:
    """What came back for some bytes, and whether the connection was closed after it."""

    answers: tuple[Said, ...]
    is_closed: bool


def exchange(port: int, sent: bytes, *, quiet: float = _QUIET) -> Exchange:
    """Send bytes to a port of this machine and read all that comes back."""
    received, is_closed = b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
        connection.settimeout(quiet)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                piece = connection.recv(1 << 16)
            except TimeoutError:
                break
            except ConnectionError:
                piece = b""
            if not piece:
                is_closed = True
                break
            received += piece
    return Exchange(tuple(_answers(received, is_head=sent.startswith(b"HEAD "))), is_closed)


def _answers(received: bytes, *, is_head: bool) -> Iterator[Said]:
    while b"\r\n\r\n" in received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        size = 0 if is_head or " 204 " in first else int(headers.get("content-length", ["0"])[0])
        body, received, is_head = received[:size], received[size:], False
        if first.split()[1] != "100":
            yield Said(int(first.split()[1]), {name: headers[name] for name in _SHOWN if name in headers}, _read(body))


def _read(body: bytes) -> Any:
    try:
        content = json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
    if isinstance(content, dict):
        return {key: value for key, value in content.items() if key not in {"sessionState", "state"}}
    return content


def talk(port: int, lines: list[bytes]) -> list[str]:
    """Say lines to a port one after the other and return what was answered to each, the greeting first.

    Of an answer only the lines count that close it or end the connection; capabilities are every server's own.
    """
    answers: list[str] = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for line in [b"", *lines]:
            if line:
                connection.sendall(line)
            received, is_closed = _all(connection, patience=_SLOW if _SIGNS_IN.match(line) else _QUIET)
            answers.append(_told(received.decode(errors="replace")) + ("<end>" if is_closed else ""))
            if is_closed:
                break
    return answers


def _all(connection: socket.socket, *, patience: float) -> tuple[bytes, bool]:
    received = b""
    connection.settimeout(patience)
    with contextlib.suppress(TimeoutError):
        while True:
            try:
                piece = connection.recv(1 << 16)
            except ConnectionError:
                piece = b""
            if not piece:
                return received, True
            received += piece
            connection.settimeout(_QUIET / 4)
    return received, False


def _told(text: str) -> str:
    lines = _CAPABILITIES.sub("[]", text).split("\r\n")
    return "|".join(line for line in lines if line and not _BETWEEN.match(line))
