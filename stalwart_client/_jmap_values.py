"""Values as 0.16 writes and wants them (jmap.md 3.1): moments, lists, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from stalwart_client._errors import NotFound

DomainIds: TypeAlias = Mapping[str, str]
"""The ids of the domains that exist, by name."""


def moment(text: str | None) -> datetime | None:
    """Read a moment."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def written(at: datetime | None) -> str | None:
    """Return a moment as the server wants it: in UTC, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def address_parts(address: str, domain_ids: DomainIds) -> dict[str, str]:
    """Return an address as the server takes it: a name, and the id of its domain.

    :raises NotFound: if there is no such domain
    """
    local, _, domain = address.lower().rpartition("@")
    if domain not in domain_ids:
        raise NotFound("The mail server has no such domain.", subject=domain)
    return {"name": local, "domainId": domain_ids[domain]}


def elements(shown: Mapping[str, Any], name: str) -> dict[int, Mapping[str, Any]]:
    """Return a list, which is an object keyed by index."""
    return {int(index): element for index, element in shown[name].items()}
