"""What a server of 0.16 is and can do, and what our credentials may do on it (jmap.md 7)."""

from __future__ import annotations

from stalwart_client import _jmap_account as accounts
from stalwart_client._answers import fitting
from stalwart_client._errors import NotPermitted
from stalwart_client._jmap_batch import BATCH
from stalwart_client._jmap_call import Jmap
from stalwart_client._server_types import Capabilities, Generation, ServerFacts, lacking

NEEDED = (
    "sysAccountGet",
    "sysAccountQuery",
    "sysAccountCreate",
    "sysAccountUpdate",
    "sysAccountDestroy",
    "sysDomainGet",
    "sysDomainQuery",
    "sysDomainCreate",
    # Whoever makes or locks an account must hold all that it will have; these stand for the 244 of role User.
    "authenticate",
    "emailReceive",
    "emailSend",
    "imapAuthenticate",
    "jmapEmailGet",
)
"""What the panel's key must be allowed to do."""

TOPICS = {
    "domains": ("sysDomainUpdate", "sysDomainDestroy"),
    "lists": (
        "sysMailingListGet",
        "sysMailingListQuery",
        "sysMailingListCreate",
        "sysMailingListUpdate",
        "sysMailingListDestroy",
    ),
    "dkim": (
        "sysDkimSignatureGet",
        "sysDkimSignatureQuery",
        "sysDkimSignatureCreate",
        "sysDkimSignatureUpdate",
        "sysDkimSignatureDestroy",
        "sysActionCreate",
        "actionInvalidateCaches",
    ),
    "queue": ("sysQueuedMessageGet", "sysQueuedMessageQuery", "sysQueuedMessageUpdate", "sysQueuedMessageDestroy"),
    "delivery": ("sysNetworkListenerGet", "sysMtaRouteGet", "sysMtaOutboundStrategyGet"),
    "log": ("sysLogGet", "sysLogQuery"),
    "blocked": (
        "sysBlockedIpGet",
        "sysBlockedIpQuery",
        "sysBlockedIpCreate",
        "sysBlockedIpDestroy",
        "sysActionCreate",
        "actionReloadBlockedIps",
    ),
    "app_passwords": ("sysAppPasswordCreate", "sysAppPasswordDestroy", "impersonate"),
}
"""What each topic needs beyond that."""


def read_facts(jmap: Jmap) -> ServerFacts:
    """Say what the server is, what it can do, and what our credentials may do here."""
    answer = jmap.fetch("/api/account")
    external = _has_external_directory(jmap)
    with fitting("facts about the server"):
        permissions = frozenset(map(str, answer.body["permissions"]))
        return ServerFacts(
            generation=Generation.JMAP,
            version=None,
            edition=str(answer.body.get("edition", "")),
            permissions=permissions,
            missing=tuple(name for name in NEEDED if name not in permissions),
            lacking=lacking(TOPICS, permissions),
            capabilities=_capabilities(jmap, external=external),
            external_directory=external,
            clock=answer.clock,
        )


def _has_external_directory(jmap: Jmap) -> bool:
    """Tell whether all mailboxes come from elsewhere; a scoped key may not look, and then it is no."""
    try:
        (result,) = jmap.call([("x:Authentication/get", {"ids": ["singleton"], "properties": ["directoryId"]})])
    except NotPermitted:
        result = {"list": []}
    try:
        domains = list(jmap.walk("x:Domain", ("directoryId",)))
    except NotPermitted:
        domains = []
    with fitting("the settings of sign-in"):
        by_default = any(each.get("directoryId") for each in result["list"])
    return by_default or (bool(domains) and all(each.get("directoryId") for each in domains))


def _capabilities(jmap: Jmap, *, external: bool) -> Capabilities:
    return Capabilities(
        deadlines=True,
        denials=frozenset(accounts.PERMISSIONS),
        mailboxes=not external,
        batch=min(BATCH, jmap.limits().set),
        domain_aliases=True,
        dkim_rotation=True,
        delivery_control=True,
    )
