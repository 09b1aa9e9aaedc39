"""Serve a simulated Stalwart: `python -m stalwart_client.simulator --generation 0.16 --port 8216`."""

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
    simulator = Simulator(options.generation, admin=options.admin, state_file=options.state)
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
    parser = argparse.ArgumentParser(prog="python -m stalwart_client.simulator", description=__doc__)
    parser.add_argument("--generation", choices=["0.15", "0.16"], default="0.16")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--imap-port", type=int, help="also let holders in by IMAP here")
    parser.add_argument("--submission-port", type=int, help="also let holders send by SMTP here")
    parser.add_argument("--admin", default="admin:admin-secret", metavar="USER:SECRET")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the state in this file")
    return parser.parse_args(arguments)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
