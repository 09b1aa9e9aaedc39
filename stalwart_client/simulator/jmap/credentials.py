"""One account's own: x:AppPassword, x:ApiKey, x:AccountPassword and x:AccountSettings (jmap.md 4.3 and 4.4)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import Any, Final

from stalwart_client.simulator import ids, passwords
from stalwart_client.simulator.jmap import access, query
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError, SetError, invalid_property, required
from stalwart_client.simulator.jmap.objects import ACCOUNT_PASSWORD, ACCOUNT_SETTINGS, SECONDARY
from stalwart_client.simulator.jmap.paging import paged
from stalwart_client.simulator.jmap.pointer import Pointer
from stalwart_client.simulator.jmap.registry import SINGLETONS as SINGLETONS_STAY
from stalwart_client.simulator.jmap.registry import (
    SetAnswer,
    changes,
    check_set,
    guarded,
    known_properties,
    patched,
    resolved,
)
from stalwart_client.simulator.jmap.schema import TYPE, renumbered
from stalwart_client.simulator.jmap.shown import shown_credential
from stalwart_client.simulator.passwords import MASK
from stalwart_client.simulator.state import copy, stamp
from stalwart_client.simulator.tables import Doc

SINGLETONS: Final = {"AccountPassword": ACCOUNT_PASSWORD, "AccountSettings": ACCOUNT_SETTINGS}
KEYS: Final = {
    "AppPassword": ("maxAppPasswords", "app passwords"),
    "ApiKey": ("maxApiKeys", "API keys"),
}
"""The secondary credentials, with the setting that limits their number and what the server calls them."""


def get(context: Context, name: str, arguments: Doc) -> Doc:
    """Return an account's settings, its password without the secret, or its other credentials."""
    context.needs(f"sys{name}Get")
    account = context.account(arguments)
    asked = arguments.get("ids")
    doc = _user(context, account)
    if doc is None:
        return {"accountId": account, "list": [], "notFound": list(asked or ())}
    found = _shown(name, doc)
    wanted = list(found) if asked is None and name in SINGLETONS else asked
    if wanted is None:
        wanted = [one["credentialId"] for one in doc["credentials"].values()]
    properties = known_properties(arguments.get("properties"))
    items = [_only(found[number], properties) for number in found if number in wanted]
    return {"accountId": account, "list": items, "notFound": [number for number in wanted if number not in found]}


def set_objects(context: Context, name: str, arguments: Doc) -> Doc:
    """Change an account's settings, password or other credentials."""
    check_set(context, f"sys{name}", arguments, is_singleton=name not in KEYS)
    account = context.account(arguments)
    answer = SetAnswer(account)
    doc = _user(context, account)
    if doc is None:
        return _all_refused(answer, arguments)
    draft = _Draft(context, account, copy(doc))
    for key, content in (arguments.get("create") or {}).items() if name in KEYS else ():
        guarded(context, answer.not_created, key, draft.creation(name, content), answer.created)
    update, destroy = changes(arguments, answer)
    for key, patch in update.items():
        guarded(context, answer.not_updated, key, draft.update(name, key, patch), answer.updated)
    for key in destroy:
        if name in KEYS:
            guarded(context, answer.not_destroyed, key, draft.destruction(key), answer.destroyed)
        else:
            answer.not_destroyed[key] = SetError("singleton", SINGLETONS_STAY).content
    error = draft.save(doc)
    return answer.content() if error is None else _turned(answer, error.content)


def query_credentials(context: Context, name: str, arguments: Doc) -> Doc:
    """Return the ids of an account's credentials of one type."""
    context.needs(f"sys{name}Query")
    account = context.account(arguments)
    doc = _user(context, account)
    if doc is None:
        raise MethodError("forbidden", "Account not found.")
    found = [one for one in doc["credentials"].values() if one[TYPE] == name]
    for condition, value in query.conditions(arguments):
        found = [one for one in found if _expires(one, condition, value)]
    sort = query.first_sort(arguments)
    if sort.name not in {"id", "expiresAt"}:
        raise MethodError("unsupportedSort", f"Property {sort.name} is not supported for sorting")
    if sort.name == "id":
        found.sort(key=lambda one: ids.decode(one["credentialId"]) or 0, reverse=not sort.ascending)
    else:
        found.sort(key=lambda one: one["expiresAt"] or "", reverse=not sort.ascending)
    return paged(account, [ids.decode(one["credentialId"]) or 0 for one in found], arguments)


def _expires(credential: Doc, condition: str, value: Any) -> bool:
    name, compare = next(
        ((condition.removesuffix(end), test) for end, test in query.COMPARISONS.items() if condition.endswith(end)),
        (condition, str.__eq__),
    )
    if name != "expiresAt" or not isinstance(value, str):
        raise query.unsupported(name)
    return bool(credential["expiresAt"]) and bool(compare(credential["expiresAt"], value))


def _user(context: Context, account: str) -> Doc | None:
    doc = context.state.table("Account").get(ids.decode(account) or 0)
    return doc if doc is not None and doc[TYPE] == "User" else None


def _shown(name: str, doc: Doc) -> dict[str, Doc]:
    if name == "AccountSettings":
        return {ids.SINGLETON: {key: doc[key] for key in ACCOUNT_SETTINGS.fields} | {"id": ids.SINGLETON}}
    if name == "AccountPassword":
        main = _main(doc)
        otp = {"otpUrl": MASK} if main and main["otpAuth"] else {}
        return {ids.SINGLETON: {"secret": MASK, "otpAuth": otp, "id": ids.SINGLETON}} if main else {}
    credentials = (one for one in doc["credentials"].values() if one[TYPE] == name)
    return {one["credentialId"]: _shown_key(one) for one in credentials}


def _shown_key(credential: Doc) -> Doc:
    hidden = shown_credential(credential)
    return {key: value for key, value in hidden.items() if key not in {TYPE, "credentialId"}} | {
        "id": credential["credentialId"]
    }


def _only(doc: Doc, properties: set[str]) -> Doc:
    return {key: value for key, value in doc.items() if not properties or key in properties}


def _main(doc: Doc) -> Doc | None:
    return next((one for one in doc["credentials"].values() if one[TYPE] == "Password"), None)


def _all_refused(answer: SetAnswer, arguments: Doc) -> Doc:
    error = {"type": "notFound"}
    update, destroy = changes(arguments, answer)
    answer.not_created = dict.fromkeys(arguments.get("create") or {}, error)
    answer.not_updated |= dict.fromkeys(update, error)
    answer.not_destroyed = dict.fromkeys(destroy, error)
    return answer.content()


def _turned(answer: SetAnswer, error: Doc) -> Doc:
    """Turn everything that had succeeded into the failure of the one write that all of it was."""
    answer.not_created |= dict.fromkeys(answer.created, error)
    answer.not_updated |= dict.fromkeys(answer.updated, error)
    answer.not_destroyed |= dict.fromkeys(answer.destroyed, error)
    answer.created, answer.updated, answer.destroyed = {}, {}, []
    return answer.content()


class _Draft:
    """An account while its credentials are being changed; all of them are written at once."""

    def __init__(self, context: Context, account: str, doc: Doc) -> None:
        self._context = context
        self._account = account
        self._doc = doc

    def creation(self, name: str, content: Any) -> Callable[[], Doc]:
        def create() -> Doc:
            pointer = Pointer(creating=True)
            credential = SECONDARY.patch(SECONDARY.default(), pointer, resolved(self._context, content))
            self._check_quota(name)
            self._check_permissions(credential)
            number = self._next_number()
            shown, kept = _new_secret(name, ids.decode(self._account) or 0, number)
            credential |= {
                TYPE: name,
                "credentialId": ids.encode(number),
                "secret": kept,
                "createdAt": stamp(self._context.state.clock()),
            }
            self._doc["credentials"][str(len(self._doc["credentials"]))] = credential
            return {"id": ids.encode(number), "secret": shown}

        return create

    def update(self, name: str, key: str, patch: Doc) -> Callable[[], None]:
        if name == "AccountSettings":
            return lambda: self._update_settings(key, patch)
        if name == "AccountPassword":
            return lambda: self._update_password(key, patch)
        return lambda: self._update_key(key, patch)

    def destruction(self, key: str) -> Callable[[], None]:
        def destroy() -> None:
            place, credential = self._find(key)
            if credential[TYPE] == "Password":
                raise SetError("forbidden", "Users are not allowed to destroy their own credentials.")
            del self._doc["credentials"][place]

        return destroy

    def save(self, old: Doc) -> SetError | None:
        """Write the account, or return why nothing of it can be written."""
        if any(not one.get("description", "x") for one in self._doc["credentials"].values()):
            return required("description")
        if self._doc != old:
            self._doc["credentials"] = renumbered(self._doc["credentials"])
            self._context.state.put("Account", ids.decode(self._account) or 0, self._doc)
        return None

    def _find(self, key: str) -> tuple[str, Doc]:
        for place, credential in self._doc["credentials"].items():
            if credential["credentialId"] == key:
                return place, credential
        raise SetError("notFound")

    def _next_number(self) -> int:
        """Return the number after the highest in use; a deleted one may come again."""
        return max((ids.decode(one["credentialId"]) or 0 for one in self._doc["credentials"].values()), default=0) + 1

    def _check_quota(self, name: str) -> None:
        setting, words = KEYS[name]
        quota = self._doc["quotas"].get(setting) or access.in_force(self._context.state, "Authentication")[setting]
        count = sum(one[TYPE] == name for one in self._doc["credentials"].values())
        if quota is not None and count >= quota:
            raise SetError("overQuota", f"You have exceeded your quota of {quota} {words}.")

    def _check_permissions(self, credential: Doc) -> None:
        """Let the caller give only what he holds himself; it is his account that counts, not the target's."""
        caller = self._context.caller
        own = credential["permissions"]
        wanted = (
            frozenset(own["permissions"]) if own[TYPE] == "Replace" else access.of_credential(caller.owned, credential)
        )
        caller.check_grant(wanted)

    def _update_key(self, key: str, patch: Doc) -> None:
        place, old = self._find(key)
        credential = patched(self._context, SECONDARY, old, patch)
        if credential["permissions"] != old.get("permissions"):
            self._check_permissions(credential)
        self._doc["credentials"][place] = credential

    def _update_settings(self, key: str, patch: Doc) -> None:
        if key != ids.SINGLETON:
            raise SetError("notFound")
        unknown = [name for name in patch if name not in ACCOUNT_SETTINGS.fields]
        if unknown:
            raise SetError("invalidProperties", properties=unknown[:1])
        for name, value in patch.items():
            self._doc[name] = ACCOUNT_SETTINGS.fields[name].patch(self._doc[name], Pointer((name,), 1), value)

    def _update_password(self, key: str, patch: Doc) -> None:
        """Change the main password by who knows it; that also lifts an expiry that has passed (lifecycle.md)."""
        main = _main(self._doc)
        if main is None:
            raise SetError("forbidden", "Your account does not support password changes")
        if key != ids.SINGLETON:
            raise SetError("notFound")
        wish = patched(self._context, ACCOUNT_PASSWORD, ACCOUNT_PASSWORD.default(), patch)
        otp_url = wish["otpAuth"]["otpUrl"] if "otpAuth" in patch or "otpAuth/otpUrl" in patch else MASK
        new_secret = wish["secret"] if wish["secret"] not in {None, MASK} else None
        new_otp = otp_url != MASK and otp_url != main["otpAuth"]
        if new_secret is None and not new_otp:
            return
        self._check_current(main, wish)
        if new_secret is not None:
            weakness = passwords.weakness(new_secret, access.in_force(self._context.state, "Authentication"))
            if weakness:
                raise invalid_property(weakness, "secret")
            main["secret"] = passwords.hashed(new_secret)
            if access.is_expired(self._context.state, main):
                main["expiresAt"] = None
        if new_otp:
            main["otpAuth"] = otp_url

    def _check_current(self, main: Doc, wish: Doc) -> None:
        if wish["currentSecret"] is None:
            words = "Current secret must be provided to change the password or OTP auth."
            raise SetError("forbidden", words)
        if not passwords.matches(main["secret"], wish["currentSecret"]):
            raise SetError("forbidden", "Current secret is incorrect.")


def _new_secret(name: str, account: int, number: int) -> tuple[str, str]:
    """Return a new secret as it is shown once, and as it is kept."""
    if name == "AppPassword":
        shown = "app_" + ids.base32(number.to_bytes(4) + secrets.token_bytes(18))[:36]
        return shown, passwords.hashed(shown)
    raw = account.to_bytes(4) + number.to_bytes(4) + secrets.token_bytes(20)
    encoded = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return f"API_{encoded}", passwords.hashed(encoded)
