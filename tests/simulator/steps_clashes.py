"""Requests with more than one thing wrong: which of them a server names first. And pages after an anchor that is gone.

Which of several keys that are taken or links that are broken 0.16 names first is chance, so they do not come together.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

from tests.simulator.differential import api, jmap
from tests.simulator.steps_jmap import (
    DOMAIN,
    END,
    MANUAL,
    create,
    destroy,
    group,
    password,
    query,
    signature,
    update,
    user,
)

_UP: Final = [{"property": "id", "isAscending": True}]
_DOWN: Final = [{"property": "id", "isAscending": False}]


def _aliases(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {str(place): {"name": name, "domainId": domain} for place, (name, domain) in enumerate(pairs)}


_WRONG: Final[dict[str, Any]] = {
    "name": "ana",
    "domainId": "zz",
    "aliases": _aliases(("x", "$dom"), ("ana", "$dom")),
    "memberGroupIds": {"zz": True},
    "credentials": password("short"),
    "roles": {"@type": "Custom", "roleIds": {"zz": True}},
    "description": "",
    "quotas": {"maxDiskQuota": -1},
    "timeZone": "Mars/Base",
    "nothing": 1,
}


_ALIASES: Final[list[dict[str, Any]]] = [
    {"aliases": _aliases(("c0", "$dom"))},
    {"aliases": _aliases(("twice", "$dom"), ("twice", "$dom"))},
    {"aliases": _aliases(("", "$dom"), ("ana", "$dom"))},
    {"name": "", "aliases": _aliases(("ana", "$dom"))},
]
_KEYS_AND_LINKS: Final = {"name", "domainId", "aliases", "memberGroupIds"}


def _pairs() -> list[tuple[str, str]]:
    """Every two wrong properties of an account, in either order."""
    return [pair for pair in permutations(_WRONG, 2) if not set(pair) <= _KEYS_AND_LINKS]


CLASHES: Final = [
    DOMAIN,
    jmap(create("Account", ana=user("ana"), grp=group("grp"), ben=user("ben"))),
    *(
        jmap(create("Account", **{f"p{place}": user(f"p{place}") | {one: _WRONG[one], other: _WRONG[other]}}))
        for place, (one, other) in enumerate(_pairs())
    ),
    *(jmap(update("Account", "$ben", **{one: _WRONG[one], other: _WRONG[other]})) for one, other in _pairs()),
    *(jmap(create("Account", **{f"c{place}": {**user(f"c{place}"), **wish}})) for place, wish in enumerate(_ALIASES)),
    jmap(create("Domain", d2={"name": "%D", "dkimManagement": MANUAL, "aliases": {"%D": True}})),
    jmap(
        create("Domain", d3={"name": "d3.%D", "dkimManagement": MANUAL, "aliases": {"%D": True}, "directoryId": "zz"})
    ),
    jmap(create("Domain", d4={"name": "%D", "dkimManagement": MANUAL, "catchAllAddress": "x"})),
    jmap(create("DkimSignature", k=signature(domainId="zz", privateKey={"@type": "Text", "secret": "x"}))),
    jmap(create("Role", r={"description": "r %D", "roleIds": {"zz": True}, "enabledPermissions": {"fly": True}})),
    jmap(destroy("Account", "$ana", "$ben", "$grp"), destroy("Domain", "$d2", "$d3")),
    END,
]

ANCHORS: Final = [
    DOMAIN,
    jmap(create("Domain", other={"name": "b.%D", "dkimManagement": MANUAL})),
    *(
        jmap(create("Account", **{f"u{place}": {**user(f"u{place}"), "domainId": "$other" if place % 2 else "$dom"}}))
        for place in range(8)
    ),
    *(
        jmap(
            *(
                query("Account", filter=condition, sort=sort, anchor=anchor, limit=3, **more)
                for condition in ({"domainId": "$dom"}, {"domainId": "$other", "@type": "User"}, {"text": "u3"})
                for sort in (_UP, _DOWN)
            )
        )
        for anchor in ("$u0", "$u3", "$u4", "$u7", "$u8", "zzzz", "8888", "a")
        for more in ({}, {"calculateTotal": True}, {"anchorOffset": 1}, {"anchorOffset": -1})
    ),
    jmap(destroy("Account", "$u2", "$u3")),
    *(
        jmap(
            query("Account", filter={"domainId": "$dom"}, sort=_UP, anchor=anchor),
            query("Account", filter={"domainId": "$dom"}, sort=_UP, anchor=anchor, calculateTotal=True),
            query("Account", sort=_UP, anchor=anchor, limit=2),
        )
        for anchor in ("$u2", "$u3", "$u4")
    ),
    jmap(destroy("Account", *(f"$u{place}" for place in range(8))), destroy("Domain", "$other")),
    END,
]

_BAD: Final[dict[str, Any]] = {
    "name": "ana@%D",
    "emails": ["taken@%D", "x@nowhere-%D", "ana@%D"],
    "roles": ["nobody-%D"],
    "memberOf": ["nogroup-%D"],
    "lists": ["nolist-%D"],
    "members": ["nomember-%D"],
    "enabledPermissions": ["fly"],
    "disabledPermissions": ["swim"],
    "quota": -1,
    "nothing": 1,
}

REST: Final = [
    api("POST", "/principal", {"type": "domain", "name": "%D"}),
    api("POST", "/principal", {"name": "ana@%D", "emails": ["ana@%D", "taken@%D"]}),
    api("POST", "/principal", {"name": "ben@%D", "emails": ["ben@%D"]}),
    *(
        api(
            "POST",
            "/principal",
            {"name": f"p{place}@%D", "emails": [f"p{place}@%D"], one: _BAD[one], other: _BAD[other]},
        )
        for place, (one, other) in enumerate(permutations(_BAD, 2))
    ),
    *(
        api(
            "PATCH",
            "/principal/ben@%D",
            [{"action": "set", "field": field, "value": _BAD[field]} for field in (one, other)],
        )
        for one, other in permutations([name for name in _BAD if name != "nothing"], 2)
    ),
    api("GET", "/principal/ben@%D"),
    *(
        api("PATCH", "/principal/ben@%D", [{"action": "set", "field": "members", "value": names}])
        for names in (["ana@%D"], ["nobody"], ["ana@%D", "nobody"], ["nobody", "ana@%D"], [])
    ),
    api("POST", "/principal", {"type": "group", "name": "team@%D"}),
    *(
        api("PATCH", "/principal/team@%D", [{"action": "set", "field": "members", "value": names}])
        for names in (["ana@%D", "nobody"], ["%D", "nobody"], ["nobody", "%D"], ["%D", "ana@%D"], ["ana@%D", "ana@%D"])
    ),
    api("GET", "/principal/team@%D"),
]
