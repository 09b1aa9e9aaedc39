"""The rules that single types of 0.16 have beyond their shape (jmap.md 4 and 5)."""

from __future__ import annotations

from typing import Final, cast

from stalwart_client.simulator import dkim, ids, passwords
from stalwart_client.simulator.jmap import access
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import SetError, invalid_property, no_such, required, taken
from stalwart_client.simulator.jmap.objects import SIGNATURE
from stalwart_client.simulator.jmap.schema import Variants
from stalwart_client.simulator.passwords import MASK
from stalwart_client.simulator.state import TASK, State, stamp
from stalwart_client.simulator.tables import Doc

DKIM_DELAY: Final = 1
"""Seconds until the keys of a new domain are there."""
_ALGORITHMS: Final = {"Dkim1Ed25519Sha256": "ed25519", "Dkim1RsaSha256": "rsa"}


def before_create(context: Context, name: str, doc: Doc) -> None:
    """Check and complete a new object.

    :raises SetError: if it may not be
    """
    if name == "Account":
        _number_credentials(context.state, doc)
        context.caller.check_grant(access.effective(context.state, doc))
    elif name == "Role":
        context.caller.check_grant(set(doc["enabledPermissions"]) - set(doc["disabledPermissions"]))
    elif name == "Domain":
        _check_domain(context.state, {}, doc)
    elif name == "DkimSignature":
        _check_key(doc)


def before_update(context: Context, name: str, old: Doc, doc: Doc) -> None:
    """Check and complete a changed object.

    :raises SetError: if it may not be
    """
    if name == "Account":
        if old["@type"] != doc["@type"]:
            raise invalid_property("Cannot change the type of an existing account.", "@type")
        _check_credentials(context.state, old, doc)
        if (old["permissions"], old["roles"]) != (doc["permissions"], doc["roles"]):
            context.caller.check_grant(access.effective(context.state, doc))
    elif name == "Role":
        fields = ("enabledPermissions", "disabledPermissions", "roleIds")
        if any(old[one] != doc[one] for one in fields):
            context.caller.check_grant(set(doc["enabledPermissions"]) - set(doc["disabledPermissions"]))
    elif name == "Domain":
        _check_domain(context.state, old, doc)
    elif name == "DkimSignature" and old["privateKey"] != doc["privateKey"]:
        _check_key(doc)


def after_create(context: Context, name: str, number: int, doc: Doc) -> None:
    """Do what a new object sets in motion."""
    if name == "Domain" and doc["dkimManagement"]["@type"] == "Automatic":
        plan_keys(context.state, number)


def after_update(context: Context, name: str, number: int, old: Doc, doc: Doc) -> None:
    """Do what a changed object sets in motion."""
    is_automatic, was_automatic = (one["@type"] == "Automatic" for one in _managements(name, doc, old))
    if is_automatic and not was_automatic:
        plan_keys(context.state, number)


def _managements(name: str, *docs: Doc) -> list[Doc]:
    return [doc["dkimManagement"] if name == "Domain" else {"@type": ""} for doc in docs]


def check_links(state: State, name: str, doc: Doc) -> None:
    """Refuse an object that points at nothing, or whose address another has.

    :raises SetError: naming what is missing, or who has the address
    """
    if name in {"Account", "MailingList"}:
        for alias in doc["aliases"].values():
            missing = [one for one in ("name", "domainId") if not alias[one]]
            if missing:
                raise required(*missing)
    if doc.get("encryptionAtRest", {}).get("publicKey") == "":
        raise required("publicKey")
    for kind, number in _links(name, doc):
        target = state.table(kind).get(ids.decode(number) or 0)
        if target is None or (kind == "Account" and target["@type"] != "Group"):
            raise no_such(kind, number)
        if kind == "Domain" and doc.get("memberTenantId") and target["memberTenantId"] != doc["memberTenantId"]:
            raise no_such(kind, number)


def check_address(state: State, name: str, number: int | None, doc: Doc) -> None:
    """Refuse an address that an account, an alias or a list already has."""
    own = [doc, *doc["aliases"].values()]
    for one in own:
        for kind in ("Account", "MailingList"):
            others = state.table(kind).find("address", (one["name"], one["domainId"]))
            others = others - {number} if kind == name else others
            if others:
                raise taken(kind, ids.encode(min(others)), "email")


def _links(name: str, doc: Doc) -> list[tuple[str, str]]:
    links: list[tuple[str, str]] = []
    if "domainId" in doc:
        links.append(("Domain", doc["domainId"]))
    if doc.get("directoryId"):
        links.append(("Directory", doc["directoryId"]))
    if doc.get("dnsManagement", {}).get("dnsServerId"):
        links.append(("DnsServer", doc["dnsManagement"]["dnsServerId"]))
    if name in {"Account", "MailingList"}:
        links += [("Domain", alias["domainId"]) for alias in doc["aliases"].values()]
    if name == "Account":
        links += [("Account", group) for group in doc.get("memberGroupIds", ())]
        links += [("Role", role) for role in doc["roles"].get("roleIds", ())]
    if name == "Role":
        links += [("Role", role) for role in doc["roleIds"]]
    if name == "Tenant":
        links += [("Role", role) for role in doc["roles"].get("roleIds", ())]
    if doc.get("encryptionAtRest", {}).get("publicKey"):
        links.append(("PublicKey", doc["encryptionAtRest"]["publicKey"]))
    if doc.get("memberTenantId"):
        links.append(("Tenant", doc["memberTenantId"]))
    return links


def _number_credentials(state: State, doc: Doc) -> None:
    """Check the credentials of a new account and number them."""
    for place, credential in enumerate(doc.get("credentials", {}).values()):
        _check_new_credential(state, credential, has_password=place > 0)
        credential["credentialId"] = ids.encode(place)


def _check_new_credential(state: State, credential: Doc, *, has_password: bool) -> None:
    if credential["@type"] != "Password":
        raise invalid_property("Secondary credentials cannot be set directly.", "credentials")
    if has_password:
        raise invalid_property("Only one password credential is allowed.", "credentials")
    credential["secret"] = accepted(state, credential["secret"])


def accepted(state: State, secret: str) -> str:
    """Return what is stored for a password: a complete hash as it was sent, anything else hashed if it is strong.

    :raises SetError: with what the policy has against it
    """
    if secret.startswith(("$", "{")) and passwords.is_hash(secret):
        return secret
    weakness = passwords.weakness(secret, access.in_force(state, "Authentication"))
    if weakness:
        raise invalid_property(weakness, "secret")
    return passwords.hashed(secret)


def _check_credentials(state: State, old: Doc, doc: Doc) -> None:
    """Check what an update does to the credentials: passwords may change, new secondary ones may not appear."""
    before = {one["credentialId"]: one for one in old.get("credentials", {}).values()}
    credentials = list(doc.get("credentials", {}).values())
    has_password = any(one["@type"] == "Password" and one["credentialId"] for one in credentials)
    for credential in credentials:
        known = before.get(credential["credentialId"])
        if known is None:
            _check_new_credential(state, credential, has_password=has_password)
        elif credential != known:
            _check_changed_credential(state, known, credential)
    last = max((ids.decode(one["credentialId"]) or 0 for one in credentials if one["credentialId"]), default=0)
    for credential in credentials:
        if not credential["credentialId"]:
            last += 1
            credential["credentialId"] = ids.encode(last)


def _check_changed_credential(state: State, known: Doc, credential: Doc) -> None:
    if credential["@type"] != known["@type"]:
        raise invalid_property("Credential type cannot be changed.", "credentials")
    if credential["@type"] != "Password":
        return
    for name in ("secret", "otpAuth"):
        if credential[name] == MASK:
            credential[name] = known[name]
    if credential["secret"] != known["secret"]:
        credential["secret"] = accepted(state, credential["secret"])


def _check_domain(state: State, old: Doc, doc: Doc) -> None:
    """Refuse a name or alias that is another domain's alias or name."""
    provider = doc["certificateManagement"].get("acmeProviderId")
    if provider is not None and state.table("AcmeProvider").get(ids.decode(provider) or 0) is None:
        raise invalid_property("ACME provider not found", "acmeProviderId")
    table = state.table("Domain")
    if old.get("name") != doc["name"]:
        others = table.find("aliases", doc["name"])
        if others:
            raise taken("Domain", ids.encode(min(others)), "name")
    for alias in doc["aliases"]:
        if alias not in old.get("aliases", ()) and alias != doc["name"]:
            others = table.find("name", alias) | table.find("aliases", alias)
            if others:
                raise taken("Domain", ids.encode(min(others)), "aliases")


def _check_key(doc: Doc) -> None:
    """Refuse a private key that cannot sign."""
    algorithm = "rsa" if "Rsa" in doc["@type"] else "ed25519"
    secret = doc["privateKey"].get("secret")
    if secret is None:
        raise _bad_key(_unreadable(doc["privateKey"]))
    if not secret:
        raise _bad_key("DKIM signature validation failed, details = [Property 'secret' is required]")
    try:
        dkim.public_key(secret, algorithm)
    except dkim.BadKey as exc:
        reason = f"Cryptography layer error: {exc}"
        raise _bad_key(f"{reason}, details = Failed to build {algorithm.upper()} key") from None


def _unreadable(place: Doc) -> str:
    """Say why a key cannot be read from where it is said to be; here nothing can."""
    if "variableName" in place:
        return f"Environment variable '{place['variableName']}' not found"
    return f"Failed to read secret from file '{place.get('filePath')}': No such file or directory (os error 2)"


def _bad_key(reason: str) -> SetError:
    build = f"DKIM build error (dkim.build-error): reason = {reason}"
    return invalid_property(f"Failed to validate DKIM signature: {build}")


def plan_keys(state: State, domain: int) -> None:
    """Let the keys of a domain appear a little later, as the server's task does."""
    task = {"@type": "DkimManagement", "domain": domain, "due": state.clock().timestamp() + DKIM_DELAY}
    state.put(TASK, state.next_snowflake(), task)


def run_tasks(state: State) -> None:
    """Make the keys whose time has come."""
    now = state.clock().timestamp()
    for number, task in list(state.table(TASK)):
        if task["due"] <= now:
            state.drop(TASK, number)
            _make_keys(state, task["domain"])


def has_due_task(state: State) -> bool:
    """Say whether `run_tasks` would do anything."""
    now = state.clock().timestamp()
    return any(task["due"] <= now for _, task in state.table(TASK))


def _make_keys(state: State, domain: int) -> None:
    doc = state.table("Domain").get(domain)
    if doc is None or doc["dkimManagement"]["@type"] != "Automatic":
        return
    number = ids.encode(domain)
    there = {
        state.table("DkimSignature").rows[one]["@type"] for one in state.table("DkimSignature").find("domainId", number)
    }
    for kind in doc["dkimManagement"]["algorithms"]:
        if kind in _ALGORITHMS and kind not in there:
            _make_key(state, number, kind)


def _make_key(state: State, domain: str, kind: str) -> None:
    algorithm = _ALGORITHMS[kind]
    doc = cast("Variants", SIGNATURE).new(kind)
    doc |= {
        "domainId": domain,
        "selector": f"v1-{algorithm}-{state.clock():%Y%m%d}",
        "createdAt": stamp(state.clock()),
        "privateKey": {"@type": "Text", "secret": dkim.new_private_key(algorithm)},
    }
    state.put("DkimSignature", state.next_snowflake(), doc)
    name = state.table("Domain").rows[ids.decode(domain) or 0]["name"]
    details = f'id = "{doc["selector"]}", details = "{name}"'
    state.note("info", "DKIM signature created", "dkim.signature-created", details)
