"""Who may come to 0.15, and how often: settings that count from the next reload on (rest.md 1.4 and 7.1)."""

from __future__ import annotations

import re
from typing import Final

from stalwart_client.simulator import networks
from stalwart_client.simulator.limits import ACCOUNT, ANONYMOUS, CONCURRENT, FAILURES, Rate
from stalwart_client.simulator.rest.settings import everything
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

BLOCKED: Final = "server.blocked-ip."
_ALLOWED: Final = "server.allowed-ip."
_SCANNED: Final = "server.auto-ban.scan.paths"
_KIND: Final = "active"
_RATE: Final = re.compile(r"(\d+)/(\d+)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_DEFAULT: Final[Doc] = {
    "addresses": [],
    "networks": [],
    "allowed": [],
    "scanned": list(networks.SCANNED),
    "forwarded": False,
    "at_once": CONCURRENT,
    "anonymous": [ANONYMOUS.count, ANONYMOUS.period],
    "account": [ACCOUNT.count, ACCOUNT.period],
    "failures": [FAILURES.count, FAILURES.period],
}


def in_force(state: State) -> Doc:
    """Return what the last reload found."""
    return state.table(_KIND).get(0) or _DEFAULT


def rate(state: State, name: str) -> Rate | None:
    """Return a budget in force, None where it is switched off."""
    found = in_force(state)[name]
    return None if found is None else Rate(*found)


def is_blocked(state: State, address: str) -> bool:
    now = in_force(state)
    return address in now["addresses"] or networks.contains(now["networks"], address)


def block(state: State, address: str) -> None:
    """Ban an address, at once and for ever."""
    state.set(BLOCKED + address, "")
    now = in_force(state)
    state.put(_KIND, 0, {**now, "addresses": sorted({*now["addresses"], address})})


def reload_blocked(state: State) -> None:
    """Read the blocked addresses again; networks wait for a whole reload."""
    state.put(_KIND, 0, {**in_force(state), "addresses": _under(state, BLOCKED, is_network=False)})


def reload(state: State) -> None:
    """Read everything again that is kept here."""
    settings = everything(state)
    scanned = [value for key, value in settings.items() if key == _SCANNED or key.startswith(f"{_SCANNED}.")]
    found = {
        "addresses": _under(state, BLOCKED, is_network=False),
        "networks": _under(state, BLOCKED, is_network=True),
        "allowed": [key.removeprefix(_ALLOWED) for key in settings if key.startswith(_ALLOWED)],
        "scanned": scanned or _DEFAULT["scanned"],
        "forwarded": settings.get("http.use-x-forwarded") == "true",
        "at_once": _number(settings.get("jmap.protocol.request.max-concurrent"), CONCURRENT),
        "anonymous": _rate(settings.get("http.rate-limit.anonymous"), "anonymous"),
        "account": _rate(settings.get("http.rate-limit.account"), "account"),
        "failures": _rate(settings.get("server.auto-ban.auth.rate"), "failures"),
    }
    state.put(_KIND, 0, found)


def _under(state: State, prefix: str, *, is_network: bool) -> list[str]:
    keys = [key.removeprefix(prefix) for key in everything(state) if key.startswith(prefix)]
    return [key for key in keys if ("/" in key) is is_network]


def _rate(text: str | None, name: str) -> list[int] | None:
    """Read `100/1m`; `false` switches a budget off, and what makes no sense leaves it as it is by default."""
    found = _RATE.fullmatch((text or "").replace(" ", ""))
    if found:
        return [int(found[1]), max(int(int(found[2]) * _SECONDS[found[3]]), 1)]
    default: list[int] = _DEFAULT[name]
    return None if text == "false" else default


def _number(text: str | None, default: int) -> int | None:
    if text == "false":
        return None
    return int(text) if text and text.isdigit() else default
