"""Answers of 0.16 that say nothing: objects of types that are not simulated, and the sign-in metadata."""

from __future__ import annotations

from typing import Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import Response, answer, not_found
from stalwart_client.simulator.jmap import query
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.registry import SetAnswer, changes, check_set
from stalwart_client.simulator.tables import Doc

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


def page(path: str) -> Response:
    """Send whoever comes with a browser to the web interface, or to the folder a path may be."""
    if path == "/":
        return Response(302, b"", [("location", "/account")])
    is_folder = path.startswith("/") and not path.endswith("/") and "." not in path and path.count("/") == 1
    return Response(302, b"", [("location", f"{path}/")]) if is_folder else not_found()


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
