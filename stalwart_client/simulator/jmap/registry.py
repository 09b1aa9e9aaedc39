"""`/get` and `/set` of 0.16's objects, the same for every type that is kept whole (jmap.md 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import Dropped
from stalwart_client.simulator.jmap import validation
from stalwart_client.simulator.jmap.context import Context, too_large
from stalwart_client.simulator.jmap.errors import MethodError, SetError, forbidden, invalid_patch, object_id, required
from stalwart_client.simulator.jmap.errors import taken as taken_error
from stalwart_client.simulator.jmap.pointer import PatchError, Pointer
from stalwart_client.simulator.jmap.schema import TYPE, Structure, Variants, renumbered
from stalwart_client.simulator.jmap.shown import shown
from stalwart_client.simulator.jmap.types import ObjectType
from stalwart_client.simulator.state import copy, stamp
from stalwart_client.simulator.tables import Doc

MOST: Final = 500
_LISTS: Final = ("aliases", "credentials", "mailExchangers")
_ACTIONS: Final = ("create", "update", "destroy")
_LINKED: Final = ("Account", "Role", "MailingList", "DkimSignature", "Domain")


def get(context: Context, each: ObjectType, arguments: Doc) -> Doc:
    """Return objects by id; without ids the oldest 500, and nothing says that there are more."""
    context.needs(f"{each.permission}Get")
    account = context.account(arguments)
    asked = arguments.get("ids")
    if asked is not None and len(asked) > MOST:
        raise too_large("ids")
    table = context.state.table(each.name)
    found, missing = _numbers(asked) if asked is not None else (table.ids[:MOST], [])
    properties = known_properties(each.kind, arguments.get("properties"))
    items = []
    for number in found:
        doc = table.get(number) or (each.kind.default() if each.is_singleton and number == 0 else None)
        if doc is None:
            missing.append(wire_id(each, number))
        else:
            items.append(shown(context.state, each.name, wire_id(each, number), doc, properties))
    return {"accountId": account, "list": items, "notFound": missing}


def known_properties(kind: Structure | Variants, asked: Iterable[str] | None) -> set[str]:
    """Return the properties to show; none stands for all, which is also what only unknown names get."""
    variants = kind.fields.values() if isinstance(kind, Variants) else [kind]
    known = {name for variant in variants for name in variant.fields} | {TYPE, "id"}
    wanted = {name for name in asked or () if name in known}
    return wanted | {"id"} if wanted else wanted


def wire_id(each: ObjectType, number: int) -> str:
    return ids.SINGLETON if each.is_singleton else ids.encode(number)


def _numbers(asked: Iterable[Any]) -> tuple[list[int], list[Any]]:
    """Read ids, and return also those that are none; the server names them first among what it did not find."""
    numbers = {one: _number(one) for one in asked}
    missing = [one for one, number in numbers.items() if number is None]
    return [number for number in numbers.values() if number is not None], missing


def _number(one: Any) -> int | None:
    return 0 if one == ids.SINGLETON else ids.decode(one)


@dataclass
class SetAnswer:
    """What became of the objects of one set call; only what is not empty is told."""

    account: str
    created: Doc = field(default_factory=dict)
    updated: Doc = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    not_created: Doc = field(default_factory=dict)
    not_updated: Doc = field(default_factory=dict)
    not_destroyed: Doc = field(default_factory=dict)

    def content(self) -> Doc:
        parts = {
            "created": self.created,
            "updated": self.updated,
            "destroyed": self.destroyed,
            "notCreated": self.not_created,
            "notUpdated": self.not_updated,
            "notDestroyed": self.not_destroyed,
        }
        return {"accountId": self.account, **{name: part for name, part in parts.items() if part}}


def check_set(context: Context, permission: str, arguments: Doc) -> None:
    """Refuse a set call that is too large, that the caller may not make, or that brings the server down.

    :raises MethodError: if it is too large or forbidden
    :raises Dropped: for an update that is no object, on which the real server breaks off (jmap.md 2.5)
    """
    lacking = [name for name in _ACTIONS if not context.caller.has(permission + name.capitalize())]
    if len(lacking) == len(_ACTIONS):
        raise forbidden("You are not authorized to create, update or destroy objects of this type")
    for name in lacking:
        if arguments.get(name):
            raise forbidden(f"You are not authorized to {name} objects of this type")
    if sum(len(arguments.get(name) or ()) for name in _ACTIONS) > MOST:
        raise too_large("objects")
    if any(not isinstance(patch, dict) for patch in (arguments.get("update") or {}).values()):
        raise Dropped


def guarded(context: Context, answers: Doc, key: str, work: Callable[[], Any], done: Doc | list[str]) -> None:
    """Do one item of a set call and note how it went."""
    refused = context.refuse_item()
    if refused is not None:
        answers[key] = dict(refused)
        return
    try:
        result = work()
    except SetError as exc:
        answers[key] = exc.content
    except PatchError as exc:
        answers[key] = invalid_patch(exc.description, exc.path).content
    else:
        if isinstance(done, list):
            done.append(key)
        else:
            done[key] = result


def set_objects(context: Context, each: ObjectType, arguments: Doc) -> Doc:
    """Create, then update, then destroy, each item for itself; ids that cannot be read vanish (jmap.md 3.3)."""
    permission = each.permission
    check_set(context, permission, arguments)
    answer = SetAnswer(context.account(arguments))
    doomed = set(arguments.get("destroy") or ())
    for name, content in in_order(context, arguments.get("create") or {}):
        guarded(context, answer.not_created, name, _creator(context, each, name, content), answer.created)
    for number, patch in (arguments.get("update") or {}).items():
        if _number(number) is not None:
            guarded(context, answer.not_updated, number, _updater(context, each, number, patch, doomed), answer.updated)
    for number in arguments.get("destroy") or ():
        if _number(number) is not None:
            guarded(context, answer.not_destroyed, number, _destroyer(context, each, number), answer.destroyed)
    return answer.content()


def in_order(context: Context, create: Doc) -> list[tuple[str, Any]]:
    """Return creates so that what a plain `#reference` names comes first.

    :raises MethodError: if a reference names nothing, which fails the whole call
    """
    ordered: list[tuple[str, Any]] = []
    waiting = dict(create)
    while waiting:
        ready = [name for name, content in waiting.items() if not _references(content) & waiting.keys() - {name}]
        for name in ready or list(waiting):
            _check_references(context, name, waiting[name], create)
            ordered.append((name, waiting.pop(name)))
    return ordered


def _references(content: Any) -> set[str]:
    values = content.values() if isinstance(content, dict) else ()
    return {value[1:] for value in values if isinstance(value, str) and value.startswith("#")}


def _check_references(context: Context, name: str, content: Any, create: Doc) -> None:
    fields = content if isinstance(content, dict) else {}
    for key, value in fields.items():
        is_reference = key.endswith("Id") and isinstance(value, str) and value.startswith("#")
        if is_reference and value[1:] not in context.created and value[1:] not in create:
            words = f'Invalid reference to non-existing object "{value[1:]}" from "{name}"'
            raise MethodError("invalidResultReference", words)


def resolved(context: Context, content: Any) -> Any:
    """Put ids in the place of references to what this request has created."""
    if isinstance(content, dict):
        return {_resolved(context, key): resolved(context, value) for key, value in content.items()}
    return _resolved(context, content) if isinstance(content, str) else content


def _resolved(context: Context, text: str) -> str:
    return context.created.get(text[1:], text) if text.startswith("#") else text


def _creator(context: Context, each: ObjectType, name: str, content: Any) -> Callable[[], Doc]:
    def create() -> Doc:
        if content is None:
            raise invalid_patch("Invalid value type for object", "")
        pointer = Pointer(creating=True)
        doc = each.kind.patch(each.kind.default(), pointer, resolved(context, content))
        number = _insert(context, each, doc)
        context.created[name] = wire_id(each, number)
        return {"id": wire_id(each, number)}

    return create


def _insert(context: Context, each: ObjectType, doc: Doc) -> int:
    if "createdAt" in doc:
        doc["createdAt"] = stamp(context.state.clock())
    validation.before_create(context, each.name, doc)
    doc = _stored_form(doc)
    check(context, each, None, doc)
    if each.is_singleton:
        number = 0
    else:
        number = context.state.next_number(each.name) if each.is_sequential else context.state.next_snowflake()
    context.state.put(each.name, number, doc)
    validation.after_create(context, each.name, number, doc)
    return number


def _updater(context: Context, each: ObjectType, number: str, patch: Doc, doomed: set[str]) -> Callable[[], None]:
    def update() -> None:
        if number in doomed:
            raise SetError("willDestroy")
        key = _number(number)
        old = context.state.table(each.name).get(key or 0)
        if old is None and each.is_singleton and key == 0:
            old = each.kind.default()
        if old is None or key is None:
            raise SetError("notFound")
        doc = patched(context, each.kind, old, patch)
        if doc != old:
            validation.before_update(context, each.name, old, doc)
            doc = _stored_form(doc)
            check(context, each, key, doc)
            context.state.put(each.name, key, doc)
            validation.after_update(context, each.name, key, old, doc)

    return update


def patched(context: Context, kind: Structure | Variants, old: Doc, patch: Doc) -> Doc:
    """Return what becomes of an object; a changed `@type` builds it anew."""
    doc: Doc = copy(old)
    if isinstance(kind, Variants) and patch.get(TYPE, old[TYPE]) != old[TYPE]:
        return kind.patch(doc, Pointer(creating=True), resolved(context, patch))
    for key, value in patch.items():
        if key != TYPE:
            doc = kind.patch(doc, Pointer.parse(_resolved_path(context, key)), resolved(context, value))
    return doc


def _resolved_path(context: Context, path: str) -> str:
    return "/".join(_resolved(context, part) for part in path.split("/"))


def _stored_form(doc: Doc) -> Doc:
    return {key: renumbered(value) if key in _LISTS else value for key, value in doc.items()}


def check(context: Context, each: ObjectType, number: int | None, doc: Doc) -> None:
    """Refuse an object that lacks something, points at nothing, or clashes with another.

    :raises SetError: with the first of these
    """
    missing = [name for name in each.required if not doc[name]]
    if missing:
        raise required(*missing)
    validation.check_links(context.state, each.name, doc)
    if "aliases" in doc and "domainId" in doc:
        validation.check_address(context.state, each.name, number, doc)
    for name, reported in each.unique.items():
        keys = doc[name] if isinstance(doc[name], dict) else [doc[name]]
        for key in keys:
            others = context.state.table(each.name).find(name, key) - {number}
            if others:
                raise taken_error(each.name, ids.encode(min(others)), reported)


def _destroyer(context: Context, each: ObjectType, number: str) -> Callable[[], None]:
    def destroy() -> None:
        if each.is_singleton:
            raise SetError("singleton")
        key = ids.decode(number) or 0
        if key not in context.state.table(each.name).rows:
            raise SetError("notFound")
        linked = _linked(context, (each.name, number))
        if linked:
            raise SetError("objectIsLinked", objectId=object_id(each.name, number), linkedObjects=linked)
        context.state.drop(each.name, key)

    return destroy


def _linked(context: Context, target: tuple[str, str]) -> list[Doc]:
    """Return everything that points at an object; the list is not cut."""
    found = []
    for name in _LINKED:
        numbers = context.state.table(name).find("link", target)
        found += [object_id(name, ids.encode(number)) for number in sorted(numbers)]
    settings = context.state.table("SystemSettings").get(0)
    if settings is not None and target == ("Domain", settings["defaultDomainId"]):
        found.append(object_id("SystemSettings", ids.SINGLETON))
    return found
