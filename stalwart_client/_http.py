"""The only sender: connections, waiting, budgets and trying again."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, Queue
from typing import TypeVar

import httpx

from stalwart_client._answers import LIMITED, LOST, NOT_SENT, Answer, Failure, RateLimited, judge, not_reached
from stalwart_client._errors import Unexpected, Unreachable
from stalwart_client._server_types import Credentials

MAX_IN_FLIGHT = 4
"""More requests at once than this are refused for one account, on both generations."""
PATIENCE = 5.0
"""How many seconds one call may spend waiting between its tries."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, for a connection and for each part of an answer."""

    connect: float = 3.0
    read: float = 15.0


DEFAULT_TIMEOUTS = Timeouts()


_JSON = json.JSONEncoder(separators=(",", ":"))
_Page = TypeVar("_Page")


class Budget:
    """Counts requests in the full minutes of the clock, as 0.15 does, and says when there are no more.

    It knows of this process only, so it leaves a tenth to others.
    """

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._most = a_minute * 9 // 10
        self._clock = clock
        self._minute, self._spent = 0, 0
        self._lock = threading.Lock()

    def spend(self) -> float | None:
        """Take note of a request; return how many seconds it would have to wait, None if it may go."""
        now = self._clock()
        with self._lock:
            if self._minute != now // 60:
                self._minute, self._spent = int(now // 60), 0
            self._spent += 1
            return None if self._spent <= self._most else 60.0 - now % 60


class Sender:
    """Sends requests to one server; everything else in this library goes through `send`.

    What is tried again, at most so many times, with pauses that double (or are what the server asks for, or last
    to the end of its minute) and never add up to more than PATIENCE:

    | what happened                                    | calls that are idempotent | other calls |
    |--------------------------------------------------|---------------------------|-------------|
    | no connection: nothing was sent                  | 2                         | 2           |
    | 429: nothing was done                            | 2                         | 2           |
    | 400 maxConcurrentRequests: nothing was done      | 5                         | 5           |
    | the connection broke, 502, 503, 504: who knows   | 2                         | never       |
    | 500 (0.15: a write conflict)                     | 1                         | never       |
    | a time-out: the wait has been long enough        | never                     | never       |
    | 401 (each one counts towards a ban), the rest    | never                     | never       |

    The driver says which calls are idempotent; over JMAP everything is a POST. It also sets a budget where one
    has to be kept: a request above it is not sent, and fails as if the server had answered 429.
    """

    budget: Budget | None = None

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        transport: httpx.BaseTransport | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = _authorization(credentials)
        self._transport = transport
        self._timeouts = timeouts
        self._sleep = sleep
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        *,
        idempotent: bool,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content: bytes | None = None,
        anonymous: bool = False,
    ) -> Answer:
        """Send one request, again where the policy allows it, and return what the server answered.

        What is sent is `body` as JSON, or `content` which is JSON already.

        :raises StalwartError: and nothing else
        """
        headers = {} if anonymous else dict(self._authorization)
        if body is not None:
            content = encoded(body)
        if content is not None:
            headers["Content-Type"] = b"application/json"
        tried, waited = 0, 0.0
        while True:
            result = self._once(method, path, params=params, headers=headers, content=content)
            if isinstance(result, Answer):
                return result
            pause = result.pause(tried, idempotent=idempotent)
            if pause is None or waited + pause > PATIENCE:
                raise result.error
            self._sleep(pause)
            tried, waited = tried + 1, waited + pause

    @property
    def is_bearer(self) -> bool:
        """Whether we sign in with a bearer token, which has a budget of its own on 0.15."""
        return bytes(self._authorization.get("Authorization", b"")).startswith(b"Bearer ")

    def close(self) -> None:
        """Give the connections back; a later call opens new ones."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, bytes],
        content: bytes | None,
    ) -> Answer | Failure:
        wait = self.budget.spend() if self.budget else None
        if wait is not None:
            return Failure(RateLimited("The budget of our requests is used up for now.", retry_after=wait), LIMITED)
        try:
            client = self._open()
            response = client.send(self._request(client, method, path, params, headers, content))
        except httpx.ConnectError as error:
            return Failure(not_reached(error), NOT_SENT)
        except httpx.TimeoutException:
            return Failure(Unreachable("The mail server did not answer in time."))
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return Failure(Unreachable("The connection broke before the answer was there."), LOST)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return Failure(Unexpected("The mail server's address is not a plain http or https address."))
        except (httpx.HTTPError, httpx.StreamError):
            return Failure(Unexpected("The request could not be made or its answer not be read."))
        return judge(response)

    def _request(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, bytes],
        content: bytes | None,
    ) -> httpx.Request:
        """Put a request together; httpx's own way parses the address three times, and that for every mailbox."""
        url = _url(self._base_url + path)
        return httpx.Request(
            method,
            url.copy_merge_params(params) if params else url,
            headers=[*client.headers.raw, *_raw(headers)],
            content=content,
            extensions={"timeout": client.timeout.as_dict()},
        )

    def _open(self) -> httpx.Client:
        with self._opening:
            if self._client is None:
                self._client = self._connections()
            return self._client

    def _connections(self) -> httpx.Client:
        url, read = httpx.URL(self._base_url), self._timeouts.read
        if url.userinfo:
            # A password in there would go into every log line, and replace our credentials.
            raise httpx.InvalidURL("userinfo")
        return httpx.Client(
            transport=self._transport,
            timeout=httpx.Timeout(connect=self._timeouts.connect, read=read, write=read, pool=read),
            limits=httpx.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=MAX_IN_FLIGHT),
            follow_redirects=False,
            # A proxy or .netrc that somebody set for another program would see, or replace, our credentials.
            trust_env=False,
        )


def one_ahead(pages: Iterator[_Page]) -> Iterator[_Page]:
    """Yield pages and fetch the next one meanwhile, so that server and caller work at the same time.

    The thread goes on by itself. Sent for each page by a caller who then works on the last one, it would get the
    interpreter only when the caller is done, and ask the server that late.
    """
    handed: Queue[_Page | None] = Queue(maxsize=1)
    has_left = threading.Event()

    def fetch() -> None:
        try:
            for page in pages:
                handed.put(page)
                if has_left.is_set():
                    return
        finally:
            if not has_left.is_set():
                handed.put(None)

    with ThreadPoolExecutor(1) as thread:
        fetching = thread.submit(fetch)
        try:
            while (page := handed.get()) is not None:
                yield page
            fetching.result()
        finally:
            has_left.set()
            with suppress(Empty):
                handed.get_nowait()


@lru_cache(maxsize=64)
def _url(address: str) -> httpx.URL:
    """Parse an address; all calls of 0.16 go to one."""
    return httpx.URL(address)


def encoded(body: object) -> bytes:
    """Return JSON in ASCII, which also carries text that is not valid Unicode as far as the server."""
    return _JSON.encode(body).encode("ascii")


def _authorization(credentials: Credentials) -> dict[str, bytes]:
    pair = f"{credentials.user}:{credentials.secret}".encode() if credentials.user else b""
    if credentials.token:
        pair = _api_key(credentials.token)
        if not pair:
            return {"Authorization": f"Bearer {credentials.token}".encode()}
    return {"Authorization": b"Basic " + base64.b64encode(pair)} if pair else {}


def _api_key(token: str) -> bytes:
    """Return `name:secret` of an API key of 0.15, where Bearer requests have a budget and Basic has none."""
    if not token.startswith("api_"):
        return b""
    try:
        pair = base64.b64decode(token.removeprefix("api_"), validate=True)
    except ValueError:
        return b""
    return pair if b":" in pair else b""


def _raw(headers: Mapping[str, bytes]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value) for name, value in headers.items()]
