"""`/api/settings`, and `/api/dkim` and `/api/dns/records`, which live in the settings of 0.15 (rest.md 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from stalwart_client.simulator import dkim
from stalwart_client.simulator.http import Response, answer, not_found
from stalwart_client.simulator.rest.access import Caller
from stalwart_client.simulator.rest.errors import ApiError, Malformed, taken
from stalwart_client.simulator.rest.parsing import json_body
from stalwart_client.simulator.state import SETTING, State
from stalwart_client.simulator.tables import Doc

ALGORITHMS: Final = {"Ed25519": ("ed25519", "e"), "Rsa": ("rsa", "r")}
SIGNED: Final = ("From", "To", "Date", "Subject", "Message-ID")


def read(state: State, caller: Caller, what: str, parameters: dict[str, str]) -> Response:
    """Answer the three ways of reading settings."""
    caller.needs("settings-list")
    reader = {"list": _list, "keys": _keys, "group": _group}.get(what)
    return reader(state, parameters) if reader else not_found()


def write(state: State, caller: Caller, body: bytes) -> Response:
    """Carry out changes; those before a failing one stay."""
    caller.needs("settings-update")
    content = json_body(body)
    steps = [_step(item) for item in content] if isinstance(content, list) else None
    if steps is None:
        raise Malformed("JSON deserialization failed")
    for step in steps:
        step(state)
    return answer({"data": None})


def delete(state: State, caller: Caller, key: str) -> Response:
    """Remove exactly one key."""
    caller.needs("settings-delete")
    state.set(key, None)
    return answer({"data": None})


def create_key(state: State, caller: Caller, body: bytes) -> Response:
    """Make a DKIM key; one that exists is answered with its private key, as there (rest.md 4.1)."""
    caller.needs("dkim-signature-create")
    wish = _key_wish(body)
    name, letter = ALGORITHMS[wish["algorithm"]]
    number = wish.get("id") or f"{name}-{wish['domain']}"
    selector = wish.get("selector") or f"{state.clock():%Y%m}{letter}"
    existing = state.setting(f"signature.{number}.private-key")
    if existing is not None:
        raise taken(f"signature.{number}.private-key", existing)
    _store_key(state, number, name, wish["domain"], selector)
    return answer({"data": None})


def _key_wish(body: bytes) -> Doc:
    """Read what key is wanted; here the parser's own complaint comes back.

    :raises Malformed: if that makes no sense
    """
    try:
        wish = json.loads(body)
    except ValueError as exc:
        words = "expected value at line 1 column 1" if body else "EOF while parsing a value at line 1 column 0"
        raise Malformed(words) from exc
    if not isinstance(wish, dict | list):
        raise Malformed(f"invalid type: {_named(wish)}, expected struct DkimSignature at line 1 column {len(body)}")
    if isinstance(wish, list):
        raise Malformed(f"invalid length 0, expected struct DkimSignature with 4 elements at line 1 column {len(body)}")
    algorithm = wish.get("algorithm", "Rsa")
    if not isinstance(algorithm, str):
        raise Malformed(f"expected value at line 1 column {body.find(str(algorithm).encode()) + 1}")
    if algorithm not in ALGORITHMS:
        column = body.find(algorithm.encode()) + len(algorithm) + 1
        raise Malformed(f"unknown variant `{algorithm}`, expected `Rsa` or `Ed25519` at line 1 column {column}")
    for name in ("id", "domain", "selector"):
        if not isinstance(wish.get(name, ""), str | None if name != "domain" else str):
            raise Malformed(f"invalid type: {_named(wish[name])}, expected a string at line 1 column {len(body)}")
    for name in ("algorithm", "domain"):
        if name not in wish:
            raise Malformed(f"missing field `{name}` at line 1 column {len(body)}")
    return wish


def _named(value: Any) -> str:
    """Name a JSON value as the server's parser does."""
    kinds = {bool: "boolean", int: "integer", float: "floating point"}
    if value is None or isinstance(value, dict | list):
        return {type(None): "null", dict: "map", list: "sequence"}[type(value)]
    return f"{kinds[type(value)]} `{json.dumps(value)}`" if type(value) in kinds else f"string {json.dumps(value)}"


def public_key(state: State, caller: Caller, number: str) -> Response:
    """Return the public half of a DKIM key."""
    caller.needs("dkim-signature-get")
    pem = state.setting(f"signature.{number}.private-key")
    return not_found() if pem is None else answer({"data": dkim.public_key(pem)})


def records(state: State, caller: Caller, domain: str) -> Response:
    """Return the DNS records a domain should have; they are computed, also for a domain nobody knows (rest.md 4.2)."""
    caller.needs("domain-get")
    host = state.hostname
    rows = [("MX", f"{domain}.", f"10 {host}.")]
    if host != f"mail.{domain}":
        rows.append(("CNAME", f"mail.{domain}.", f"{host}."))
    rows += [("TXT", f"{selector}._domainkey.{domain}.", text) for selector, text in _published(state, domain)]
    if host.endswith(f".{domain}"):
        rows.append(("TXT", f"{host}.", "v=spf1 a ra=postmaster -all"))
    rows.append(("TXT", f"{domain}.", "v=spf1 mx ra=postmaster -all"))
    rows += [("SRV", f"_{name}._tcp.{domain}.", f"0 1 {port} {host}.") for name, port in LISTENERS]
    policy = f"v=DMARC1; p=reject; rua=mailto:postmaster@{domain}; ruf=mailto:postmaster@{domain}"
    rows.append(("TXT", f"_dmarc.{domain}.", policy))
    rows.append(("TXT", f"_smtp._tls.{domain}.", f"v=TLSRPTv1; rua=mailto:postmaster@{domain}"))
    return answer({"data": [{"type": kind, "name": name, "content": content} for kind, name, content in rows]})


LISTENERS: Final = (("imap", 1415), ("submission", 2515), ("submission", 5815))
"""The listeners of the recorded server, as they show up in SRV records and in autoconfig."""


def _published(state: State, domain: str) -> list[tuple[str, str]]:
    groups = _grouped(_beginning_with(state, "signature."), "domain")
    keys = [group for group in groups.values() if group.get("domain") == domain]
    return [
        (key["selector"], dkim.record(key["algorithm"].partition("-")[0], dkim.public_key(key["private-key"])))
        for key in keys
    ]


def _store_key(state: State, number: str, algorithm: str, domain: str, selector: str) -> None:
    values = {
        "private-key": dkim.new_private_key(algorithm),
        "domain": domain,
        "selector": selector,
        "algorithm": f"{algorithm}-sha256",
        "canonicalization": "relaxed/relaxed",
        "report": "false",
        **{f"headers.{place}": header for place, header in enumerate(SIGNED)},
    }
    for key, value in values.items():
        state.set(f"signature.{number}.{key}", value)


def everything(state: State) -> dict[str, str]:
    """Return all settings by key, sorted."""
    local = {"server.hostname": state.hostname}
    return dict(sorted({**local, **{doc["key"]: doc["value"] for _, doc in state.table(SETTING)}}.items()))


def _page(items: list[Any], parameters: dict[str, str]) -> list[Any]:
    limit, page = (parameters.get(name, "") for name in ("limit", "page"))
    size = int(limit) if limit.isdigit() else 0
    start = max((int(page) if page.isdigit() else 0) - 1, 0) * size
    return items[start : start + size] if size else items


def _list(state: State, parameters: dict[str, str]) -> Response:
    found = list(_beginning_with(state, _dotted(parameters.get("prefix", ""))).items())
    return answer({"data": {"total": len(found), "items": dict(_page(found, parameters))}})


def _dotted(prefix: str) -> str:
    """End a prefix with a dot, if it has none; no prefix stands for every setting."""
    return prefix if not prefix or prefix.endswith(".") else f"{prefix}."


def _beginning_with(state: State, dotted: str) -> dict[str, str]:
    """Return settings by what of their key follows a beginning."""
    return {key[len(dotted) :]: value for key, value in everything(state).items() if key.startswith(dotted)}


def _keys(state: State, parameters: dict[str, str]) -> Response:
    keys = parameters.get("keys", "").split(",")
    prefixes = tuple(_dotted(prefix) for prefix in parameters.get("prefixes", "").split(",") if prefix)
    found = {key: value for key, value in everything(state).items() if key in keys or key.startswith(prefixes)}
    return answer({"data": found})


def _group(state: State, parameters: dict[str, str]) -> Response:
    suffix, text = parameters.get("suffix", ""), parameters.get("filter", "").lower()
    settings = _beginning_with(state, _dotted(parameters.get("prefix", "")))
    if not suffix:
        items: list[Doc] = [{"_id": key, "_value": value} for key, value in settings.items()]
    else:
        items = [{"_id": number, **values} for number, values in _grouped(settings, suffix).items()]
    field = parameters.get("field")
    if field and suffix:
        items = [{name: value for name, value in item.items() if name in {"_id", field}} for item in items]
    items = [item for item in items if any(text in str(value).lower() for value in item.values())]
    return answer({"data": {"total": len(items), "items": _page(items, parameters)}})


def _grouped(settings: dict[str, str], suffix: str) -> dict[str, dict[str, str]]:
    """Gather settings `<id>.<key>` by id, for the ids that have `suffix`; an id may contain dots."""
    ending = f".{suffix.removeprefix('.')}"
    groups: dict[str, dict[str, str]] = {
        key.removesuffix(ending): {} for key in settings if key.endswith(ending) and key != ending
    }
    for key, value in settings.items():
        pieces = key.split(".")
        for cut in range(1, len(pieces)):
            group = groups.get(".".join(pieces[:cut]))
            if group is not None:
                group[".".join(pieces[cut:])] = value
    return groups


def _step(item: Any) -> Callable[[State], None]:
    """Read one change.

    :raises Malformed: if it is none
    """
    match item:
        case {"type": "insert", "values": list(values), "assert_empty": bool(must_be_new)}:
            pairs, prefix = _pairs(values), _text_or_none(item, "prefix")
            return lambda state: _insert(state, prefix, pairs, must_be_new=must_be_new)
        case {"type": "delete", "keys": list(keys)} if all(isinstance(key, str) for key in keys):
            return lambda state: _delete(state, keys)
        case {"type": "clear", "prefix": str(beginning)}:
            text = _text_or_none(item, "filter") or ""
            return lambda state: _clear(state, beginning, text)
    raise Malformed("JSON deserialization failed")


def _text_or_none(item: Doc, name: str) -> str | None:
    value = item.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed("JSON deserialization failed")
    return value


def _pairs(values: list[Any]) -> list[tuple[str, str]]:
    """Read keys and values, all of them text."""
    for pair in values:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            raise Malformed("JSON deserialization failed")
    return [(key, value) for key, value in values]


def _insert(state: State, prefix: str | None, pairs: list[tuple[str, str]], *, must_be_new: bool) -> None:
    dotted = "" if prefix is None else f"{prefix}."
    known = everything(state)
    is_taken = any(key.startswith(dotted) for key in known) if dotted else bool(pairs) and pairs[0][0] in known
    if must_be_new and is_taken:
        raise ApiError("assertFailed")
    for key, value in pairs:
        state.set(dotted + key, value)


def _delete(state: State, keys: list[str]) -> None:
    for key in keys:
        state.set(key, None)


def _clear(state: State, prefix: str, text: str) -> None:
    """Remove what begins with a prefix and contains a text, which capitals in it never do."""
    for key, value in everything(state).items():
        if key.startswith(prefix) and (not text or text in key.lower() or text in value.lower()):
            state.set(key, None)
