"""DKIM keys of 0.15, where it is the id of a key that decides whether it signs.

The server signs with the keys `rsa-DOMAIN` and `ed25519-DOMAIN` and no other (its default rule). So a key that
waits, or has had its time, is kept under another id, and to activate one is to let two change their places.
Keys are settings, private key and all (rest.md 4.1, 4.6): they are only read to be written under another name.
Ids are deleted key by key: a prefix of `metrosure.co` would take those of `metrosure.co.za` with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._dkim import free_selector
from stalwart_client._domain_types import DkimAlgorithm, DkimKey, DkimRotation, DkimStage, DnsRecord
from stalwart_client._errors import AlreadyExists, NotFound, NotPermitted, Unsupported
from stalwart_client._rest_call import Rest, quoted

_RECORD = re.compile(r"v=DKIM1;.*\bk=(?P<algorithm>ed25519|rsa);.*\bp=(?P<public_key>[A-Za-z0-9+/=]+)")
_ALGORITHMS = {DkimAlgorithm.ED25519: "Ed25519", DkimAlgorithm.RSA: "Rsa"}
_PARTS = ("private-key", "domain", "selector", "algorithm", "canonicalization", "report")
_HEADERS = tuple(f"headers.{n}" for n in range(10))
_WAITING, _DONE = "_pending", "_retired"
"""A name in DNS that begins with an underscore is no mail domain, so these ids are no domain's own."""


class RestDkimKeys:
    """Makes, stages and deletes the keys of domains."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def keys(self, domain: str) -> list[DkimKey]:
        """Return the keys of a domain, read from the records that the server expects for them."""
        found = (_key(domain, record) for record in self.dns_records(domain))
        return [self._staged(key) for key in found if key]

    def create(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make a key that signs at once."""
        present = self.keys(domain)
        if any(key.algorithm is algorithm and key.stage is DkimStage.ACTIVE for key in present):
            raise AlreadyExists("The domain has a key of this kind that signs.", subject=domain)
        return self._make(domain, algorithm, selector, DkimStage.ACTIVE, present)

    def rotate(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make a key that does not sign yet."""
        return self._make(domain, algorithm, selector, DkimStage.PENDING, self.keys(domain))

    def activate(self, domain: str, selector: str) -> None:
        """Let a key change places with the one that signs."""
        present = self.keys(domain)
        key = _with(present, selector)
        if key.stage is DkimStage.ACTIVE:
            self._rest.reload()  # an earlier try may have written it and come no further
            return
        signing = [each for each in present if each.algorithm is key.algorithm and each.stage is DkimStage.ACTIVE]
        moves = {_id(each, DkimStage.ACTIVE): _id(each, DkimStage.RETIRED) for each in signing}
        moves[self._id_of(key)] = _id(key, DkimStage.ACTIVE)
        self._move(moves)

    def retire(self, domain: str, selector: str) -> None:
        """Put a key where it does not sign."""
        key = _with(self.keys(domain), selector)
        if key.stage is not DkimStage.RETIRED:
            self._move({self._id_of(key): _id(key, DkimStage.RETIRED)})

    def delete(self, domain: str, selector: str) -> None:
        """Delete a key."""
        found = [key for key in self.keys(domain) if key.selector == selector]
        if found:
            self._settings([_deletion(self._id_of(key)) for key in found])
        else:
            self._rest.reload()

    def delete_all(self, domain: str) -> None:
        """Delete the keys of a domain that goes; one that we may not delete only stays behind."""
        try:
            ids = [self._id_of(key) for key in self.keys(domain)]
            if ids:
                self._settings([_deletion(ident) for ident in ids])
        except (NotPermitted, Unsupported):
            return

    def rotation(self, domain: str) -> DkimRotation | None:  # noqa: ARG002 - part of the contract
        """Return None: this server never changes a key by itself."""
        return None

    def set_rotation(self, domain: str, rotation: DkimRotation | None) -> None:
        """Refuse what this server cannot do."""
        if rotation is not None:
            raise Unsupported("This mail server never changes a DKIM key by itself.", subject=domain)

    def dns_records(self, domain: str) -> list[DnsRecord]:
        """Return the records that the server expects for a domain."""
        data = self._rest.call("GET", f"/api/dns/records/{quoted(domain)}", idempotent=True)
        with fitting("a list of DNS records"):
            return [DnsRecord(str(each["type"]), str(each["name"]), str(each["content"])) for each in data]

    # Requests

    def _make(
        self, domain: str, algorithm: DkimAlgorithm, selector: str, stage: DkimStage, present: list[DkimKey]
    ) -> DkimKey:
        taken = {key.selector for key in present}
        free = free_selector(selector, algorithm, taken, datetime.now(UTC).date())
        wanted = DkimKey(domain=domain, selector=free, algorithm=algorithm, stage=stage, public_key="")
        body = {
            "id": _id(wanted, stage),
            "algorithm": _ALGORITHMS[algorithm],
            "domain": domain,
            "selector": free,
        }
        try:
            self._rest.call("POST", "/api/dkim", body=body, idempotent=False)
        except AlreadyExists:
            raise AlreadyExists("The mail server has this key already.", subject=free) from None
        self._rest.reload()
        return _with(self.keys(domain), free)

    def _staged(self, key: DkimKey) -> DkimKey:
        """Find out where a key is kept; one that others have put elsewhere does not sign by the default rule."""
        for stage in (DkimStage.ACTIVE, DkimStage.PENDING):
            if self._is_at(key, _id(key, stage)):
                return replace(key, stage=stage)
        return key

    def _is_at(self, key: DkimKey, ident: str) -> bool:
        try:
            return bool(self._rest.look(f"/api/dkim/{quoted(ident)}") == key.public_key)
        except NotFound:
            return False

    def _id_of(self, key: DkimKey) -> str:
        """Return the id of a key: one of ours, or what the settings say."""
        ident = _id(key, key.stage)
        if key.stage is not DkimStage.RETIRED or self._is_at(key, ident):
            return ident
        params = {"prefix": "signature", "suffix": "domain"}
        data = self._rest.call("GET", "/api/settings/group", params=params, idempotent=True)
        with fitting("the keys in the settings"):
            for each in data["items"]:
                if (each.get("domain"), each.get("selector")) == (key.domain, key.selector):
                    return str(each["_id"])
        raise NotFound("The domain has no key with this selector.", subject=key.selector)

    def _move(self, moves: Mapping[str, str]) -> None:
        """Write keys under their new ids, then take the old ids away that are not new ones.

        All in one request and in this order: if it stops half-way, a key is there twice, never not at all.
        """
        texts = {old: self._texts(old) for old in moves}
        changes = [_insertion(new, texts[old]) for old, new in moves.items()]
        changes += [_deletion(old) for old in moves if old not in moves.values()]
        self._settings(changes)

    def _texts(self, ident: str) -> dict[str, str]:
        """Return a key as it is kept. What this returns holds the private key."""
        names = [f"signature.{ident}.{part}" for part in (*_PARTS, *_HEADERS)]
        data = self._rest.call("GET", "/api/settings/keys", params={"keys": ",".join(names)}, idempotent=True)
        with fitting("a key in the settings"):
            texts = {name.removeprefix(f"signature.{ident}."): str(data[name]) for name in names if name in data}
            if "private-key" not in texts:
                raise Unsupported("This key is not kept in the settings of the server, but in its file.")
            return texts

    def _settings(self, changes: list[dict[str, Any]]) -> None:
        self._rest.call("POST", "/api/settings", body=changes, idempotent=True)
        self._rest.reload()


def _id(key: DkimKey, stage: DkimStage) -> str:
    """Return the id that a key has at a stage."""
    if stage is DkimStage.ACTIVE:
        return f"{key.algorithm}-{key.domain}"
    return f"{key.algorithm}-{key.selector}.{_WAITING if stage is DkimStage.PENDING else _DONE}.{key.domain}"


def _insertion(ident: str, texts: Mapping[str, str]) -> dict[str, Any]:
    values = [[part, text] for part, text in sorted(texts.items())]
    return {"type": "insert", "prefix": f"signature.{ident}", "values": values, "assert_empty": False}


def _deletion(ident: str) -> dict[str, Any]:
    return {"type": "delete", "keys": [f"signature.{ident}.{part}" for part in (*_PARTS, *_HEADERS)]}


def _key(domain: str, record: DnsRecord) -> DkimKey | None:
    """Read a key from its record, as one that does not sign: where it is kept has to be found out."""
    end = f"._domainkey.{domain}."
    found = _RECORD.search(record.content) if record.type == "TXT" and record.name.endswith(end) else None
    if found is None:
        return None
    return DkimKey(
        domain=domain,
        selector=record.name.removesuffix(end),
        algorithm=DkimAlgorithm(found["algorithm"]),
        stage=DkimStage.RETIRED,
        public_key=found["public_key"],
    )


def _with(keys: list[DkimKey], selector: str) -> DkimKey:
    for key in keys:
        if key.selector == selector:
            return key
    raise NotFound("The domain has no key with this selector.", subject=selector)
