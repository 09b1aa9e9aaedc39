"""Who gets in, and what is open then: the part of the servers that decides whether a lock holds (lifecycle.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stalwart_client.simulator import Simulator
from tests.simulator.callers import STRONG, Jmap, Rest, add_user, client_of, jmap_server, rest_server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
END = "2026-11-22T12:00:00Z"
NEW = "Another-Long-Pass-77-phrase"
LOCK = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}}
FIVE = {
    "authenticate",
    "authenticateWithAlias",
    "sysAccountPasswordGet",
    "sysAccountPasswordUpdate",
    "emailReceive",
}


@pytest.fixture
def server() -> Simulator:
    return jmap_server(clock=lambda: NOW)


def holder(server: Simulator, secret: str = STRONG) -> Jmap:
    return Jmap(server, "ana@example.org", secret)


def with_end(server: Simulator, **properties: Any) -> str:
    credential = {"@type": "Password", "secret": STRONG, "expiresAt": END}
    return add_user(server, credentials={"0": credential}, **properties)


def status(server: Simulator, secret: str = STRONG, user: str = "ana@example.org") -> int:
    return client_of(server, user, secret).get("/jmap/session").status_code


def app_password(server: Simulator, account: str, **properties: Any) -> str:
    content = {"accountId": account, "create": {"new": {"description": "Phone", **properties}}}
    return str(Jmap(server)("x:AppPassword/set", content)["created"]["new"]["secret"])


def test_a_holder_reads_mail(server: Simulator) -> None:
    add_user(server)

    mailboxes = holder(server)("Mailbox/get", {"ids": None})["list"]

    assert [one["name"] for one in mailboxes if one["role"] == "inbox"] == ["Inbox"]


def test_a_suspended_holder_with_the_right_password_gets_403(server: Simulator) -> None:
    account = add_user(server)
    app = app_password(server, account)
    Jmap(server).update("Account", account, permissions=LOCK)

    assert (status(server), status(server, app), status(server, "wrong")) == (403, 403, 401)


def test_after_the_end_the_session_opens_and_five_permissions_are_left(server: Simulator) -> None:
    with_end(server)
    server.advance(86_400)

    shown = client_of(server, "ana@example.org", STRONG).get("/api/account").json()["permissions"]

    assert status(server) == 200
    assert set(shown) == FIVE
    assert holder(server)("Mailbox/get", {"ids": None})["type"] == "forbidden"


def test_the_holder_lifts_the_end_by_changing_the_password(server: Simulator) -> None:
    account = with_end(server)
    server.advance(86_400)

    change = {"update": {"singleton": {"currentSecret": STRONG, "secret": NEW}}}
    answer = holder(server)("x:AccountPassword/set", change)

    assert answer["updated"] == {"singleton": None}
    assert holder(server, NEW)("Mailbox/get", {"ids": None})["list"]
    read = Jmap(server)("x:Account/get", {"ids": [account]})["list"][0]
    assert read["credentials"]["0"]["expiresAt"] is None


def test_the_holder_cannot_lift_the_end_where_that_is_denied(server: Simulator) -> None:
    denied = {"sysAccountPasswordUpdate": True}
    with_end(server, permissions={"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": denied})
    server.advance(86_400)

    answer = holder(server)(
        "x:AccountPassword/set", {"update": {"singleton": {"currentSecret": STRONG, "secret": NEW}}}
    )

    assert answer["type"] == "forbidden"
    assert (status(server, NEW), status(server)) == (401, 200)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        pytest.param({"secret": NEW}, "Current secret must be provided", id="without the old password"),
        pytest.param({"secret": NEW, "currentSecret": "wrong"}, "Current secret is incorrect.", id="with a wrong one"),
        pytest.param({"secret": "abc", "currentSecret": STRONG}, "Password must be at least 8", id="too short"),
    ],
)
def test_a_password_change_can_be_refused(server: Simulator, wish: dict[str, str], why: str) -> None:
    add_user(server)

    answer = holder(server)("x:AccountPassword/set", {"update": {"singleton": wish}})

    assert answer["notUpdated"]["singleton"]["description"].startswith(why)


def test_an_app_password_is_a_door_of_its_own(server: Simulator) -> None:
    account = with_end(server)
    app = app_password(server, account)
    short = app_password(server, account, expiresAt=END)
    server.advance(86_400)

    assert holder(server, app)("Mailbox/get", {"ids": None})["list"]
    assert status(server, short) == 401


def test_an_app_password_is_no_bearer_token_and_a_key_no_password(server: Simulator) -> None:
    account = add_user(server)
    app = app_password(server, account)
    key = Jmap(server)("x:ApiKey/set", {"accountId": account, "create": {"k": {"description": "key"}}})
    secret = key["created"]["k"]["secret"]
    client = client_of(server)

    def bearer(token: str) -> int:
        return client.get("/api/account", headers={"authorization": f"Bearer {token}"}, auth=None).status_code

    assert (bearer(app), bearer(secret), status(server, secret)) == (401, 200, 401)


def test_holders_can_list_each_other_unless_it_is_denied(server: Simulator) -> None:
    account = add_user(server)
    add_user(server, "sipho")

    listed = holder(server).all(("Principal/query", {}), ("Principal/get", {"ids": None}))
    assert {one["email"] for one in listed[1][1]["list"]} == {"ana@example.org", "sipho@example.org"}

    denied = dict.fromkeys(["jmapPrincipalQuery", "jmapPrincipalGet", "davPrincipalSearch"], True)
    merge = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": denied}
    Jmap(server).update("Account", account, permissions=merge)
    listed = holder(server).all(
        ("Principal/query", {}), ("Principal/get", {"ids": None}), ("Mailbox/get", {"ids": None})
    )
    assert [one[1].get("type") for one in listed] == ["forbidden", "forbidden", None]


def test_an_alias_and_a_bare_name_sign_in_as_the_server_allows(server: Simulator) -> None:
    add_user(server, aliases={"0": {"name": "info", "domainId": "b"}})

    assert [status(server, user=user) for user in ("info@example.org", "ANA@Example.org", "ana")] == [200, 200, 401]

    admin = Jmap(server)
    admin("x:SystemSettings/set", {"update": {"singleton": {"defaultHostname": "mail.test", "defaultDomainId": "b"}}})
    assert status(server, user="ana") == 401
    admin("x:Action/set", {"create": {"r": {"@type": "ReloadSettings"}}})
    assert status(server, user="ana") == 200


def test_a_second_factor_answers_402(server: Simulator) -> None:
    credential = {
        "@type": "Password",
        "secret": STRONG,
        "otpAuth": "otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEH",
    }
    account = add_user(server, credentials={"0": credential})

    assert (status(server), status(server, "wrong")) == (402, 401)
    read = Jmap(server)("x:Account/get", {"ids": [account]})["list"][0]
    assert read["credentials"]["0"]["otpAuth"] == "****"


def test_on_rest_only_the_name_signs_in() -> None:
    server = rest_server()
    fields = {"secrets": ["pw-one"], "emails": ["ana@example.org", "info@example.org"], "roles": ["user"]}
    Rest(server).create("individual", "ana@example.org", **fields)

    found = [status(server, "pw-one", user) for user in ("ana@example.org", "ANA@example.org ", "info@example.org")]

    assert found == [200, 200, 401]


def test_on_rest_a_lock_is_403_and_mail_is_shut() -> None:
    server = rest_server()
    rest = Rest(server)
    rest.create("individual", "ana@example.org", secrets=["pw-one"], roles=["user"])
    holder = Jmap(server, "ana@example.org", "pw-one")
    assert holder("Mailbox/get", {"ids": None})["list"][0]["name"] == "Inbox"
    assert holder("Principal/query", {})["description"] == "The administrator has disabled directory queries."

    rest.patch("ana@example.org", "addItem", "disabledPermissions", "authenticate")

    assert (status(server, "pw-one"), status(server, "pw-two")) == (403, 401)


def test_on_rest_no_role_means_no_entry() -> None:
    server = rest_server()
    Rest(server).create("individual", "ana@example.org", secrets=["pw-one"])

    assert status(server, "pw-one") == 403


@pytest.mark.parametrize(
    ("stored", "given", "expected"),
    [
        pytest.param("plain words", "plain words", 200, id="clear text"),
        pytest.param("{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", "secret", 200, id="SHA256"),
        pytest.param("{SSHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", "wrong", 401, id="wrong"),
        pytest.param("{PLAIN}secret", "secret", 200, id="marked clear text"),
        pytest.param("$unknown$secret", "$unknown$secret", 401, id="an unknown prefix opens to nobody"),
        pytest.param("$app$phone$app-secret", "app-secret", 200, id="app password"),
    ],
)
def test_on_rest_secrets_are_checked_as_they_are_stored(stored: str, given: str, expected: int) -> None:
    server = rest_server()
    Rest(server).create("individual", "ana@example.org", secrets=[stored], roles=["user"])

    assert status(server, given) == expected


def test_on_rest_a_missing_totp_code_is_402() -> None:
    server = rest_server(clock=lambda: NOW)
    url = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEH"
    Rest(server).create("individual", "ana@example.org", secrets=[url, "pw-one"], roles=["user"])

    assert (status(server, "pw-one"), status(server, "wrong")) == (402, 401)
