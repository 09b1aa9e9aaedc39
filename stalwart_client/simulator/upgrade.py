"""Carrying a state file over to another generation: mailboxes, groups, lists and domains stay.

The real server is upgraded with an export that everybody has to check first (jmap.md 11). A demo should go on by
itself, so here what that export would carry over is carried over, both ways; the rest is gone as it would be there:
app passwords, API keys and roles, and everybody is an ordinary user again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stalwart_client.simulator import ids
from stalwart_client.simulator.addresses import clean_domain, clean_local_part
from stalwart_client.simulator.jmap.face import seed
from stalwart_client.simulator.jmap.objects import ACCOUNT
from stalwart_client.simulator.jmap.types import TYPES
from stalwart_client.simulator.passwords import hashed, is_hash
from stalwart_client.simulator.state import PRINCIPAL, State, stamp
from stalwart_client.simulator.tables import Doc

_DENIALS = {
    "authenticate": "authenticate",
    "email-receive": "emailReceive",
    "email-send": "emailSend",
    "jmap-principal-query": "jmapPrincipalQuery",
    "jmap-principal-get": "jmapPrincipalGet",
    "dav-principal-search": "davPrincipalSearch",
}
"""The denials that mean the same in both generations, by their names in the older one."""


def change_generation(state: State, before: str) -> None:
    """Turn the objects of the generation `before` into those of the state's own."""
    if before == "0.15":
        _to_jmap(state)
    else:
        _to_rest(state)


def _to_jmap(state: State) -> None:
    old = [doc for _, doc in state.table(PRINCIPAL)]
    members = {doc["name"]: _member_addresses(state, number) for number, doc in state.table(PRINCIPAL)}
    _empty(state, PRINCIPAL)
    seed(state)
    domains = {doc["name"]: _new_domain(state, doc) for doc in old if doc["type"] == "domain"}
    for doc in old:
        if doc["type"] in {"individual", "group"}:
            _new_account(state, doc, domains)
        elif doc["type"] == "list":
            _new_list(state, doc, domains, [*members[doc["name"]], *doc["externalMembers"]])


def _member_addresses(state: State, number: int) -> list[str]:
    table = state.table(PRINCIPAL)
    docs = (table.rows[member] for member in sorted(table.find("belongs", number)))
    return [next(iter(doc["emails"]), doc["name"]) for doc in docs]


def _empty(state: State, *kinds: str) -> None:
    for kind in kinds:
        for number in list(state.table(kind).ids):
            state.drop(kind, number)


def _new_domain(state: State, old: Doc) -> str:
    doc = TYPES["Domain"].kind.default()
    doc |= {
        "name": clean_domain(old["name"]) or old["name"],
        "description": old.get("description"),
        "createdAt": stamp(state.clock()),
        "dkimManagement": {"@type": "Manual"},
    }
    number = state.next_number("Domain")
    state.put("Domain", number, doc)
    return ids.encode(number)


def _split(emails: Iterable[str], domains: dict[str, str]) -> list[tuple[str, str]]:
    """Return local parts and domain ids of the addresses that can be carried over."""
    pairs = [
        (clean_local_part(local), domains.get(domain)) for local, _, domain in (one.rpartition("@") for one in emails)
    ]
    return [(local, domain) for local, domain in pairs if local and domain]


def _new_account(state: State, old: Doc, domains: dict[str, str]) -> None:
    own = _split([*([old["name"]] if "@" in old["name"] else []), *old["emails"]], domains)
    if not own:
        return
    kind = "User" if old["type"] == "individual" else "Group"
    (name, domain), *aliases = dict.fromkeys(own)
    denied = {_DENIALS[one]: True for one in old["disabledPermissions"] if one in _DENIALS}
    doc = ACCOUNT.new(kind) | {
        "name": name,
        "domainId": domain,
        "description": old.get("description"),
        "createdAt": stamp(state.clock()),
        "aliases": {str(place): _alias(*alias) for place, alias in enumerate(aliases)},
        "quotas": {"maxDiskQuota": old["quota"]} if old.get("quota") else {},
    }
    if denied:
        doc["permissions"] = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": denied}
    if kind == "User":
        doc["credentials"] = _credentials(old["secrets"])
    state.put("Account", state.next_number("Account"), doc)


def _alias(name: str, domain: str) -> Doc:
    return {"enabled": True, "name": name, "domainId": domain, "description": None}


def _credentials(secrets: list[str]) -> Doc:
    own = [secret for secret in secrets if not secret.startswith(("$app$", "otpauth://"))]
    credential: dict[str, Any] = {"otpAuth": None, "expiresAt": None, "allowedIps": {}, "credentialId": "a"}
    return {
        str(place): {"@type": "Password", "secret": secret if is_hash(secret) else hashed(secret), **credential}
        for place, secret in enumerate(own[:1])
    }


def _new_list(state: State, old: Doc, domains: dict[str, str], recipients: list[str]) -> None:
    own = _split([*([old["name"]] if "@" in old["name"] else []), *old["emails"]], domains)
    if not own:
        return
    name, domain = own[0]
    doc = TYPES["MailingList"].kind.default() | {
        "name": name,
        "domainId": domain,
        "description": old.get("description"),
        "recipients": dict.fromkeys(recipients, True),
    }
    state.put("MailingList", state.next_number("MailingList"), doc)


def _to_rest(state: State) -> None:
    domains = [doc for _, doc in state.table("Domain")]
    accounts = [(state.address(doc), _alias_addresses(state, doc), doc) for _, doc in state.table("Account")]
    lists = [(state.address(doc), doc) for _, doc in state.table("MailingList")]
    for doc in domains:
        _add_principal(state, "domain", doc["name"], [], doc)
    for address, aliases, doc in accounts:
        kind = "individual" if doc["@type"] == "User" else "group"
        _add_principal(state, kind, address, [address, *aliases], doc)
    for address, doc in lists:
        _add_principal(state, "list", address, [address], doc)
    _empty(state, "Account", "MailingList", "DkimSignature", "Role", "Domain")


def _alias_addresses(state: State, doc: Doc) -> list[str]:
    return sorted(state.address(alias) for alias in doc["aliases"].values())


def _add_principal(state: State, kind: str, name: str, emails: list[str], old: Doc) -> None:
    older = {newer: older for older, newer in _DENIALS.items()}
    denied = old.get("permissions", {}).get("disabledPermissions", ())
    main = [one["secret"] for one in old.get("credentials", {}).values() if one["@type"] == "Password"]
    doc: Doc = {
        "type": kind,
        "name": name,
        "secrets": main,
        "emails": emails,
        "enabledPermissions": ["email-receive", "email-send"] if kind == "group" else [],
        "disabledPermissions": [older[one] for one in denied if one in older],
        "urls": [],
        "externalMembers": list(old.get("recipients", ())),
        "belongs": ["user"] if kind == "individual" else [],
    }
    if old.get("description"):
        doc["description"] = old["description"]
    if old.get("quotas", {}).get("maxDiskQuota"):
        doc["quota"] = old["quotas"]["maxDiskQuota"]
    state.put(PRINCIPAL, state.next_number(PRINCIPAL), doc)
