"""A simulated mail server on a socket of loopback, for what asks a server by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server


@contextmanager
def listening(simulator: Simulator) -> Iterator[str]:
    """Serve on a free port and yield the address."""
    server = Server(simulator, host="127.0.0.1", port=0)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
