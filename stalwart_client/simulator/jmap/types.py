"""The types of 0.16: which of their properties are needed, unique or searchable, and what ids they get (jmap.md 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from stalwart_client.simulator.jmap.objects import (
    ACCOUNT,
    ACCOUNT_PASSWORD,
    ACCOUNT_SETTINGS,
    ALLOWED,
    AUTHENTICATION,
    BLOCKED,
    DOMAIN,
    LIST,
    ROLE,
    SIGNATURE,
    SYSTEM,
)
from stalwart_client.simulator.jmap.schema import Structure, Variants, register


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
    secrets: tuple[str, ...] = ()

    @property
    def permission(self) -> str:
        return f"sys{self.name}"


_TYPES: Final = (
    ObjectType(
        "Account",
        ACCOUNT,
        required=("name", "domainId"),
        is_sequential=True,
        filters=("name", "domainId", "@type", "memberGroupIds", "memberTenantId", "text"),
        words=("text",),
        sorts=("name", "domainId", "@type", "memberTenantId"),
    ),
    ObjectType(
        "Domain",
        DOMAIN,
        required=("name",),
        is_sequential=True,
        unique={"name": "name", "aliases": "aliases"},
        filters=("name", "aliases", "memberTenantId", "text"),
        words=("text",),
        sorts=("name", "memberTenantId"),
    ),
    ObjectType(
        "MailingList",
        LIST,
        required=("name", "domainId"),
        is_sequential=True,
        filters=("memberTenantId", "text"),
        words=("text",),
        sorts=("memberTenantId",),
    ),
    ObjectType(
        "Role",
        ROLE,
        required=("description",),
        is_sequential=True,
        filters=("description", "memberTenantId"),
        words=("description",),
        sorts=("memberTenantId",),
    ),
    ObjectType(
        "DkimSignature",
        SIGNATURE,
        required=("domainId", "selector"),
        filters=("domainId", "memberTenantId"),
        sorts=("domainId", "memberTenantId"),
    ),
    ObjectType(
        "BlockedIp",
        BLOCKED,
        required=("address",),
        unique={"address": "address"},
        filters=("address",),
        sorts=("address",),
    ),
    ObjectType(
        "AllowedIp",
        ALLOWED,
        required=("address",),
        unique={"address": "address"},
        filters=("address",),
        sorts=("address",),
    ),
    ObjectType("Authentication", AUTHENTICATION, is_singleton=True),
    ObjectType("SystemSettings", SYSTEM, is_singleton=True),
)
TYPES: Final = {each.name: each for each in _TYPES}

register(*(each.kind for each in _TYPES), ACCOUNT_SETTINGS, ACCOUNT_PASSWORD)
