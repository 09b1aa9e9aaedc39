"""How 0.16 shows its objects: secrets hidden, and what is computed only if it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from stalwart_client.simulator import dkim
from stalwart_client.simulator.jmap.schema import masked
from stalwart_client.simulator.jmap.zone import zone_file
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc


def shown(state: State, name: str, number: str, doc: Doc, properties: set[str]) -> Doc:
    """Return an object as `/get` does; no properties stand for all."""
    wanted = {key: value for key, value in doc.items() if not properties or key in properties}
    for key in wanted:
        show = _SHOWN.get((name, key))
        if show is not None:
            wanted[key] = show(state, number, doc)
    return {**wanted, "id": number}


def shown_credential(credential: Doc) -> Doc:
    """Return a credential without its secrets; `otpAuth` is there only while TOTP is on."""
    hidden = masked(credential, "secret", "otpAuth")
    if not hidden.get("otpAuth", True):
        del hidden["otpAuth"]
    return hidden


def _credentials(_state: State, _number: str, doc: Doc) -> Doc:
    return {place: shown_credential(one) for place, one in doc["credentials"].items()}


def _public_key(_state: State, _number: str, doc: Doc) -> str:
    try:
        return dkim.public_key(doc["privateKey"].get("secret", ""))
    except dkim.BadKey:
        return ""


_SHOWN: Final[dict[tuple[str, str], Callable[[State, str, Doc], Any]]] = {
    ("Account", "credentials"): _credentials,
    ("Account", "emailAddress"): lambda state, _number, doc: state.address(doc),
    ("MailingList", "emailAddress"): lambda state, _number, doc: state.address(doc),
    ("Domain", "dnsZoneFile"): zone_file,
    ("DkimSignature", "privateKey"): lambda _state, _number, doc: masked(doc["privateKey"], "secret"),
    ("DkimSignature", "publicKey"): _public_key,
}
