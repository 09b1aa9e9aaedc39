"""DKIM keys of 0.16 (jmap.md 4.6), which signs with what it is given: made here, or by its own rotation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._dkim import free_selector, private_key
from stalwart_client._domain_types import DkimAlgorithm, DkimKey, DkimRotation, DkimStage
from stalwart_client._errors import AlreadyExists, NotFound, NotPermitted, StalwartError
from stalwart_client._jmap_call import Jmap, Object
from stalwart_client._jmap_domains import Domains
from stalwart_client._jmap_values import moment

_PROPERTIES = ("@type", "selector", "stage", "publicKey", "createdAt", "nextTransitionAt")
_TYPES = {DkimAlgorithm.ED25519: "Dkim1Ed25519Sha256", DkimAlgorithm.RSA: "Dkim1RsaSha256"}
_ALGORITHMS = {kind: algorithm for algorithm, kind in _TYPES.items()} | {
    "Dkim2Ed25519Sha256": DkimAlgorithm.ED25519,
    "Dkim2RsaSha256": DkimAlgorithm.RSA,
}
_MANUAL = {"@type": "Manual"}


class JmapDkimKeys:
    """Makes, stages and deletes the keys of domains."""

    def __init__(self, jmap: Jmap, domains: Domains) -> None:
        self._jmap = jmap
        self._domains = domains

    def keys(self, domain: str) -> list[DkimKey]:
        """Return the keys of a domain, the oldest first."""
        return [key for _, key in self._read(domain)]

    def create(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make a key that signs at once."""
        present = self._read(domain)
        if any(key.algorithm is algorithm and key.stage is DkimStage.ACTIVE for _, key in present):
            raise AlreadyExists("The domain has a key of this kind that signs.", subject=domain)
        return self._make(domain, algorithm, selector, DkimStage.ACTIVE, present)

    def rotate(self, domain: str, algorithm: DkimAlgorithm, *, selector: str = "") -> DkimKey:
        """Make a key that does not sign yet."""
        return self._make(domain, algorithm, selector, DkimStage.PENDING, self._read(domain))

    def activate(self, domain: str, selector: str) -> None:
        """Let a key sign, then the others of its algorithm no more: there is always one that does."""
        present = self._read(domain)
        ident, key = _with(present, selector)
        self._stage({ident: DkimStage.ACTIVE})
        others = [
            other
            for other, each in present
            if each.algorithm is key.algorithm and each.stage is DkimStage.ACTIVE and other != ident
        ]
        self._stage(dict.fromkeys(others, DkimStage.RETIRING))
        self._sign_with_these()

    def retire(self, domain: str, selector: str) -> None:
        """Let a key sign no more."""
        ident, _ = _with(self._read(domain), selector)
        self._stage({ident: DkimStage.RETIRED})
        self._sign_with_these()

    def delete(self, domain: str, selector: str) -> None:
        """Delete a key."""
        # Nothing keeps two keys from having one selector; all that have it go.
        ids = [ident for ident, key in self._read(domain) if key.selector == selector]
        if ids:
            self._set({"destroy": ids})
        self._sign_with_these()

    def rotation(self, domain: str) -> DkimRotation | None:
        """Return how the server rotates the keys of a domain."""
        shown = self._domains.read(domain, ("dkimManagement", "dnsManagement"))
        with fitting("the DKIM settings of a domain"):
            management = shown["dkimManagement"]
            if management["@type"] != "Automatic":
                return None
            return DkimRotation(
                algorithms=frozenset(_ALGORITHMS[each] for each, is_set in management["algorithms"].items() if is_set),
                rotate_after=_duration(management["rotateAfter"]),
                retire_after=_duration(management["retireAfter"]),
                delete_after=_duration(management["deleteAfter"]),
                by_itself=shown["dnsManagement"]["@type"] == "Automatic",
            )

    def set_rotation(self, domain: str, rotation: DkimRotation | None) -> None:
        """Say how the server rotates the keys of a domain."""
        management: dict[str, Any] = _MANUAL
        if rotation is not None:
            management = {
                "@type": "Automatic",
                "algorithms": {_TYPES[each]: True for each in sorted(rotation.algorithms)},
                "rotateAfter": _milliseconds(rotation.rotate_after),
                "retireAfter": _milliseconds(rotation.retire_after),
                "deleteAfter": _milliseconds(rotation.delete_after),
            }
        self._domains.update(domain, {"dkimManagement": management})

    def _make(
        self,
        domain: str,
        algorithm: DkimAlgorithm,
        selector: str,
        stage: DkimStage,
        present: list[tuple[str, DkimKey]],
    ) -> DkimKey:
        taken = {key.selector for _, key in present}
        free = free_selector(selector, algorithm, taken, datetime.now(UTC).date())
        body = {
            "@type": _TYPES[algorithm],
            "domainId": self._domains.at(domain).id,
            "selector": free,
            "stage": stage.value,
            "privateKey": {"@type": "Text", "secret": private_key(algorithm)},
        }
        self._set({"create": {"new": body}})
        self._sign_with_these()
        return _with(self._read(domain), free)[1]

    def _read(self, domain: str) -> list[tuple[str, DkimKey]]:
        ident = self._domains.at(domain).id
        found = self._jmap.walk("x:DkimSignature", _PROPERTIES, {"domainId": ident})
        return [(str(each["id"]), _key(domain, each)) for each in found]

    def _stage(self, stages: dict[str, DkimStage]) -> None:
        if stages:
            self._set({"update": {ident: {"stage": stage.value} for ident, stage in stages.items()}})

    def _set(self, change: dict[str, Any]) -> None:
        for result in self._jmap.set("x:DkimSignature", change).values():
            if isinstance(result, StalwartError):
                raise result

    def _sign_with_these(self) -> None:
        """Let the server look again which keys sign: it remembers those of a domain that had some."""
        try:
            self._jmap.set("x:Action", {"create": {"now": {"@type": "InvalidateCaches"}}})
        except NotPermitted:
            return


def _key(domain: str, shown: Object) -> DkimKey:
    with fitting("a DKIM key"):
        return DkimKey(
            domain=domain,
            selector=str(shown["selector"]),
            algorithm=_ALGORITHMS[shown["@type"]],
            stage=DkimStage(shown["stage"]),
            public_key=str(shown["publicKey"]),
            created_at=moment(shown["createdAt"]),
            next_change_at=moment(shown["nextTransitionAt"]),
        )


def _with(keys: list[tuple[str, DkimKey]], selector: str) -> tuple[str, DkimKey]:
    for ident, key in keys:
        if key.selector == selector:
            return ident, key
    raise NotFound("The domain has no key with this selector.", subject=selector)


def _duration(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
