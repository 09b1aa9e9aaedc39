"""The simulator on a socket: HTTP/1.1 with keep-alive, a thread a connection, nothing that is not needed."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
from http import HTTPStatus
from io import BufferedIOBase
from typing import Final

from stalwart_client.simulator.app import Simulator
from stalwart_client.simulator.http import Dropped, Refused, Request, Response

LONGEST_LINE: Final = 65_536
LARGEST_BODY: Final = 64_000_000
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_RESET: Final = struct.pack("ii", 1, 0)


class BadRequest(Exception):
    """What came in is no HTTP."""


class Handler(socketserver.StreamRequestHandler):
    """Answers one connection's requests in turn; the standard library's parser would halve the speed."""

    server: Server
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        """Serve until the other side hangs up."""
        with contextlib.suppress(ConnectionError, BadRequest, Dropped):
            while (request := self._read()) is not None:
                self._write(self.server.simulator.handle(request), head_only=request.method == "HEAD")
                if request.headers.get("connection", "").lower() == "close":
                    return

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def _read(self) -> Request | None:
        """Read a request, None at the end of the connection.

        :raises BadRequest: if it is none
        """
        first = self.rfile.readline(LONGEST_LINE).split()
        if not first:
            return None
        if len(first) != 3:
            raise BadRequest
        method, target, _ = (part.decode("latin-1") for part in first)
        headers = self._headers()
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, self._body(headers), self.client_address[0])

    def _headers(self) -> dict[str, str]:
        headers = {}
        while (line := self.rfile.readline(LONGEST_LINE)) not in {b"\r\n", b"\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return _chunked(self.rfile)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            raise BadRequest
        return self.rfile.read(int(length))

    def _write(self, response: Response, *, head_only: bool) -> None:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        lines.append(f"content-length: {len(response.body)}\r\n\r\n")
        self.wfile.write("\r\n".join(lines).encode("latin-1"))
        if not head_only:
            self.wfile.write(response.body)
        self.wfile.flush()


class Server(socketserver.ThreadingTCPServer):
    """Listens for a simulator."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, simulator: Simulator, *, host: str, port: int) -> None:
        self.simulator = simulator
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """The address at which it listens, also when the port was left to the system."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else str(host)
        return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve a connection; a server that is down resets it, which is as near to refusing as one can come."""
        try:
            super().finish_request(request, client_address)
        except Refused:
            if isinstance(request, socket.socket):
                request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self.close_request(request)


def _chunked(stream: BufferedIOBase) -> bytes:
    body = b""
    while size := int(stream.readline(LONGEST_LINE).split(b";")[0], 16):
        body += stream.read(size)
        stream.readline(LONGEST_LINE)
        if len(body) > LARGEST_BODY:
            raise BadRequest
    stream.readline(LONGEST_LINE)
    return body
