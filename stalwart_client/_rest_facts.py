"""What a server of 0.15 is and can do, and what our credentials may do on it (rest.md 1.5 and 1.6)."""

from __future__ import annotations

from stalwart_client import _rest_principal as principals
from stalwart_client._answers import Answer, fitting
from stalwart_client._errors import Invalid, NotPermitted, Unsupported
from stalwart_client._rest_call import PRINCIPALS, Rest, data_of
from stalwart_client._server_types import Capabilities, Generation, ServerFacts, lacking

NEEDED = (
    "individual-list",
    "individual-get",
    "individual-create",
    "individual-update",
    "individual-delete",
    "domain-list",
    "domain-get",
    "domain-create",
    "settings-reload",
    # Whoever gives the role `user` must hold all of it; these stand for the 179.
    "authenticate",
    "email-receive",
    "email-send",
    "imap-authenticate",
    "jmap-email-get",
)
"""What the panel's key must be allowed to do."""

ASKING_WHO_WE_ARE = "authenticate-oauth"
"""Without this permission the server does not say what our permissions are."""

TOPICS = {
    "domains": ("domain-update", "domain-delete"),
    "groups": ("group-list", "group-get", "group-create", "group-update", "group-delete"),
    "lists": (
        "mailing-list-list",
        "mailing-list-get",
        "mailing-list-create",
        "mailing-list-update",
        "mailing-list-delete",
    ),
    "dkim": ("dkim-signature-get", "dkim-signature-create"),
    "dkim_rotation": ("settings-list", "settings-update"),
    "queue": ("message-queue-list", "message-queue-get", "message-queue-update", "message-queue-delete"),
    "delivery": ("settings-list",),
    "log": ("logs-view",),
    "blocked": ("settings-list", "settings-update", "settings-delete", "purge-in-memory-store"),
}
"""What each topic needs beyond that. `settings-list` shows every secret of the server's settings (rest.md 1.5)."""


def read_facts(rest: Rest) -> ServerFacts:
    """Say what the server is, what it can do, and what our credentials may do here."""
    answer = _who_are_we(rest)
    external = _has_external_directory(rest)
    with fitting("facts about the server"):
        data = data_of(answer) if answer else {}
        permissions = frozenset(map(str, data.get("permissions", ())))
        return ServerFacts(
            generation=Generation.REST,
            version=data.get("version"),
            edition="enterprise" if data.get("isEnterprise") else "",
            permissions=permissions,
            missing=_missing(permissions) if answer else (ASKING_WHO_WE_ARE,),
            lacking=lacking(TOPICS, permissions) if answer else {},
            capabilities=_capabilities(external=external),
            external_directory=external,
            clock=answer.clock if answer else None,
        )


def _who_are_we(rest: Rest) -> Answer | None:
    """Ask for a code that nobody will use: only its answer tells the version and our permissions."""
    question = {"type": "code", "client_id": "panel"}
    try:
        return rest.send("POST", "/api/oauth", body=question, idempotent=True)
    except NotPermitted:
        return None


def _has_external_directory(rest: Rest) -> bool:
    """Ask for a mailbox without a name: an LDAP or SQL directory refuses before it looks at the name."""
    try:
        rest.call("POST", PRINCIPALS, body={"type": "individual"}, idempotent=True)
    except Unsupported:
        return True
    except (Invalid, NotPermitted):
        pass
    return False


def _missing(permissions: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in NEEDED if name not in permissions)


def _capabilities(*, external: bool) -> Capabilities:
    return Capabilities(
        deadlines=False,
        denials=frozenset(principals.PERMISSIONS),
        mailboxes=not external,
        batch=1,
    )
