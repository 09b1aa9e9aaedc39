"""Answers of 0.16 that say nothing: objects of types that are not simulated, and the sign-in metadata."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import Request, Response, answer, not_found, text
from stalwart_client.simulator.jmap import query
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.registry import SetAnswer, changes, check_set
from stalwart_client.simulator.jmap.schema import facts
from stalwart_client.simulator.tables import Doc

SCHEMA: Final = "25gnm1_xB9bPk-puX9VTFMP1W5V-1muUWuK964-_uEw"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TELEMETRY: Final = frozenset({"Log", "ClusterNode"})
_REFUSALS: Final[dict[str, dict[str, Doc]]] = {
    "telemetry": {
        "create": {"type": "forbidden", "description": "Telemetry objects cannot be created"},
        "update": {"type": "forbidden", "description": "Telemetry objects cannot be modified"},
        "destroy": {"type": "forbidden", "description": "Telemetry objects cannot be deleted"},
    },
    "report": {
        "create": {"type": "forbidden", "description": "Reports cannot be created"},
        "update": {"type": "forbidden", "description": "External reports cannot be updated"},
        "destroy": {"type": "notFound"},
    },
}
_DISCOVERY: Final = {
    "issuer": "",
    "authorization_endpoint": "/login",
    "token_endpoint": "/auth/token",
    "userinfo_endpoint": "/auth/userinfo",
    "jwks_uri": "/auth/jwks.json",
    "registration_endpoint": "/auth/register",
    "device_authorization_endpoint": "/auth/device",
    "scopes_supported": [
        "openid",
        "offline_access",
        "urn:ietf:params:oauth:scope:mail",
        "urn:ietf:params:oauth:scope:contacts",
        "urn:ietf:params:oauth:scope:calendars",
    ],
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "grant_types_supported": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
    "id_token_signing_alg_values_supported": (
        ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "PS384", "PS512", "HS256", "HS384", "HS512"]
    ),
    "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
}


def discovered() -> Response:
    """Answer `GET /api/discover/{email}`, the same for everybody, known or not."""
    return answer(_DISCOVERY)


_TAKEN: Final = frozenset({"jmap", "dav", ".well-known", "auth", "api", "mail", "calendar", "robots.txt"}) | frozenset(
    {"healthz", "metrics", "form", "autodiscover", "Autodiscover", "AutoDiscover"}
)
"""First words of paths that are no folders of web interfaces."""
_SIGN_IN: Final = '<!DOCTYPE html><html lang="en"><head><title>Sign in</title></head><body>Sign in</body></html>'


def schema(request: Request) -> Response:
    """Answer `/api/schema`: where it is now, and there all types as far as they are simulated, always compressed."""
    if request.parts[2:3] != [SCHEMA]:
        return Response(302, b"", [("location", f"/api/schema/{SCHEMA}")])
    headers = [("content-type", "application/json"), ("content-encoding", "gzip"), ("cache-control", _FOR_EVER)]
    return Response(200, _schema(), headers)


@cache
def _schema() -> bytes:
    """Write what is known of the types in the words of the server's schema; nothing here draws pages."""
    known = facts()
    content = {
        "objects": {f"x:{name}": {"type": "object", "permissionPrefix": f"sys{name}"} for name in known["types"]},
        "schemas": {f"x:{name}": _schema_of(name, each) for name, each in known["schemas"].items()},
        "fields": {f"x:{name}": _fields_of(each) for name, each in known["schemas"].items() if "p" in each},
        "enums": {
            name: [{"name": word, "label": word} for word in words.split()] for name, words in known["enums"].items()
        },
        **{part: {} for part in ("forms", "lists", "dashboards", "layouts")},
    }
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)


def _schema_of(name: str, each: Doc) -> Doc:
    if "v" not in each:
        return {"type": "single", "schemaName": f"x:{each.get('a', name)}"}
    variants = [
        {"name": variant, "label": variant, **({"schemaName": f"x:{own}"} if own else {})}
        for variant, own in each["v"].items()
    ]
    return {"type": "multiple", "variants": variants}


def _fields_of(each: Doc) -> Doc:
    kinds = {"i": "immutable", "s": "serverSet"}
    properties = {
        name: {
            "type": {"type": spec["k"], **({"format": spec["f"]} if "f" in spec else {}), **_nullable(spec)},
            "update": kinds.get(spec.get("u", ""), "mutable"),
        }
        for name, spec in each["p"].items()
    }
    return {"properties": properties, "defaults": {name: spec["d"] for name, spec in each["p"].items() if "d" in spec}}


def _nullable(spec: Doc) -> Doc:
    return {"nullable": True} if spec.get("n") else {}


def page(path: str) -> Response:
    """Send whoever comes with a browser to the web interface, or to the folder a path may be."""
    first, *more = path.removeprefix("/").split("/")
    if first in {"login", "device"}:
        return text(_SIGN_IN, content_type="text/html; charset=utf-8")
    if more or first in _TAKEN:
        return not_found()
    return Response(302, b"", [("location", f"/{first}/" if first not in {"", "*"} else "/account")])


def empty(context: Context, name: str, verb: str, arguments: Doc) -> Doc:
    """Answer as if there were no objects of a type, and none could be made."""
    if verb == "set":
        return _refused(context, name, arguments)
    account = context.account(arguments)
    if verb == "get":
        missing = [ids.cleaned(one) or one for one in arguments.get("ids") or ()]
        return {"accountId": account, "list": [], "notFound": missing}
    for condition, _ in query.conditions(arguments):
        if condition != "text":
            raise query.unsupported(condition)
    total = {"total": 0} if arguments.get("calculateTotal") else {}
    return {"accountId": account, "queryState": "n", "canCalculateChanges": True, "position": 0, "ids": [], **total}


def _refused(context: Context, name: str, arguments: Doc) -> Doc:
    check_set(context, f"sys{name}", arguments)
    answer = SetAnswer(context.account(arguments))
    words = _REFUSALS["telemetry" if name in _TELEMETRY else "report"]
    answer.not_created = dict.fromkeys(arguments.get("create") or (), words["create"])
    update, destroy = changes(arguments, answer)
    answer.not_updated |= dict.fromkeys(update, words["update"])
    answer.not_destroyed = dict.fromkeys(destroy, words["destroy"])
    return answer.content()
