"""The JMAP session object, which both generations give to everybody, and more of it to who signed in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from stalwart_client.simulator.http import Request, Response, answer

_CORE: Final = "urn:ietf:params:jmap:core"
_AS_IT_IS: Final[Mapping[str, int]] = {}


@cache
def _template(generation: str, host: str, account: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"data/session-{generation}.json").read_text()
    content: dict[str, Any] = json.loads(text.replace("{host}", host).replace("{account}", account))
    return content


def capabilities(generation: str) -> frozenset[str]:
    """Return the capabilities that a request may be `using`."""
    template = _template(generation, "", "")
    return frozenset({*template["capabilities"], *template["accountCapabilities"]})


@lru_cache(maxsize=1024)
def state_of(account: object, permissions: frozenset[str]) -> str:
    """Return a session state, which changes with what a caller may do and with nothing else."""
    return f"{zlib.crc32(' '.join([str(account), *sorted(permissions)]).encode()):x}"


def session(generation: str, request: Request, hostname: str, core: Mapping[str, int] = _AS_IT_IS) -> Response:
    """Return the session of somebody who did not sign in: a 200 without accounts (jmap.md 2.2)."""
    return _session(generation, request, hostname, account="", name="", state="0", core=core)


def session_of(
    generation: str,
    request: Request,
    hostname: str,
    *,
    account: str,
    name: str,
    state: str,
    core: Mapping[str, int] = _AS_IT_IS,
) -> Response:
    """Return the session of an account; `core` has the limits that somebody set."""
    return _session(generation, request, hostname, account=account, name=name, state=state, core=core)


def _session(
    generation: str,
    request: Request,
    hostname: str,
    *,
    account: str,
    name: str,
    state: str,
    core: Mapping[str, int],
) -> Response:
    host = request.headers.get("host", hostname)
    template = _template(generation, host, account)
    own = template["accountCapabilities"] if account else {}
    base = f"http://{host}/jmap"
    return answer(
        {
            "capabilities": template["capabilities"] | {_CORE: template["capabilities"][_CORE] | core},
            "accounts": {account: {"name": name, "isPersonal": True, "isReadOnly": False, "accountCapabilities": own}}
            if account
            else {},
            "primaryAccounts": dict.fromkeys(own, account),
            "username": name,
            "apiUrl": f"{base}/",
            "downloadUrl": base + "/download/{accountId}/{blobId}/{name}?accept={type}",
            "uploadUrl": base + "/upload/{accountId}/",
            "eventSourceUrl": base + "/eventsource/?types={types}&closeafter={closeafter}&ping={ping}",
            "state": state,
        }
    )
