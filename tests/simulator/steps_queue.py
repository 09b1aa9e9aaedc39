"""What both generations are asked about messages that wait: filters, pages, new times and cancelling, one or many.

Every message comes from the trial's own holder to addresses under names of the trial, so that a server's other
messages stay out of the answers. The queue is paused meanwhile, and nothing of it leaves the machine.
"""

from __future__ import annotations

from typing import Any, Final

from tests.simulator.differential import Ask, api, jmap, mail
from tests.simulator.steps_jmap import DOMAIN, END, create, destroy, password, user

SECRET: Final = "Correct-Horse-9-battery-staple"
ANA: Final = ("ana@%D", SECRET)
BEN: Final = ("ben@%D", SECRET)
_MAILS: Final = [
    mail("one@a-%D", "two@b-%D", who=ANA, learn="m0"),
    mail("three@a-%D", who=ANA, learn="m1"),
    mail("one@b-%D", "x@c-%D", "y@c-%D", who=BEN, learn="m2"),
    mail("four@a-%D", who=BEN, learn="m3"),
]


def _any(*values: Any) -> list[Any]:
    """Return values of every kind; mypy would look for one that fits them all."""
    return list(values)


_LISTS: Final = [
    "from=%D",
    "from=ana@%D",
    "from=ANA@%D",
    "from=nobody@%D",
    "to=a-%D",
    "to=b-%D",
    "to=one@",
    "from=ben@%D&to=b-%D",
    "from=ana@%D&to=c-%D",
    "text=%D",
    "text=a-%D",
    "text=ben@%D",
    "text=a-%D&from=ben@%D",
    "text=nothing-%D",
    "text=&from=ana@%D",
    "text=%D&limit=2",
    "text=%D&limit=2&page=0",
    "text=%D&limit=2&page=1",
    "text=%D&limit=2&page=2",
    "text=%D&limit=2&page=3",
    "text=%D&limit=3&page=2&values=1",
    "text=%D&page=2",
    "text=%D&limit=-1",
    "text=%D&limit=x",
    "text=%D&limit=%2B1",
    "text=%D&values=1",
    "text=%D&values=0",
    "text=%D&values=",
    "text=%D&max-total=1",
    "text=%D&max-total=3&limit=2&page=2",
    "text=%D&max-total=0",
    "text=%D&range-start=$m1",
    "text=%D&range-end=$m1",
    "text=%D&range-start=$m1&range-end=$m2",
    "text=%D&range-start=$m3&range-end=$m0",
    "text=%D&range-start=x",
    "text=%D&queue=remote",
    "text=%D&queue=local",
    "text=%D&queue=default",
    "text=%D&queue=muchtoolong",
    "text=%D&queue=Remote",
    "text=%D&before=2020-01-01T00:00:00Z",
    "text=%D&after=2020-01-01T00:00:00Z",
    "text=%D&before=2099-01-01T00:00:00Z",
    "text=%D&after=2099-01-01T00:00:00Z",
    "text=%D&before=2099-01-01",
    "text=%D&after=2099-01-01",
    "text=%D&after=2099-01-01T00:00:00%2B02:00",
    "text=%D&after=2099-01-01T00:00:00+02:00",
    "text=%D&after=2099-01-01T00:00:00",
    "text=%D&after=2099-01-01%2000:00:00Z",
    "text=%D&after=soon",
    "text=%D&filter=one",
    "text=%D&id=$m1",
]

REST: Final = [
    api("POST", "/principal", {"type": "domain", "name": "%D"}),
    *(
        api("POST", "/principal", {"name": who[0], "emails": [who[0]], "secrets": [who[1]], "roles": ["user"]})
        for who in (ANA, BEN)
    ),
    api("PATCH", "/queue/status/stop"),
    api("GET", "/queue/status"),
    *_MAILS,
    *(api("GET", f"/queue/messages?{query}") for query in _LISTS),
    *(api("GET", f"/queue/messages/{number}") for number in ["$m0", "$m2", "$m2/more", "0", "1", "-1", "x", "%20"]),
    *(
        ask
        for query in [
            "",
            "?at=2099-01-01T00:00:00Z",
            "?at=2020-01-01T00:00:00Z",
            "?at=soon",
            "?filter=one@",
            "?filter=nobody",
            "?filter=",
            "?filter=b-%D&at=2099-01-01T00:00:00Z",
        ]
        for ask in [api("PATCH", f"/queue/messages/$m0{query}"), api("GET", "/queue/messages/$m0")]
    ),
    *(api("PATCH", f"/queue/messages?{query}") for query in _LISTS if "text=%D&" in query),
    api("GET", "/queue/messages?text=%D&values=1"),
    api("DELETE", "/queue/messages/$m0?filter=nobody"),
    api("DELETE", "/queue/messages/$m0?filter=one@"),
    api("GET", "/queue/messages/$m0"),
    api("DELETE", "/queue/messages/$m0?filter=two@"),
    api("GET", "/queue/messages/$m0"),
    api("DELETE", "/queue/messages/$m0?filter=-%D"),
    api("GET", "/queue/messages/$m0"),
    api("DELETE", "/queue/messages/$m1?filter="),
    api("GET", "/queue/messages/$m1"),
    api("DELETE", "/queue/messages/$m1"),
    api("PATCH", "/queue/messages/$m1"),
    api("DELETE", "/queue/messages?text=%D&values=1"),
    Ask("GET", "/api/queue/messages?text=%D", pause=1.5),
    api("DELETE", "/queue/messages?text=nothing-%D"),
    mail("five@a-%D", who=ANA, learn="m4"),
    mail("six@a-%D", who=ANA, learn="m5"),
    mail("seven@a-%D", who=ANA, learn="m6"),
    api("DELETE", "/queue/messages?text=%D&limit=2&page=2"),
    Ask("GET", "/api/queue/messages?text=%D", pause=1.5),
    api("DELETE", "/queue/messages?text=%D&max-total=1"),
    Ask("GET", "/api/queue/messages?text=%D", pause=1.5),
    api("DELETE", "/queue/messages?from=ana@%D"),
    Ask("GET", "/api/queue/messages?text=%D", pause=1.5),
    api("DELETE", "/queue/messages?text=%D"),
    Ask("GET", "/api/queue/messages?text=%D", pause=1.5),
    *(
        api(verb, f"/queue/{path}")
        for verb in ("GET", "PATCH", "DELETE", "POST")
        for path in ("status", "status/x", "x")
    ),
    api("POST", "/queue/messages", {}),
    api("POST", "/queue/messages/5", {}),
    *(
        api(verb, f"/queue/{path}", who=ANA)
        for verb in ("GET", "PATCH", "DELETE")
        for path in ("messages", "messages/5", "status", "status/start", "reports", "reports/5")
    ),
    api("PATCH", "/queue/status/start"),
    api("GET", "/queue/status"),
]


def _query(**arguments: Any) -> tuple[str, dict[str, Any]]:
    return "x:QueuedMessage/query", arguments


def _set(**arguments: Any) -> tuple[str, dict[str, Any]]:
    return "x:QueuedMessage/set", arguments


def _get(*numbers: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "x:QueuedMessage/get", {"ids": list(numbers), **more}


_UP: Final = [{"property": "due", "isAscending": True}]
_DOWN: Final = [{"property": "due", "isAscending": False}]
_FILTERS: Final = _any(
    *[
        {"text": "%D"},
        {"text": "a-%D"},
        {"text": "A-%D"},
        {"to": "one@", "text": "%D"},
        {"to": "b-%D"},
        {"to": "one@b-%D"},
        {"returnPath": "ana@%D"},
        {"returnPath": "@%D", "to": "c-%D"},
        {"returnPath": "ana@%D", "to": "c-%D"},
        {"text": "%D", "queueName": "remote"},
        {"text": "%D", "queueName": "local"},
        {"text": "%D", "queueName": "muchtoolong"},
        {"text": "%D", "queueName": ""},
        {"text": "%D", "queueName": 5},
        {"text": "%D", "due": "2020-01-01T00:00:00Z"},
        {"text": "%D", "dueIsGreaterThan": "2020-01-01T00:00:00Z"},
        {"text": "%D", "dueIsGreaterThanOrEqual": "2020-01-01T00:00:00Z"},
        {"text": "%D", "dueIsLessThan": "2020-01-01T00:00:00Z"},
        {"text": "%D", "dueIsLessThanOrEqual": "2099-01-01T00:00:00Z"},
        {"text": "%D", "dueIsGreaterThan": "2099-01-01T00:00:00Z"},
        {"text": "%D", "dueIsGreaterThan": "2090-01-01T00:00:00Z", "dueIsLessThan": "2080-01-01T00:00:00Z"},
        {"text": "%D", "due": "soon"},
        {"text": "%D", "due": None},
        {"text": 5},
        {"text": None},
        {"to": ["x"]},
        {"returnPath": None},
        {"textIsGreaterThan": "%D"},
        {"toIsLessThan": "b-%D"},
        {"size": 5},
        {"priority": 0},
        {"id": "$m0"},
        {"createdAt": "2020-01-01T00:00:00Z"},
        {"operator": "AND", "conditions": [{"text": "%D"}, {"dueIsGreaterThan": "2020-01-01T00:00:00Z"}]},
        {"operator": "AND", "conditions": [{"returnPath": "ana@%D"}, {"to": "b-%D"}]},
        {"operator": "OR", "conditions": [{"text": "%D"}]},
        {"operator": "NOT", "conditions": [{"text": "%D"}]},
    ]
)
_PAGES: Final = _any(
    *[
        {},
        {"limit": 2},
        {"limit": 0},
        {"limit": 4},
        {"limit": 5},
        {"limit": 2, "position": 1},
        {"limit": 2, "position": 3},
        {"limit": 2, "position": 9},
        {"position": 1},
        {"position": -1},
        {"position": -3, "limit": 2},
        {"position": -9, "limit": 2},
        {"anchor": "$m1"},
        {"anchor": "$m1", "limit": 2},
        {"anchor": "$m1", "anchorOffset": 1, "limit": 1},
        {"anchor": "$m1", "anchorOffset": -1, "limit": 2},
        {"anchor": "$m1", "anchorOffset": -9},
        {"anchor": "$m1", "anchorOffset": 9},
        {"anchor": "zzz"},
        {"anchor": "ZZ"},
    ]
)
_SORTS: Final = _any(
    *[
        [],
        None,
        _UP,
        _DOWN,
        [{"property": "due"}],
        [{"property": "id", "isAscending": True}],
        [{"property": "id", "isAscending": False}],
        [{"property": "size"}],
        [{"property": "nonsense"}],
        [*_UP, {"property": "size"}],
    ]
)
_PATCHES: Final = _any(
    *[
        {"nextRetry": "2030-01-01T00:00:00Z"},
        {"nextRetry": "2030-01-01T02:00:00+02:00"},
        {"nextRetry": "soon"},
        {"nextRetry": None},
        {"nextRetry": 5},
        {"nextRetry/x": "2030-01-01T00:00:00Z"},
        {"nextNotify": "2030-01-01T00:00:00Z"},
        {"createdAt": "2030-01-01T00:00:00Z"},
        {"returnPath": "x@y.test"},
        {"size": 5},
        {"flags": {}},
        {"blobId": "x"},
        {"priority": 7},
        {"priority": 700},
        {"priority": "x"},
        {"priority": -3},
        {"envId": "env"},
        {"envId": None},
        {"envId": ""},
        {"nonsense": 1},
        {"recipients/one@a-%D/retryDue": "2031-01-01T00:00:00Z"},
        {"recipients/one@a-%D/retryDue": None},
        {"recipients/one@a-%D/retryCount": 3},
        {"recipients/one@a-%D/retryCount": -3},
        {"recipients/one@a-%D/notifyDue": "2031-02-01T00:00:00Z"},
        {"recipients/one@a-%D/notifyCount": 2},
        {"recipients/one@a-%D/notifyCount": 2, "recipients/one@a-%D/notifyDue": "2031-03-01T00:00:00Z"},
        {"recipients/one@a-%D/retryCount": 2, "recipients/one@a-%D/retryDue": "2031-03-01T00:00:00Z"},
        {"recipients/one@a-%D/queueName": "local"},
        {"recipients/one@a-%D/flags": {}},
        {"recipients/one@a-%D/orcpt": "rfc822;x@y"},
        {"recipients/one@a-%D/orcpt": None},
        {"recipients/one@a-%D/expires": {"@type": "Attempts", "expiresAttempts": 4}},
        {"recipients/one@a-%D/expires": {"@type": "Ttl", "expiresAt": "2032-01-01T00:00:00Z"}},
        {"recipients/one@a-%D/expires/expiresAt": "2033-01-01T00:00:00Z"},
        {"recipients/one@a-%D/status": {"@type": "Scheduled"}},
        {"recipients/one@a-%D/status": {"@type": "Completed"}},
        {"recipients/one@a-%D/status": {"@type": "Nothing"}},
        {"recipients/one@a-%D/status": "Scheduled"},
        {"recipients/one@a-%D/nonsense": 1},
        {"recipients/nobody@a-%D": None},
        {"recipients/nobody@a-%D/retryDue": "2031-01-01T00:00:00Z"},
        {"recipients/nobody@a-%D": {}},
        {"recipients/one@a-%D": False},
        {"recipients/one@a-%D": 5},
        {"recipients": None},
        {"recipients": "x"},
        {"nextRetry": "2034-01-01T00:00:00Z", "recipients/two@b-%D/retryDue": "2035-01-01T00:00:00Z"},
        {"nextRetry": "2034-02-01T00:00:00Z", "nonsense": 1},
        {},
    ]
)

JMAP: Final = [
    DOMAIN,
    jmap(
        create("Account", ana=user("ana", credentials=password(SECRET)), ben=user("ben", credentials=password(SECRET)))
    ),
    jmap(create("Action", a={"@type": "PauseMtaQueue"})),
    *_MAILS,
    jmap(_set(update={"$m1": {"nextRetry": "2030-06-01T00:00:00Z"}, "$m2": {"nextRetry": "2031-06-01T00:00:00Z"}})),
    *(jmap(_query(filter=condition)) for condition in _FILTERS),
    *(jmap(_query(filter={"text": "%D"}, sort=sort)) for sort in _SORTS),
    *(
        jmap(
            _query(filter={"text": "%D"}, **page),
            _query(filter={"text": "%D"}, **page, calculateTotal=True),
            _query(filter={"text": "%D"}, **page, sort=_UP),
            _query(**page),
            _query(**page, calculateTotal=True),
            _query(**page, sort=_UP),
            _query(**page, sort=_DOWN, calculateTotal=True),
            _query(**page, filter={"queueName": "remote"}),
            _query(**page, filter={"queueName": "local"}, calculateTotal=True),
            _query(**page, filter={"dueIsGreaterThan": "2029-01-01T00:00:00Z"}, calculateTotal=True),
            _query(**page, filter={"dueIsLessThan": "2029-01-01T00:00:00Z"}),
        )
        for page in _PAGES
    ),
    jmap(_get("$m0")),
    jmap(_get("$m2", "$m0", "zz", "ZZ", "$m2")),
    jmap(_get("$m0", properties=["size", "returnPath"])),
    jmap(_get("$m0", properties=["nonsense"])),
    jmap(_get("$m0", properties=["nonsense", "priority"])),
    jmap(_get("$m0", properties=[])),
    jmap(_get("$m0", properties=["recipients/one@a-%D"])),
    jmap(_get(*["$m0"] * 501)),
    *(ask for patch in _PATCHES for ask in [jmap(_set(update={"$m0": patch})), jmap(_get("$m0"))]),
    jmap(_set(update={"$m0": {"recipients/two@b-%D": None}})),
    jmap(_get("$m0")),
    jmap(_set(update={"$m0": {"nextRetry": "2036-01-01T00:00:00Z"}})),
    jmap(_get("$m0")),
    jmap(_set(update={"$m0": {"recipients/two@b-%D/retryDue": "2037-01-01T00:00:00Z"}})),
    jmap(_get("$m0"), _query(filter={"text": "%D"}), _query(filter={"to": "two@b-%D"})),
    jmap(_set(update={"$m0": {"recipients/two@b-%D/status": {"@type": "Scheduled"}}})),
    jmap(_get("$m0")),
    jmap(_set(update={"$m2": {"recipients/one@b-%D": None, "recipients/x@c-%D": None}})),
    jmap(_get("$m2")),
    jmap(_set(update={"$m2": {"recipients/y@c-%D": None}})),
    jmap(_get("$m2"), _query(filter={"text": "%D"})),
    jmap(_set(update={"$m0": {"recipients": {}}})),
    jmap(_get("$m0")),
    jmap(_set(update={"$m3": {"priority": 5}}, destroy=["$m3", "zz", "ZZ", "$m3"], create={"x": {}, "y": None})),
    jmap(_get("$m3")),
    jmap(_set(destroy=["$m0", "$m1"])),
    jmap(_query(filter={"text": "%D"}, calculateTotal=True)),
    jmap(_set(destroy=["$m1", "$m2"])),
    jmap(_query(), _get(), _set(update={"$m1": {}}), _set(destroy=["$m1"]), who=ANA),
    jmap(create("Action", a={"@type": "ResumeMtaQueue"})),
    jmap(destroy("Account", "$ana", "$ben")),
    END,
]
