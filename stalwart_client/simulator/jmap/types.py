"""The types of 0.16: which of their properties are needed, unique or searchable, and what ids they get (jmap.md 4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from stalwart_client.simulator.jmap.known import kind_of, start_of
from stalwart_client.simulator.jmap.objects import (
    ACCOUNT,
    DOMAIN,
    LIST,
    ROLE,
    SIGNATURE,
)
from stalwart_client.simulator.jmap.schema import Structure, Variants, facts
from stalwart_client.simulator.tables import Doc


@dataclass(frozen=True)
class ObjectType:
    """One type of 0.16: its properties and what the generic methods need to know of it."""

    name: str
    kind: Structure | Variants
    required: tuple[str, ...] = ()
    is_sequential: bool = False
    """Its ids count from `b`; the others grow with time."""
    is_singleton: bool = False
    unique: dict[str, str] = field(default_factory=dict)
    """Properties that no two may share, with the name under which the server reports it."""
    filters: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Filters that look for whole words."""
    sorts: tuple[str, ...] = ()
    is_described: bool = False
    """What it lacks, and what it starts with, is what the schema says."""

    def default(self) -> Doc:
        """Return a new object, or what a singleton is until somebody changes it."""
        if self.is_described:
            return start_of(self.name)
        default: Doc = self.kind.default()
        return default

    @property
    def permission(self) -> str:
        return f"sys{self.name}"


def _own(name: str, kind: Structure | Variants, *needed: str, is_sequential: bool = True) -> ObjectType:
    """Return a type that has rules of its own; what may be searched and sorted the schema says for it too."""
    indexes: dict[str, str] = facts()["types"][name].get("i", {})
    return ObjectType(
        name,
        kind,
        required=needed,
        is_sequential=is_sequential,
        unique={field: field for field, how in indexes.items() if how.startswith("U")},
        filters=tuple(indexes),
        words=tuple(field for field, how in indexes.items() if how.endswith("T")),
        sorts=tuple(field for field, how in indexes.items() if not how.endswith("T")),
    )


_TYPES: Final = (
    _own("Account", ACCOUNT, "name", "domainId"),
    _own("Domain", DOMAIN, "name"),
    _own("MailingList", LIST, "name", "domainId"),
    _own("Role", ROLE, "description"),
    _own("DkimSignature", SIGNATURE, "domainId", "selector", is_sequential=False),
)
_ELSEWHERE: Final = frozenset(
    {
        "AccountPassword",
        "AccountSettings",
        "Action",
        "ApiKey",
        "AppPassword",
        "ArchivedItem",
        "ArfExternalReport",
        "ClusterNode",
        "DmarcExternalReport",
        "DmarcInternalReport",
        "Log",
        "MaskedEmail",
        "Metric",
        "QueuedMessage",
        "SpamTrainingSample",
        "Task",
        "TlsExternalReport",
        "TlsInternalReport",
        "Trace",
    }
)
"""Types that are not kept as objects: modules of their own answer for them, or there are none."""
_SEQUENTIAL: Final = frozenset({"OAuthClient", "Tenant"})


def _known_type(name: str) -> ObjectType:
    """Return a type that has no rules beyond what its schema says."""
    own = _own(name, kind_of(name), is_sequential=name in _SEQUENTIAL)
    return replace(own, is_singleton=bool(facts()["types"][name].get("s")), is_described=True)


def _all_types() -> dict[str, ObjectType]:
    own = {each.name: each for each in _TYPES}
    others = [name for name in facts()["types"] if name not in own and name not in _ELSEWHERE]
    return own | {name: _known_type(name) for name in others}


TYPES: Final = _all_types()
