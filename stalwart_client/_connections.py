"""The connections to one server: opened at need, lent for the time of a call, given back for good by `close`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import httpx

MAX_IN_FLIGHT = 4
"""More requests at once than this are refused for one account, on both generations."""

_Page = TypeVar("_Page")


@dataclass(slots=True)
class _Opened:
    """Connections that stay open until they are given up and nobody uses them any more."""

    transport: httpx.BaseTransport
    users: int = 0
    is_given_up: bool = False


class Connections:
    """Lends the connections to one server; a transport that was given is used instead of sockets.

    httpx is met at its transport and not at its client, whose cookies, redirects and log lines have no use here
    and would cost a fifth of the time of a call.
    """

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._given = transport
        self._opened: _Opened | None = None
        self._readers: set[_Reader[Any]] = set()
        self._lock = threading.Lock()
        self._here = threading.local()

    @contextmanager
    def lent(self) -> Iterator[httpx.BaseTransport]:
        """Lend connections; `close` leaves them open until they come back."""
        with self._lock:
            opened = self._opened = self._opened or _Opened(self._given or _sockets())
            opened.users += 1
        try:
            yield opened.transport
        finally:
            with self._lock:
                opened.users -= 1
                is_last = opened.is_given_up and not opened.users
            if is_last:
                opened.transport.close()

    def close(self) -> None:
        """Let nothing be read ahead any more, and close what nobody uses; a later call opens new connections."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.stop()
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is None:
                return
            opened.is_given_up = True
            is_unused = not opened.users
        if is_unused:
            opened.transport.close()

    def notice(self, request: httpx.Request) -> None:
        """Let the thread that reads ahead, if this is it, know when a request was sent."""
        was_sent = getattr(self._here, "was_sent", None)
        if was_sent:
            request.stream = _Noticed(request.content, was_sent)

    def ahead(self, pages: Iterator[_Page]) -> Iterator[_Page]:
        """Yield pages and fetch the next ones meanwhile, so that server and caller work at the same time."""
        reader = _Reader(pages, self._here)
        with self._lock:
            self._readers.add(reader)
        try:
            yield from reader.found()
        finally:
            reader.stop()
            with self._lock:
                self._readers.discard(reader)
        # There is more only where `close` came between: a caller who goes on has it fetched page by page.
        yield from pages


class _Reader(Generic[_Page]):
    """A thread that fetches up to two pages that nobody has asked for yet.

    It goes on by itself, and hands a page over when the request for the next one is on its way: a caller who
    then works on the page keeps the interpreter, and the thread would come to send its request that late.
    """

    def __init__(self, pages: Iterator[_Page], here: threading.local) -> None:
        self._pages = pages
        self._here = here
        self._kept: list[_Page] = []
        self._found: SimpleQueue[tuple[_Page] | BaseException | None] = SimpleQueue()
        self._room = threading.Semaphore(2)
        self._is_stopped = False
        # A walk that somebody leaves open must not keep a program from ending.
        self._thread = threading.Thread(target=self._fetch, daemon=True)

    def found(self) -> Iterator[_Page]:
        """Yield the pages until they end or it is stopped."""
        self._thread.start()
        while (found := self._found.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            self._room.release()
            yield found[0]

    def stop(self) -> None:
        """Fetch no more, and wait for the page that is on its way."""
        self._is_stopped = True
        self._room.release()
        if self._thread.ident and not sys.is_finalizing():
            self._thread.join()

    def _fetch(self) -> None:
        self._here.was_sent = self._hand_over
        end: BaseException | None = None
        try:
            while self._room.acquire() and not self._is_stopped:
                page = next(self._pages)
                self._hand_over()
                self._kept.append(page)
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the page is wanted
            end = error
        self._hand_over()
        self._found.put(end)

    def _hand_over(self) -> None:
        while self._kept:
            self._found.put((self._kept.pop(),))


class _Noticed(httpx.SyncByteStream):
    """The body of a request, which tells when it was sent."""

    def __init__(self, content: bytes, was_sent: Callable[[], None]) -> None:
        self._content = content
        self._was_sent = was_sent

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        self._was_sent()


def _sockets() -> httpx.BaseTransport:
    return httpx.HTTPTransport(
        limits=httpx.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=MAX_IN_FLIGHT),
        # A proxy or .netrc that somebody set for another program would see, or replace, our credentials.
        trust_env=False,
    )
