"""What the client costs: the same work through it, and as the same bytes sent raw over httpx, on both generations."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from statistics import median

import httpx
import psutil

from stalwart_client import Create, Credentials, Denial, Outcome, StalwartClient, Update, Wanted

ADMIN = Credentials(user="admin", secret="admin-secret")  # noqa: S106 - the simulator's, as documented
DOMAIN = "bench.metrosure.app"
SECRET = "{SSHA512}" + "A" * 108
LOCK = frozenset({Denial.SIGN_IN})
AT_MOST = {"0.15": 0.15, "0.16": 0.25}
"""What the client may cost above its bytes: for REST calls, for JMAP batches."""
MEMORY = 60
"""By how many MB a listing may let the program grow."""

_IN_FLIGHT = {"0.15": 4, "0.16": 1}
"""How many requests the client has on their way at once when it changes many, or reads those it names.

Pages of a listing go one after the other on the raw side: it would have to know beforehand how many there are.
"""
_TIMES = {"create": 1, "read": 1, "lock": 1, "list": 5}
"""How often a round does it: a listing takes a moment only, and another program takes longer ones."""
_MIB = 1024**2

Work = Callable[[StalwartClient, Sequence[str]], object]


@dataclass(frozen=True, slots=True)
class Round:
    """How long one kind of work on so many mailboxes took, in seconds."""

    mailboxes: int
    client: float
    raw: float


@dataclass
class Recorder(httpx.BaseTransport):
    """Carries requests to a server and keeps them."""

    carrier: httpx.BaseTransport = field(default_factory=httpx.HTTPTransport)
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.carrier.handle_request(request)

    def close(self) -> None:
        self.carrier.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures and return 1 if one is worse than it may be."""
    parser = argparse.ArgumentParser(prog="python -m bench.client", description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=1000, help="in each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--listed", type=int, default=20_000, help="for the memory of a listing; 0 leaves it out")
    options = parser.parse_args(arguments)
    good = True
    for generation, at_most in AT_MOST.items():
        say(f"\nStalwart {generation} (simulated): mailboxes a second")
        for work, rounds in compare(generation, options.mailboxes, options.rounds).items():
            good &= show(work, rounds, at_most)
        if options.listed:
            good &= show_memory(generation, options.listed)
    return 0 if good else 1


def compare(generation: str, mailboxes: int, rounds: int) -> dict[str, list[Round]]:
    """Do each kind of work round by round on three servers in the same state.

    The first tells the bytes, the second gets them raw, on the third the client is measured; what only reads is
    sent raw to the third too, as two servers are never equally fast. Who goes first changes from round to round.
    A round before the first warms all of them up.
    """
    works: dict[str, Work] = {"create": create, "read": read, "lock": lock, "list": walk}
    measured: dict[str, list[Round]] = {name: [] for name in works}
    with ExitStack() as stack:
        teller, target, server = (stack.enter_context(served(generation)) for _ in range(3))
        recorder = Recorder()
        telling = stack.enter_context(closing(StalwartClient(teller, ADMIN, transport=recorder)))
        apart, beside = (stack.enter_context(httpx.Client(base_url=url, trust_env=False)) for url in (target, server))
        client = stack.enter_context(closing(StalwartClient(server, ADMIN)))
        for n in range(rounds + 1):
            addresses = [f"u{n}x{k}@{DOMAIN}" for k in range(mailboxes)]
            for name, work in works.items():
                recorder.requests.clear()
                work(telling, addresses)
                raw = apart if name in {"create", "lock"} else beside
                in_flight = 1 if name == "list" else _IN_FLIGHT[generation]
                sent = [
                    lambda: replay(raw, recorder.requests, in_flight),  # noqa: B023 - called at once
                    lambda: work(client, addresses),  # noqa: B023 - called at once
                ]
                took = [0.0, 0.0]
                for time in range(_TIMES[name]):
                    for k in ((0, 1), (1, 0))[(n + time) % 2]:
                        took[k] += timed(sent[k]) / _TIMES[name]
                if n:
                    measured[name].append(Round((n + 1) * mailboxes if name == "list" else mailboxes, took[1], took[0]))
    return measured


def create(client: StalwartClient, addresses: Sequence[str]) -> None:
    wanted = [Wanted(address=address, name=address, quota=2**30) for address in addresses]
    expect(addresses, client.apply([Create(wanted=each, secret=SECRET) for each in wanted]))


def read(client: StalwartClient, addresses: Sequence[str]) -> None:
    expect(addresses, client.mailboxes_at(addresses))


def lock(client: StalwartClient, addresses: Sequence[str]) -> None:
    expect(addresses, client.apply([Update(address=address, deny=LOCK) for address in addresses]))


def walk(client: StalwartClient, _: Sequence[str]) -> int:
    return sum(1 for _ in client.walk())


def expect(addresses: Sequence[str], found: Mapping[str, object] | Sequence[Outcome]) -> None:
    """Stop where not all went well: a figure of failures is none."""
    failed = [] if isinstance(found, Mapping) else [each for each in found if each.error]
    if failed or len(found) != len(addresses):
        raise RuntimeError(f"{len(failed)} of {len(found)} failed")


def replay(raw: httpx.Client, requests: Sequence[httpx.Request], in_flight: int) -> None:
    """Send the same bytes again, to another server."""

    def send(request: httpx.Request) -> None:
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        raw.request(request.method, request.url.raw_path.decode(), headers=headers, content=request.content)

    if in_flight == 1:
        for request in requests:
            send(request)
        return
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(send, requests))


def show(work: str, rounds: Sequence[Round], at_most: float) -> bool:
    """Print the median round, as others use the machine too, and say whether the client costs too much."""
    client = median(r.mailboxes / r.client for r in rounds)
    raw = median(r.mailboxes / r.raw for r in rounds)
    overhead = median(r.client / r.raw for r in rounds) - 1
    verdict = "" if overhead <= at_most else f"  MORE THAN {at_most:.0%}"
    say(f"  {work:<8}{client:9,.0f} through the client {raw:9,.0f} raw  {overhead:+5.0%}{verdict}")
    return overhead <= at_most


def show_memory(generation: str, mailboxes: int) -> bool:
    """Fill a server, walk over it in this process, and print by how much that grows."""
    with served(generation) as url, closing(StalwartClient(url, ADMIN)) as client:
        for start in range(0, mailboxes, 5000):
            create(client, [f"u{k}@{DOMAIN}" for k in range(start, min(start + 5000, mailboxes))])
        process, most = psutil.Process(), 0
        before = process.memory_info().rss
        for n, _ in enumerate(client.walk()):
            if n % 1000 == 0:
                most = max(most, process.memory_info().rss)
    grown = (most - before) / _MIB
    verdict = "" if grown <= MEMORY else f"  MORE THAN {MEMORY} MB"
    say(f"  listing {mailboxes:,} takes {max(0.0, grown):.1f} MB{verdict}")
    return grown <= MEMORY


@contextmanager
def served(generation: str) -> Iterator[str]:
    """Run a simulated server with an empty domain on a socket, as a process of its own."""
    command = [sys.executable, "-m", "stalwart_client.simulator", "--generation", generation]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        if process.stdout is None:
            raise RuntimeError("The server says nothing.")
        url = process.stdout.readline().split()[-1]
        try:
            with closing(StalwartClient(url, ADMIN)) as client:
                client.create_domain(DOMAIN)
            yield url
        finally:
            process.terminate()


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
