"""`/get` and `/set` of 0.16's objects, the same for every type that is kept whole (jmap.md 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.http import Dropped
from stalwart_client.simulator.jmap import access, validation
from stalwart_client.simulator.jmap.context import Context, too_large
from stalwart_client.simulator.jmap.errors import MethodError, SetError, forbidden, invalid_patch, object_id, required
from stalwart_client.simulator.jmap.errors import taken as taken_error
from stalwart_client.simulator.jmap.known import problems
from stalwart_client.simulator.jmap.pointer import PatchError, Pointer
from stalwart_client.simulator.jmap.references import ID_PROPERTIES
from stalwart_client.simulator.jmap.schema import TYPE, ListOf, Structure, Variants, properties, renumbered
from stalwart_client.simulator.jmap.shown import shown
from stalwart_client.simulator.jmap.types import ObjectType
from stalwart_client.simulator.state import copy, stamp
from stalwart_client.simulator.tables import Doc

MOST: Final = 500
SINGLETONS: Final = "Singletons cannot be created or destroyed."
_ACTIONS: Final = ("create", "update", "destroy")
_LINKED: Final = ("Account", "Role", "MailingList", "DkimSignature", "Domain")


def get(context: Context, each: ObjectType, arguments: Doc) -> Doc:
    """Return objects by id; without ids the oldest 500, and nothing says that there are more."""
    context.needs(f"{each.permission}Get")
    account = context.account(arguments)
    asked = arguments.get("ids")
    if asked is not None and len(asked) > access.in_force(context.state, "Jmap")["getMaxResults"]:
        raise too_large()
    table = context.state.table(each.name)
    found, missing = _numbers(each, asked) if asked is not None else (table.ids[:MOST], [])
    shown_properties = known_properties(arguments.get("properties"))
    items = []
    for number in found:
        doc = table.get(number) or (each.default() if each.is_singleton and number == 0 else None)
        if doc is None:
            missing.append(wire_id(each, number))
        else:
            items.append(shown(context.state, each.name, wire_id(each, number), doc, shown_properties))
    return {"accountId": account, "list": items, "notFound": missing}


def known_properties(asked: Iterable[str] | None) -> set[str]:
    """Return the properties to show; none stands for all, which is also what only unknown names get."""
    wanted = {name for name in asked or () if name in properties()}
    return wanted | {"id"} if wanted else wanted


def wire_id(each: ObjectType, number: int) -> str:
    return ids.SINGLETON if each.is_singleton and number == 0 else ids.encode(number)


def _numbers(each: ObjectType, asked: Iterable[str]) -> tuple[list[int], list[str]]:
    """Read ids, and return also those that are none; the server names them first among what it did not find."""
    numbers = [(one, _number(each, one)) for one in asked]
    return [number for _, number in numbers if number is not None], [one for one, number in numbers if number is None]


def _number(each: ObjectType, one: str) -> int | None:
    """Return the number under which an object is kept; that of a singleton is 0, and it has no other."""
    number = ids.decode(one)
    if not each.is_singleton or number is None:
        return number
    return 0 if one == ids.SINGLETON else number


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


def check_set(context: Context, permission: str, arguments: Doc, *, is_singleton: bool = False) -> None:
    """Refuse a set call that is too large, or that the caller may not make; who may update a singleton may all.

    :raises MethodError: which fails the whole call
    """
    needed = {name: permission + ("update" if is_singleton else name).capitalize() for name in _ACTIONS}
    lacking = [name for name in _ACTIONS if not context.caller.has(needed[name])]
    if len(lacking) == len(_ACTIONS):
        raise forbidden("You are not authorized to create, update or destroy objects of this type")
    for name in lacking:
        if arguments.get(name):
            raise forbidden(f"You are not authorized to {name} objects of this type")
    most = access.in_force(context.state, "Jmap")["setMaxObjects"]
    if sum(len(arguments.get(name) or ()) for name in _ACTIONS) > most:
        raise too_large()


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


def changes(arguments: Doc, answer: SetAnswer) -> tuple[dict[str, Doc], list[str]]:
    """Return what is to be updated and destroyed, by the ids as the server writes them; others vanish.

    What is to be destroyed is not updated before.
    """
    destroy = [number for number in map(ids.cleaned, arguments.get("destroy") or ()) if number is not None]
    update: dict[str, Doc] = {}
    for text, patch in (arguments.get("update") or {}).items():
        number = ids.cleaned(text)
        if number in destroy:
            answer.not_updated[number] = SetError("willDestroy", "ID will be destroyed.").content
        elif number is not None:
            update[number] = patch
    return update, destroy


def set_objects(context: Context, each: ObjectType, arguments: Doc) -> Doc:
    """Create, then update, then destroy, each item for itself; ids that cannot be read vanish (jmap.md 3.3)."""
    permission = each.permission
    check_set(context, permission, arguments, is_singleton=each.is_singleton)
    answer = SetAnswer(context.account(arguments))
    check_update_references(context, arguments.get("update") or {})
    for name, content in in_order(context, arguments.get("create") or {}):
        guarded(context, answer.not_created, name, _creator(context, each, name, content), answer.created)
    update, destroy = changes(arguments, answer)
    for number, patch in update.items():
        guarded(context, answer.not_updated, number, _updater(context, each, number, patch), answer.updated)
    for number in destroy:
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
    """Return the names that properties for ids refer to, however deep they stand."""
    if not isinstance(content, dict):
        return set()
    own = {
        value[1:]
        for key, value in content.items()
        if key in ID_PROPERTIES and isinstance(value, str) and value.startswith("#")
    }
    return own.union(*map(_references, content.values()))


def _check_references(context: Context, name: str, content: Any, create: Doc) -> None:
    for reference in sorted(_references(content) - context.created.keys() - create.keys()):
        words = f'Invalid reference to non-existing object "{reference}" from "{name}"'
        raise MethodError("invalidResultReference", words)


def check_update_references(context: Context, update: Doc) -> None:
    """Refuse a patch that refers to nothing; what this call creates does not count yet.

    :raises MethodError: which fails the whole call
    """
    for patch in update.values():
        for reference in sorted(_references(patch) - context.created.keys()):
            raise MethodError("invalidResultReference", f'Id reference "{reference}" not found.')


def resolved(context: Context, content: Any, name: str = "") -> Any:
    """Put ids in the place of references to what this request has created; `name` is the content's property."""
    if isinstance(content, dict):
        return {_resolved(context, key): resolved(context, value, key) for key, value in content.items()}
    return _resolved(context, content) if isinstance(content, str) and name in ID_PROPERTIES else content


def _resolved(context: Context, text: str) -> str:
    return context.created.get(text[1:], text) if text.startswith("#") else text


def _creator(context: Context, each: ObjectType, name: str, content: Any) -> Callable[[], Doc]:
    def create() -> Doc:
        if content is None and isinstance(each.kind, Structure):
            raise invalid_patch("Invalid value type for object", "")
        pointer = Pointer(creating=True)
        doc = each.kind.patch(each.default(), pointer, resolved(context, content))
        number = _insert(context, each, doc)
        context.created[name] = wire_id(each, number)
        return {"id": wire_id(each, number)}

    return create


def _insert(context: Context, each: ObjectType, doc: Doc) -> int:
    if doc.get("createdAt", "") is None:
        doc["createdAt"] = stamp(context.state.clock())
    validation.before_create(context, each.name, doc)
    doc = _stored_form(each, doc)
    check(context, each, None, doc)
    if each.is_singleton:
        number = 0
    else:
        number = context.state.next_number(each.name) if each.is_sequential else context.state.next_snowflake()
    context.state.put(each.name, number, doc)
    validation.after_create(context, each.name, number, doc)
    return number


def _updater(context: Context, each: ObjectType, number: str, patch: Any) -> Callable[[], None]:
    """Prepare an update; on one that is no object the real server breaks off (jmap.md 2.5)."""

    def update() -> None:
        key = _number(each, number)
        old = context.state.table(each.name).get(key or 0)
        if old is None and each.is_singleton and key == 0:
            old = each.default()
        if old is None or key is None:
            raise SetError("notFound")
        if not isinstance(patch, dict):
            raise Dropped
        doc = patched(context, each.kind, old, patch)
        if doc != old:
            validation.before_update(context, each.name, old, doc)
            doc = _stored_form(each, doc)
            check(context, each, key, doc)
            context.state.put(each.name, key, doc)
            validation.after_update(context, each.name, key, old, doc)

    return update


def patched(context: Context, kind: Structure | Variants, old: Doc, patch: Any) -> Doc:
    """Return what becomes of an object; a changed `@type` builds it anew, and what is no object changes nothing."""
    doc: Doc = copy(old)
    if not isinstance(patch, dict):
        return doc
    if isinstance(kind, Variants) and isinstance(patch.get(TYPE), str) and patch[TYPE] != old[TYPE]:
        return kind.patch(doc, Pointer(creating=True), resolved(context, patch))
    for key, value in patch.items():
        if key != TYPE:
            doc = kind.patch(doc, Pointer.parse(key), resolved(context, value, key))
    return doc


def _stored_form(each: ObjectType, doc: Doc) -> Doc:
    """Number lists without gaps; what one type has as a list may be a set in another, as `aliases` is."""
    kind = each.kind.fields[doc[TYPE]] if isinstance(each.kind, Variants) else each.kind
    return {
        name: renumbered(value) if isinstance(kind.fields.get(name), ListOf) else value for name, value in doc.items()
    }


def check(context: Context, each: ObjectType, number: int | None, doc: Doc) -> None:
    """Refuse an object that lacks something, points at nothing, or clashes with another.

    :raises SetError: with the first of these
    """
    missing = [name for name in each.required if not doc[name]]
    if missing:
        raise required(*missing)
    wrong = list(problems(each.name, doc)) if each.is_described or each.name == "Domain" else []
    if wrong:
        raise SetError("validationFailed", validationErrors=wrong)
    validation.check_links(context.state, each.name, doc)
    if "aliases" in doc and "domainId" in doc:
        validation.check_address(context.state, each.name, number, doc)
    for name, reported in each.unique.items():
        keys = doc[name] if isinstance(doc.get(name), dict) else [doc.get(name)]
        for key in keys:
            others = context.state.table(each.name).find(name, key) - {number}
            if others:
                raise taken_error(each.name, ids.encode(min(others)), reported)


def _destroyer(context: Context, each: ObjectType, number: str) -> Callable[[], None]:
    def destroy() -> None:
        if each.is_singleton:
            raise SetError("singleton", SINGLETONS)
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
