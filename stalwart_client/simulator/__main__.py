"""Serve a simulated Stalwart: `python -m stalwart_client.simulator --generation 0.16 --port 8216`.

While it runs, whoever sits on the same machine can break it, by JSON sent with POST:

    /_simulator/fault    {"fail_next": {"status": 503, "times": 2}}   also body, content_type, drop (before or after
                         the server has acted), concurrent, method (create, update, destroy, get, query), skip
                         {"latency": 2} {"busy": 60} {"refuse_items": {"count": 2, "every": 2}}
                         {"go_down": true} {"come_up": true} {"restart": true} {"clear": true}
    /_simulator/clock    {"advance": 3600} or {"at": "2030-01-01T00:00:00Z"}
    /_simulator/message  {"sender": "a@example.org", "recipients": ["b@example.net"], "answer": "…", "next_try_at": "…"}
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from stalwart_client.simulator.app import Simulator
from stalwart_client.simulator.serve import Server


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Serve until a signal ends it."""
    options = _options(arguments)
    simulator = Simulator(
        options.generation,
        admin=options.admin,
        state_file=options.state,
        exempt_loopback=not options.limit_loopback,
    )
    if options.imap_port is not None:
        simulator.listen("imap", host=options.host, port=options.imap_port)
    if options.submission_port is not None:
        simulator.listen("submission", host=options.host, port=options.submission_port)
    with Server(simulator, host=options.host, port=options.port) as server:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        sys.stdout.write(f"Stalwart {options.generation} (simulated) listens on {server.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    # Taking 100,000 mailboxes apart one by one would take a second that nobody wants to wait for.
    os._exit(0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m stalwart_client.simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--generation", choices=["0.15", "0.16"], default="0.16")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--imap-port", type=int, help="also let holders in by IMAP here")
    parser.add_argument("--submission-port", type=int, help="also let holders send by SMTP here")
    parser.add_argument("--admin", default="admin:admin-secret", metavar="USER:SECRET")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the state in this file")
    parser.add_argument(
        "--limit-loopback", action="store_true", help="let budgets and bans count for this machine too, as for others"
    )
    return parser.parse_args(arguments)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
