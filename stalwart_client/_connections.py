"""The connections to one server: opened at need, lent for the time of a call, given back for good by `close`."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import httpx

from stalwart_client._ahead import Ask, Page, Reader
from stalwart_client._errors import Busy

MAX_IN_FLIGHT = 4
"""More requests at once than this are refused for one account, on both generations."""


class Connections:
    """Lends the connections to one server, each to one call at a time; a transport that was given is lent to all.

    httpx is met at its transport and not at its client, whose cookies, redirects and log lines have no use here
    and would cost a fifth of the time of a call. A transport has one connection only: a pool that several threads
    share can close a connection that it has just lent to another one (encode/httpcore#1110).
    """

    def __init__(self, transport: httpx.BaseTransport | None = None, *, wait: float) -> None:
        self._given = transport
        self._wait = wait
        self._opened: _Opened | None = None
        self._free = threading.BoundedSemaphore(MAX_IN_FLIGHT)
        self._readers: set[Reader[Any]] = set()
        self._lock = threading.Lock()
        self._here = threading.local()

    @contextmanager
    def lent(self) -> Iterator[httpx.BaseTransport]:
        """Lend a connection; `close` leaves it open until it comes back.

        :raises Busy: if all are in use for longer than `wait` seconds
        """
        if not self._free.acquire(timeout=self._wait):
            raise Busy("Too many of our own calls to the mail server are under way.")
        try:
            with self._lock:
                opened = self._opened = self._opened or _Opened(self._given)
                kept = opened.take()
            transport = kept or opened.new()
            try:
                yield transport
            finally:
                with self._lock:
                    opened.give_back(transport)
                    unused = opened.unused() if opened.is_given_up else []
                _close(unused)
        finally:
            self._free.release()

    def close(self) -> None:
        """Let nothing be read ahead any more, and close what nobody uses; a later call opens new connections."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.stop()
        for reader in readers:
            reader.wait()
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is None:
                return
            opened.is_given_up = True
            unused = opened.unused()
        _close(unused)

    def notice(self, request: httpx.Request) -> None:
        """Let the thread that reads ahead, if this is it, know when a request was sent."""
        was_sent = getattr(self._here, "was_sent", None)
        if was_sent:
            request.stream = _Noticed(request.content, was_sent)

    def ahead(self, asks: Iterator[Ask[Page]], in_flight: int) -> Generator[Page, None, None]:
        """Yield pages and fetch the next ones meanwhile, so that server and caller work at the same time."""
        reader = Reader(asks, in_flight, self._here)
        with self._lock:
            self._readers = {each for each in self._readers if not each.is_done} | {reader}
        try:
            yield from reader.pages()
        finally:
            # When a program ends, its threads die where they are, some with a lock that nobody gives back.
            if not sys.is_finalizing():
                reader.stop()
        # There is more only where `close` came between: a caller who goes on has it fetched page by page.
        for ask in asks:
            if (page := ask()) is None:
                return
            yield page


class Borrowed(httpx.BaseTransport):
    """A transport that others use too, and that stays open when it is closed here."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by the transport."""
        return self._transport.handle_request(request)


class _Noticed(httpx.SyncByteStream):
    """The body of a request, which tells when it was sent."""

    def __init__(self, content: bytes, was_sent: Callable[[], None]) -> None:
        self._content = content
        self._was_sent = was_sent

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        self._was_sent()


class _Opened:
    """Connections that stay open until they are given up and nobody uses them any more."""

    def __init__(self, given: httpx.BaseTransport | None) -> None:
        self._given = given
        self._users = 0
        self._kept: list[httpx.BaseTransport] = []
        self.is_given_up = False

    def take(self) -> httpx.BaseTransport | None:
        """Return the connection that was used last, which the server will hardly have closed, or None."""
        self._users += 1
        if self._given:
            return self._given
        return self._kept.pop() if self._kept else None

    def new(self) -> httpx.BaseTransport:
        """Return a connection to take that is not open yet."""
        return httpx.HTTPTransport(
            verify=self._certificates,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            # A proxy or .netrc that somebody set for another program would see, or replace, our credentials.
            trust_env=False,
        )

    def give_back(self, transport: httpx.BaseTransport) -> None:
        self._users -= 1
        if transport is not self._given:
            self._kept.append(transport)

    def unused(self) -> list[httpx.BaseTransport]:
        """Return what nobody uses, to be closed; it is not lent any more."""
        if self._given:
            return [] if self._users else [self._given]
        kept, self._kept = self._kept, []
        return kept

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return httpx.create_ssl_context(trust_env=False)


def _close(transports: list[httpx.BaseTransport]) -> None:
    for transport in transports:
        transport.close()
