"""Naming what stands in the way of a deletion on 0.16, which tells it by kind and id (jmap.md 3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from stalwart_client._answers import fitting
from stalwart_client._errors import InUse, StalwartError
from stalwart_client._jmap_call import Jmap, Linked

_NAMED_BY = {
    "Account": ("x:Account", "emailAddress"),
    "MailingList": ("x:MailingList", "emailAddress"),
    "DkimSignature": ("x:DkimSignature", "selector"),
}
_WORDS = {"DkimSignature": "DKIM key {}", "SystemSettings": "the server's default domain"}


def in_use(jmap: Jmap, linked: Linked, message: str, *, subject: str) -> InUse:
    """Return the error with the addresses of all that is linked, as far as they can be looked up."""
    by_kind: dict[str, list[str]] = {}
    for kind, ident in linked.objects:
        by_kind.setdefault(kind, []).append(ident)
    used_by = [name for kind, ids in by_kind.items() for name in _names(jmap, kind, ids)]
    return InUse(message, subject=subject, used_by=tuple(sorted(used_by))).having_said(linked.said)


def _names(jmap: Jmap, kind: str, ids: list[str]) -> Iterable[str]:
    if kind not in _NAMED_BY:
        return [_WORDS.get(kind, kind)]
    method, property_ = _NAMED_BY[kind]
    try:
        with fitting("what is linked"):
            found = [str(each[property_]) for each in jmap.get(method, ids, (property_,))]
    except StalwartError:
        # That it is in use is known. To fail here would hide that, and what became of the rest of a batch.
        return []
    return [_WORDS.get(kind, "{}").format(each) for each in found]
