"""The doors and routes of 0.15, which are settings like all others (rest.md 4.6)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from stalwart_client._answers import fitting
from stalwart_client._delivery import Delivery, Listener, delivery, listener
from stalwart_client._rest_call import Rest

_TO_OTHERS = re.compile(r"(?:\d+\.)?(?:then|else)|")
_USUAL_PORT = "25"


def read_delivery(rest: Rest) -> Delivery:
    """Read how mail comes in and goes out; of a relay only where it is, as its password is a setting too."""
    doors = _grouped(_settings(rest, "server.listener"))
    routes = _grouped(_settings(rest, "queue.route"))
    ways = _settings(rest, "queue.strategy.route")
    with fitting("settings about delivery"):
        return delivery(
            (each for name, door in doors.items() for each in _listeners(name, door)),
            [way for key, way in ways.items() if _TO_OTHERS.fullmatch(key) and way.strip("'\"") != "local"] or ["mx"],
            {
                name: f"{route['address']}:{route.get('port', _USUAL_PORT)}"
                for name, route in routes.items()
                if route.get("type") == "relay"
            },
        )


def _settings(rest: Rest, prefix: str) -> dict[str, str]:
    data = rest.call("GET", "/api/settings/list", params={"prefix": prefix}, idempotent=True)
    with fitting("settings"):
        return {str(key): str(value) for key, value in data["items"].items()}


def _grouped(settings: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the settings of each thing by its name."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, value in settings.items():
        name, _, rest = key.partition(".")
        found[name][rest] = value
    return found


def _listeners(name: str, door: dict[str, str]) -> Iterator[Listener]:
    for key, bind in door.items():
        if key.partition(".")[0] == "bind":
            yield listener(name, bind, door["protocol"], implicit_tls=door.get("tls.implicit") == "true")
