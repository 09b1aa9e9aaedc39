"""Tenants of 0.16, which the open-source build lets anybody make: what they may hold, and what may belong to them."""

from __future__ import annotations

from typing import Any, Final

from tests.simulator.differential import Ask, jmap
from tests.simulator.steps_jmap import (
    DOMAIN,
    END,
    MANUAL,
    create,
    destroy,
    get,
    query,
    signature,
    update,
    user,
)

_WISHES: Final[list[Any]] = [
    {},
    {"name": "T %D"},
    {"name": ""},
    {"name": 5},
    {"name": "T", "quotas": {"maxAccounts": 5}},
    {"name": "T", "quotas": {"maxNothing": 5}},
    {"name": "T", "logo": "x"},
    {"name": "T", "roles": {"@type": "Default"}},
    {"name": "T", "roles": {"@type": "Custom", "roleIds": {"zz": True}}},
    {"name": "T", "roles": {"@type": "Custom", "roleIds": {"d": True}}},
    {"name": "T", "permissions": {"@type": "Merge", "disabledPermissions": {"authenticate": True}}},
    {"name": "T", "nothing": 1},
    {"name": "T", "createdAt": "2030-01-01T00:00:00Z"},
    {"name": "T", "usedDiskQuota": 5},
    None,
]

JMAP: Final[list[Ask]] = [
    DOMAIN,
    *(
        ask
        for place, wish in enumerate(_WISHES)
        for ask in [
            jmap(create("Tenant", **{f"t{place}": wish}), get("Tenant", f"#t{place}")),
            jmap(destroy("Tenant", f"$t{place}")),
        ]
    ),
    jmap(create("Tenant", t={"name": "Tenant %D"})),
    jmap(
        query("Tenant", filter={"text": "tenant"}, calculateTotal=True),
        query("Tenant", filter={"name": "x"}),
        query("Tenant", sort=[{"property": "name"}]),
    ),
    jmap(update("Tenant", "$t", name="Other %D", **{"quotas/maxAccounts": 7})),
    jmap(get("Tenant", "$t")),
    jmap(update("Domain", "$dom", memberTenantId="$t")),
    jmap(get("Domain", "$dom", properties=["memberTenantId", "name"])),
    jmap(create("Account", u=user("u", memberTenantId="$t"), v=user("v"))),
    jmap(create("Domain", other={"name": "o.%D", "dkimManagement": MANUAL})),
    jmap(create("Account", w={"@type": "User", "name": "w", "domainId": "$other", "memberTenantId": "$t"})),
    jmap(query("Account", filter={"memberTenantId": "$t"})),
    jmap(get("Account", "$u", "$v", properties=["memberTenantId"])),
    jmap(update("Account", "$v", memberTenantId="$t")),
    jmap(update("Account", "$v", memberTenantId="zz")),
    jmap(update("Account", "$v", domainId="$other")),
    jmap(create("MailingList", l={"name": "l", "domainId": "$dom", "memberTenantId": "$t"})),
    jmap(create("MailingList", l2={"name": "l", "domainId": "$other", "memberTenantId": "$t"})),
    jmap(create("Role", r={"description": "r %D", "memberTenantId": "$t"})),
    jmap(create("DkimSignature", k=signature(memberTenantId="$t"))),
    jmap(create("DkimSignature", k2=signature(memberTenantId="$t", domainId="$other"))),
    jmap(destroy("Tenant", "$t")),
    jmap(destroy("Account", "$u", "$v", "$w"), destroy("MailingList", "$l", "$l2"), destroy("Role", "$r")),
    jmap(destroy("DkimSignature", "$k", "$k2")),
    jmap(destroy("Tenant", "$t")),
    jmap(update("Domain", "$dom", memberTenantId=None)),
    jmap(destroy("Tenant", "$t")),
    jmap(destroy("Domain", "$other")),
    END,
]
