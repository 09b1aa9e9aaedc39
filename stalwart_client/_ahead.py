"""Reading ahead: threads that fetch the next pages of a listing while the caller works on the last one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

Page = TypeVar("Page")
Ask: TypeAlias = Callable[[], Page | None]
"""Fetches a page; None says that there was no more."""


class Reader(Generic[Page]):
    """Fetches pages that nobody has asked for yet, and hands them over in the order of the asks.

    It begins with one thread, as only the first answer may tell how many pages follow, and then keeps `in_flight`
    requests on their way and one page more in store. `here` lets a thread know when its request was sent.
    """

    def __init__(self, asks: Iterator[Ask[Page]], in_flight: int, here: threading.local) -> None:
        self._asks = asks
        self._in_flight = in_flight
        self._here = here
        self._threads: list[threading.Thread] = []
        self._pages: SimpleQueue[Future[Page | None]] = SimpleQueue()
        self._room = threading.Semaphore(in_flight + 1)
        self._taking = threading.Lock()
        self._taken = 0
        self._is_over = False

    def pages(self) -> Iterator[Page]:
        """Yield the pages until there are no more or it is stopped; nothing where no thread can be had."""
        with self._taking:
            if not self._add_thread():
                return
        while (page := self._pages.get().result()) is not None:
            self._room.release()
            yield page

    @property
    def is_done(self) -> bool:
        """Nothing is fetched any more."""
        return self._is_over and not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Fetch no more; nobody waits here for the pages that are on their way.

        So it can be called wherever the garbage collector finds a listing, also in the middle of another call.
        """
        self._is_over = True
        self._room.release(self._in_flight)

    def wait(self) -> None:
        """Wait for the pages that are on their way."""
        for thread in self._threads:
            thread.join()

    def _add_thread(self) -> bool:
        # A walk that somebody leaves open must not keep a program from ending.
        thread = threading.Thread(target=self._fetch_all, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The system gives us no more: it goes on with those that there are.
            return False
        self._threads.append(thread)
        return True

    def _fetch_all(self) -> None:
        """Fetch page after page, and hand each over when the request for the next one is on its way.

        Not sooner: a caller who works on a page keeps the interpreter, and that request would be sent so much later.
        """
        kept: list[Callable[[], None]] = []

        def hand_over() -> None:
            while kept:
                kept.pop()()

        self._here.was_sent = hand_over
        while taken := self._take(hand_over):
            ask, page = taken
            try:
                found = ask()
            except BaseException as error:  # noqa: BLE001 - raised again where the page is wanted
                done, is_last = partial(page.set_exception, error), True
            else:
                done, is_last = partial(page.set_result, found), found is None
            hand_over()
            kept.append(done)
            if is_last:
                self._is_over = True
        hand_over()

    def _take(self, hand_over: Callable[[], None]) -> tuple[Ask[Page], Future[Page | None]] | None:
        """Wait for room, and return the next page to fetch, in its place among the others."""
        if not self._room.acquire(blocking=False):
            hand_over()
            self._room.acquire()
        page: Future[Page | None] = Future()
        with self._taking:
            ask = None if self._is_over else next(self._asks, None)
            self._pages.put(page)
            if ask is None:
                self._is_over = True
                page.set_result(None)
                return None
            self._taken += 1
            if len(self._threads) < min(self._taken, self._in_flight):
                self._add_thread()
        return ask, page
