"""Failures of 0.16 inside an HTTP 200: of a whole method call, and of one object of a set (jmap.md 3.4)."""

from __future__ import annotations

from typing import Any, Final

from stalwart_client.simulator.tables import Doc

NOT_YOURS: Final = "You are not authorized to perform this action"
ENTERPRISE: Final = (
    "This feature is only available in the Enterprise edition. "
    "Obtain your trial license at https://license.stalw.art/trial."
)


class MethodError(Exception):
    """A method call failed as a whole; the rest of the request goes on."""

    def __init__(self, kind: str, description: str = "") -> None:
        super().__init__(kind)
        self.content = {"type": kind, **({"description": description} if description else {})}


class SetError(Exception):
    """One object of a set call could not be created, updated or destroyed."""

    def __init__(self, kind: str, description: str = "", **more: Any) -> None:
        super().__init__(kind)
        self.content: Doc = {"type": kind, **({"description": description} if description else {}), **more}


class NotRequest(Exception):
    """The request as a whole makes no sense: HTTP 400 that echoes its body."""


def forbidden(description: str = NOT_YOURS) -> MethodError:
    return MethodError("forbidden", description)


def unavailable() -> MethodError:
    words = "This server is temporarily unavailable. Attempting this same operation later may succeed."
    return MethodError("serverUnavailable", words)


def invalid_patch(description: str, path: str) -> SetError:
    return SetError("invalidPatch", description, properties=[path])


def invalid_property(description: str, *properties: str) -> SetError:
    return SetError("invalidProperties", description, **({"properties": list(properties)} if properties else {}))


def required(*properties: str) -> SetError:
    errors = [{"type": "Required", "property": name} for name in properties]
    return SetError("validationFailed", validationErrors=errors)


def object_id(name: str, number: str) -> Doc:
    return {"object": name, "id": number}


def taken(name: str, number: str, *properties: str) -> SetError:
    return SetError("primaryKeyViolation", properties=list(properties), objectId=object_id(name, number))


def no_such(name: str, number: str) -> SetError:
    return SetError("invalidForeignKey", objectId=object_id(name, number))
