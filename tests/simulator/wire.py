"""What is said on the wire itself, to a real server and to a simulator on a socket: odd requests, byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_SHOWN: Final = ("content-type", "www-authenticate", "location", "allow", "connection", "cache-control")
_QUIET: Final = 0.9
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
