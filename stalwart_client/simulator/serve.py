"""The simulator on a socket: HTTP/1.1 with keep-alive, a thread a connection, nothing that is not needed."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import struct
from http import HTTPStatus
from io import BufferedIOBase
from typing import Final
from urllib.parse import quote

from stalwart_client.simulator.app import Simulator
from stalwart_client.simulator.http import Dropped, Refused, Request, Response

LONGEST_LINE: Final = 65_536
LONGEST_TARGET: Final = 65_534
MOST_HEADERS: Final = 100
LARGEST_BODY: Final = 64_000_000
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}
_RESET: Final = struct.pack("ii", 1, 0)
_FIRST: Final = re.compile(rb"([!-~]+) ([!-\xff]+) HTTP/1\.([01])\r?\n")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\r?\n", re.DOTALL)
_PREFACE: Final = b"PRI * HTTP/2.0\r\n"
_PRINTABLE: Final = "".join(map(chr, range(33, 127)))


class BadRequest(Exception):
    """What came in is no HTTP; `status` is all that is said about it."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


class Handler(socketserver.StreamRequestHandler):
    """Answers one connection's requests in turn; the standard library's parser would halve the speed."""

    server: Server
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        """Serve until the other side hangs up, or says that it will, or talks nonsense."""
        with contextlib.suppress(ConnectionError, Dropped):
            try:
                while (read := self._read()) is not None:
                    request, connection = read
                    answer = self.server.simulator.handle(request)
                    is_over = connection in {"close", "closed"}
                    told = "" if connection == "closed" else connection
                    self._write(answer, head_only=request.method == "HEAD", connection=told)
                    if is_over:
                        return
            except BadRequest as exc:
                self._write(Response(exc.status), connection="close")

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def _read(self) -> tuple[Request, str] | None:
        """Read a request and what is to be said of its connection, None at the end of the connection.

        :raises BadRequest: if it is none
        """
        line = self._first_line()
        if not line or line == _PREFACE:
            return None
        first = _FIRST.fullmatch(line)
        if first is None:
            raise BadRequest(414 if len(line) >= LONGEST_LINE else 400)
        if len(first[2]) > LONGEST_TARGET:
            raise BadRequest(414)
        headers = self._headers()
        path, _, query = _target(first[2]).partition("?")
        method = first[1].decode()
        told = {token.strip() for token in headers.get("connection", "").lower().split(",")}
        connection = _connection(told, is_old=first[3] == b"0")
        if "chunked" in headers.get("transfer-encoding", "").lower() and "content-length" in headers:
            connection = "close"
        return Request(method, path, query, headers, self._body(headers), self.client_address[0]), connection

    def _first_line(self) -> bytes:
        """Return the first line that is not empty."""
        while (line := self.rfile.readline(LONGEST_LINE)) in {b"\r\n", b"\n"}:
            continue
        return line

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(MOST_HEADERS + 1):
            line = self.rfile.readline(LONGEST_LINE * 4)
            if line in {b"\r\n", b"\n", b""}:
                return headers
            found = _HEADER.fullmatch(line)
            if found is None:
                raise BadRequest
            name, value = found[1].decode().lower(), found[2].decode("latin-1")
            if name == "content-length" and headers.get(name, value) != value:
                raise BadRequest
            headers[name] = value
        raise BadRequest(431)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        coding = headers.get("transfer-encoding", "").lower()
        if coding:
            if coding.rpartition(",")[2].strip() != "chunked":
                raise BadRequest
            return _chunked(self.rfile)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            raise BadRequest
        return self.rfile.read(int(length))

    def _write(self, response: Response, *, head_only: bool = False, connection: str = "") -> None:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if connection:
            lines.append(f"connection: {connection}")
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"content-length: {len(response.body)}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if not head_only:
            self.wfile.write(response.body)
        self.wfile.flush()


def _target(raw: bytes) -> str:
    """Return what is asked for: without the server's own address, a fragment, or bytes that should be escaped."""
    text = quote(raw, safe=_PRINTABLE).partition("#")[0]
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        return "/" + rest.partition("/")[2]
    return text


def _connection(told: set[str], *, is_old: bool) -> str:
    """Return what becomes of the connection: empty if it goes on without a word, `closed` if it ends without one."""
    if "close" in told:
        return "close"
    return ("keep-alive" if "keep-alive" in told else "closed") if is_old else ""


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
    while size := _chunk_size(stream.readline(LONGEST_LINE)):
        body += stream.read(size)
        stream.readline(LONGEST_LINE)
        if len(body) > LARGEST_BODY:
            raise BadRequest
    while stream.readline(LONGEST_LINE) not in {b"\r\n", b"\n", b""}:
        continue
    return body


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise BadRequest from None
