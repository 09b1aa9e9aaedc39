"""The methods of 0.16 that are simulated, by name."""

from __future__ import annotations

from stalwart_client.simulator.jmap import actions, credentials, logs, messages, query, registry, tasks
from stalwart_client.simulator.jmap.context import Method
from stalwart_client.simulator.jmap.types import TYPES, ObjectType


def registered() -> dict[str, Method]:
    """Return every method that has something to answer, by its name."""
    methods: dict[str, Method] = {
        "x:Action/get": actions.get,
        "x:Action/query": actions.query,
        "x:Action/set": actions.set_objects,
        "x:QueuedMessage/get": messages.get,
        "x:QueuedMessage/query": messages.query,
        "x:QueuedMessage/set": messages.set_objects,
        "x:Task/get": tasks.get,
        "x:Task/query": tasks.query,
        "x:Task/set": tasks.set_objects,
        "x:Log/get": logs.get,
        "x:Log/query": logs.query,
    }
    for each in TYPES.values():
        methods |= _generic(each)
    for name in (*credentials.SINGLETONS, *credentials.KEYS):
        methods |= _own(name)
    return methods


def _generic(each: ObjectType) -> dict[str, Method]:
    methods: dict[str, Method] = {
        f"x:{each.name}/get": lambda context, arguments: registry.get(context, each, arguments),
        f"x:{each.name}/set": lambda context, arguments: registry.set_objects(context, each, arguments),
    }
    if not each.is_singleton:
        methods[f"x:{each.name}/query"] = lambda context, arguments: query.query(context, each, arguments)
    return methods


def _own(name: str) -> dict[str, Method]:
    methods: dict[str, Method] = {
        f"x:{name}/get": lambda context, arguments: credentials.get(context, name, arguments),
        f"x:{name}/set": lambda context, arguments: credentials.set_objects(context, name, arguments),
    }
    if name in credentials.KEYS:
        methods[f"x:{name}/query"] = lambda context, arguments: credentials.query_credentials(context, name, arguments)
    return methods
