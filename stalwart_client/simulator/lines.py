"""Listeners of protocols that talk in lines: one thread a connection, all of which a restart can cut."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Final, Protocol

from stalwart_client.simulator.http import Dropped, Refused
from stalwart_client.simulator.mailbox_doors import Doors

LONGEST: Final = 8192
_RESET: Final = struct.pack("ii", 1, 0)


class HungUp(Exception):
    """The connection is over, without another word."""


class Wire:
    """One connection, line by line."""

    def __init__(self, connection: socket.socket, remote: str) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        self.remote = remote

    def read(self) -> str:
        """Return the next line without its end.

        :raises HungUp: if there is none
        """
        line = self._file.readline(LONGEST)
        if not line:
            raise HungUp
        return line.decode(errors="replace").rstrip("\r\n")

    def close(self) -> None:
        self._file.close()

    def write(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


class Session(Protocol):
    """What is said on one connection."""

    def run(self) -> None:
        """Talk until the end.

        :raises HungUp: if the other side ends it, or we do without a word
        """


class LineHandler(socketserver.BaseRequestHandler):
    """Serves one connection."""

    server: LineServer

    def handle(self) -> None:
        wire = Wire(self.request, str(self.client_address[0]))
        with contextlib.closing(wire), contextlib.suppress(HungUp, Dropped, Refused, OSError):
            self.server.open_session(wire).run()


class LineServer(socketserver.ThreadingTCPServer):
    """Listens for holders of mailboxes; `cut` ends every session at once, as a restart does."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, doors: Doors, open_session: Callable[[Doors, Wire], Session], *, host: str, port: int) -> None:
        self._doors = doors
        self._open = open_session
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), LineHandler)

    @property
    def port(self) -> int:
        """The port at which it listens, also when that was left to the system."""
        return int(self.server_address[1])

    def open_session(self, wire: Wire) -> Session:
        return self._open(self._doors, wire)

    def cut(self) -> None:
        """End every session without a word."""
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if isinstance(request, socket.socket):
            with self._guard:
                self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            with self._guard:
                self._connections.discard(request)
        super().shutdown_request(request)
