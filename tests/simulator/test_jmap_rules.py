"""Rules of 0.16 that its recording does not show, each with its place in jmap.md."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stalwart_client.simulator import Simulator
from tests.simulator.callers import HASH, STRONG, USING, Jmap, add_user, client_of, jmap_server

CAN_CREATE = ("sysAccountGet", "sysAccountQuery", "sysAccountCreate", "sysAccountUpdate", "sysAccountDestroy")
FORBIDDEN = "You are not authorized to"


@pytest.fixture
def server() -> Simulator:
    return jmap_server()


@pytest.fixture
def admin(server: Simulator) -> Jmap:
    return Jmap(server)


@pytest.fixture
def ana(server: Simulator) -> str:
    return add_user(server)


def read(admin: Jmap, number: str, kind: str = "Account") -> dict[str, Any]:
    found: dict[str, Any] = admin(f"x:{kind}/get", {"ids": [number]})["list"][0]
    return found


def patch_error(description: str, *paths: str) -> dict[str, Any]:
    return {"type": "invalidPatch", "description": description, "properties": list(paths)}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"memberGroupIds/zz": "yes"}, patch_error("Invalid value for object property", "memberGroupIds/zz")),
        ({"description": ""}, patch_error("Invalid value for property.", "description")),
        ({"name": None}, patch_error("Invalid value for property.", "name")),
        ({"name": "a..b"}, patch_error("Invalid email local part", "name")),
        ({"domainId": "8"}, patch_error("Failed to parse Id from string", "domainId")),
        ({"aliases": []}, patch_error("Invalid value for object property", "aliases")),
        ({"aliases/0/enabled": "no"}, patch_error(
            "Invalid value for boolean property (expected true or false)", "aliases/0/enabled")),
        ({"aliases/7": None}, patch_error("Invalid value for object property", "aliases/7")),
        ({"quotas/maxDiskQuota": -1}, patch_error(
            "Invalid value for unsigned integer property (expected non-negative integer)", "quotas/maxDiskQuota")),
        ({"quotas/maxFun": 1}, patch_error("Invalid value for object property", "quotas/maxFun")),
        ({"permissions": {"disabledPermissions": {}}}, patch_error(
            "Missing or invalid '@type' property in object", "permissions")),
        ({"credentials/0/credentialId": "b"}, patch_error(
            "Cannot modify server set property", "credentials/0/credentialId")),
        ({"credentials/0/expiresAt": "soon"}, patch_error(
            "Failed to parse UTCDateTime from string", "credentials/0/expiresAt")),
        ({"description/x": "y"}, patch_error("Invalid JSON Pointer path", "description/x")),
        ({"roles/roleIds/b": True}, patch_error("Invalid JSON Pointer path", "roles/roleIds/b")),
        ({"usedDiskQuota": 5}, patch_error("Cannot modify server set property", "usedDiskQuota")),
    ],
)  # fmt: skip
def test_a_patch_that_does_not_fit_says_where(admin: Jmap, ana: str, patch: dict[str, Any], expected: Any) -> None:
    assert admin.update("Account", ana, **patch) == expected


def test_nothing_of_a_patch_that_fails_is_kept(admin: Jmap, ana: str) -> None:
    admin.update("Account", ana, description="half", nope=1)

    assert read(admin, ana)["description"] is None


def test_lists_are_renumbered_and_take_any_free_place(admin: Jmap, ana: str) -> None:
    for place, name in enumerate(("one", "two", "three")):
        assert admin.update("Account", ana, **{f"aliases/{place + 5}": {"name": name, "domainId": "b"}}) is None

    admin.update("Account", ana, **{"aliases/1": None})

    assert {place: one["name"] for place, one in read(admin, ana)["aliases"].items()} == {"0": "one", "1": "three"}


def test_sets_take_members_by_pointer(admin: Jmap, ana: str) -> None:
    group = admin.create("Account", **{"@type": "Group", "name": "team", "domainId": "b"})

    admin.update("Account", ana, **{f"memberGroupIds/{group}": True})
    assert read(admin, ana)["memberGroupIds"] == {group: True}

    admin.update("Account", ana, **{f"memberGroupIds/{group}": False})
    assert read(admin, ana)["memberGroupIds"] == {}
    not_a_group = admin.update("Account", ana, **{f"memberGroupIds/{ana}": True})
    assert not_a_group == {"type": "invalidForeignKey", "objectId": {"object": "Account", "id": ana}}


def test_a_suspension_on_top_of_other_denials_goes_by_pointer(admin: Jmap, ana: str) -> None:
    merge = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"emailSend": True}}
    admin.update("Account", ana, permissions=merge)

    admin.update("Account", ana, **{"permissions/disabledPermissions/authenticate": True})
    assert read(admin, ana)["permissions"]["disabledPermissions"] == {"emailSend": True, "authenticate": True}

    admin.update("Account", ana, **{"permissions/disabledPermissions/authenticate": None})
    assert read(admin, ana)["permissions"] == merge


def test_credentials_are_found_by_what_they_are(admin: Jmap, server: Simulator) -> None:
    number = add_user(server, credentials={})
    admin("x:AppPassword/set", {"accountId": number, "create": {"p": {"description": "Phone"}}})

    assert admin.update("Account", number, **{"credentials/9": {"@type": "Password", "secret": STRONG}}) is None
    second = admin.update("Account", number, **{"credentials/9": {"@type": "Password", "secret": STRONG}})

    credentials = read(admin, number)["credentials"]
    assert [one["@type"] for one in credentials.values()] == ["AppPassword", "Password"]
    assert second["description"] == "Only one password credential is allowed."


def test_the_mask_keeps_the_password(admin: Jmap, server: Simulator, ana: str) -> None:
    assert admin.update("Account", ana, **{"credentials/0/secret": "****"}) is None

    assert client_of(server, "ana@example.org", STRONG).get("/jmap/session").status_code == 200


def test_replacing_all_credentials_wipes_app_passwords(admin: Jmap, ana: str) -> None:
    admin("x:AppPassword/set", {"accountId": ana, "create": {"p": {"description": "Phone"}}})

    admin.update("Account", ana, credentials={"0": {"@type": "Password", "secret": HASH}})

    assert [one["@type"] for one in read(admin, ana)["credentials"].values()] == ["Password"]


@pytest.mark.parametrize(
    ("secret", "is_taken"),
    [
        pytest.param(HASH, True, id="a complete hash"),
        pytest.param("{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", True, id="another one"),
        pytest.param("{PLAIN}abc", True, id="no hash, but strong as it stands"),
        pytest.param("$9$abc", False, id="an unknown prefix and too short"),
        pytest.param("password1", False, id="a common word"),
        pytest.param("x" * 129, False, id="too long"),
    ],
)
def test_passwords_must_be_strong_and_hashes_are_taken(server: Simulator, secret: str, *, is_taken: bool) -> None:
    shape = {"@type": "User", "name": "ana", "domainId": "b"}
    credential = {"0": {"@type": "Password", "secret": secret}}

    answer = Jmap(server)("x:Account/set", {"create": {"a": {**shape, "credentials": credential}}})

    assert ("created" in answer) is is_taken
    if not is_taken:
        error = answer["notCreated"]["a"]
        assert (error["type"], error["properties"]) == ("invalidProperties", ["secret"])


def test_five_app_passwords_and_no_more(admin: Jmap, ana: str) -> None:
    create = {str(place): {"description": f"Phone {place}"} for place in range(6)}

    answer = admin("x:AppPassword/set", {"accountId": ana, "create": create})

    assert len(answer["created"]) == 5
    assert answer["notCreated"]["5"] == {
        "type": "overQuota",
        "description": "You have exceeded your quota of 5 app passwords.",
    }


def test_one_bad_app_password_spoils_the_call(admin: Jmap, ana: str) -> None:
    answer = admin("x:AppPassword/set", {"accountId": ana, "create": {"good": {"description": "x"}, "bad": {}}})

    assert set(answer["notCreated"]) == {"good", "bad"}
    assert "created" not in answer


def test_credential_numbers_are_used_again(admin: Jmap, ana: str) -> None:
    def new() -> str:
        answer = admin("x:AppPassword/set", {"accountId": ana, "create": {"p": {"description": "Phone"}}})
        return str(answer["created"]["p"]["id"])

    first = new()
    admin("x:AppPassword/set", {"accountId": ana, "destroy": [first]})

    assert (first, new()) == ("b", "b")


def test_the_main_password_cannot_be_destroyed(admin: Jmap, ana: str) -> None:
    answer = admin("x:AppPassword/set", {"accountId": ana, "destroy": ["a"]})

    assert answer["notDestroyed"]["a"]["type"] == "forbidden"


def test_a_restricted_key_may_no_more_than_it_says(admin: Jmap, server: Simulator, ana: str) -> None:
    only = {"@type": "Replace", "permissions": {"authenticate": True, "sysAccountGet": True}}
    answer = admin("x:ApiKey/set", {"accountId": ana, "create": {"k": {"description": "k", "permissions": only}}})
    headers = {"authorization": f"Bearer {answer['created']['k']['secret']}"}

    shown = client_of(server).get("/api/account", headers=headers, auth=None).json()

    assert shown["permissions"] == ["authenticate"], "what the account lacks is not in it"


def test_an_account_is_only_its_owners(admin: Jmap, server: Simulator, ana: str) -> None:
    other = add_user(server, "sipho")
    holder = Jmap(server, "ana@example.org", STRONG)

    refused = holder("x:AppPassword/get", {"accountId": other})
    assert refused == {"type": "forbidden", "description": f"You are not an owner of account {other}"}
    assert holder("x:AppPassword/get", {"accountId": "#x"})["accountId"] == ana, "what cannot be read is oneself"


def test_the_recovery_admin_has_no_account(admin: Jmap) -> None:
    assert admin("x:AccountPassword/get")["list"] == []
    assert admin.refusal("ApiKey", description="x") == {"type": "notFound"}


def panel(server: Simulator, *extra: str, user_role: bool = True) -> Jmap:
    """Return a service account with a role of its own, with all that users have or with little."""
    admin = Jmap(server)
    enabled = dict.fromkeys(["authenticate", *CAN_CREATE, *extra], True)
    role = admin.create(
        "Role", description="panel", roleIds={"b": True} if user_role else {}, enabledPermissions=enabled
    )
    add_user(server, "panel", roles={"@type": "Custom", "roleIds": {role: True}})
    return Jmap(server, "panel@example.org", STRONG)


def test_creating_needs_everything_the_account_will_have(server: Simulator) -> None:
    rich, poor = panel(server), Jmap(server)
    rich.create("Account", **{"@type": "User", "name": "one", "domainId": "b"})
    admin_role = rich.refusal(
        "Account", **{"@type": "User", "name": "two", "domainId": "b", "roles": {"@type": "Admin"}}
    )

    assert admin_role["description"].startswith(f"{FORBIDDEN} grant permissions: fetchAnyBlob, unlimitedUploads,")
    assert poor.create("Account", **{"@type": "User", "name": "three", "domainId": "b"})


def test_suspending_needs_the_grant_and_a_new_password_does_not(server: Simulator, ana: str) -> None:
    poor = panel(server, user_role=False)
    lock = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}}

    assert poor.update("Account", ana, permissions=lock)["type"] == "forbidden"
    assert poor.update("Account", ana, **{"credentials/0/secret": HASH}) is None
    assert poor.update("Account", ana, description="x") is None


def test_each_action_needs_its_permission(server: Simulator, ana: str) -> None:
    key = panel(server)

    assert key("x:Role/query")["description"] == f"{FORBIDDEN} perform this action"
    whole = key("x:Domain/set", {"destroy": ["b"]})["description"]
    assert whole == f"{FORBIDDEN} create, update or destroy objects of this type"
    holder = Jmap(server, "ana@example.org", STRONG)
    assert holder("x:AccountSettings/set", {"update": {"singleton": {"description": "Ana"}}})["updated"]
    some = panel_without_destroy(server)("x:Account/set", {"destroy": [ana]})["description"]
    assert some == f"{FORBIDDEN} destroy objects of this type"


def panel_without_destroy(server: Simulator) -> Jmap:
    admin = Jmap(server)
    role = admin.create("Role", description="x", enabledPermissions={"authenticate": True, "sysAccountCreate": True})
    add_user(server, "weak", roles={"@type": "Custom", "roleIds": {role: True}})
    return Jmap(server, "weak@example.org", STRONG)


def many(server: Simulator, count: int = 9) -> list[str]:
    """Create accounts `b`, `c`, ... and return their ids."""
    shapes = {str(place): {"@type": "User", "name": f"u{place}", "domainId": "b"} for place in range(count)}
    created = Jmap(server)("x:Account/set", {"create": shapes})["created"]
    return [created[str(place)]["id"] for place in range(count)]


ASCENDING = [{"property": "id", "isAscending": True}]


@pytest.mark.parametrize(
    ("arguments", "ids", "position"),
    [
        pytest.param({}, "jihgfedcb", 0, id="everything, newest first"),
        pytest.param({"limit": 3}, "dcb", 0, id="the oldest page, turned"),
        pytest.param({"limit": 3, "position": 3}, "gfe", 0, id="a later page, position untold"),
        pytest.param({"limit": 3, "sort": ASCENDING}, "bcd", 0, id="ascending"),
        pytest.param({"limit": 3, "sort": ASCENDING, "anchor": "d"}, "efg", 0, id="the anchor is exclusive"),
        pytest.param({"limit": 3, "sort": ASCENDING, "anchor": "zz"}, "", 0, id="an unknown anchor is no error"),
        pytest.param({"limit": 3, "position": 0}, "jih", 0, id="position 0 is standard"),
        pytest.param({"limit": 3, "position": 3, "calculateTotal": True}, "gfe", 3, id="standard paging"),
        pytest.param(
            {"limit": 3, "anchor": "e", "anchorOffset": 1, "sort": ASCENDING}, "fgh", 4, id="an offset is standard"
        ),
        pytest.param({"limit": 0}, "b", 0, id="a limit of 0 gives one"),
        pytest.param({"position": -3, "limit": 3}, "dcb", 6, id="from the end"),
    ],
)
def test_the_two_ways_of_paging(server: Simulator, arguments: dict[str, Any], ids: str, position: int) -> None:
    many(server)

    answer = Jmap(server)("x:Account/query", arguments)

    assert ("".join(answer["ids"]), answer["position"]) == (ids, position)


def test_an_unknown_anchor_of_the_standard_way_is_an_error(server: Simulator) -> None:
    many(server)

    assert Jmap(server)("x:Account/query", {"anchor": "zz", "anchorOffset": 1})["type"] == "anchorNotFound"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"text": "ali"}, ["ana"], id="an alias"),
        pytest.param({"text": "al"}, [], id="no beginnings"),
        pytest.param({"text": "mokoena ana"}, ["ana"], id="all words"),
        pytest.param({"name": "Ana"}, [], id="exact and lower case"),
        pytest.param({"operator": "AND", "conditions": [{"name": "ana"}, {"domainId": "b"}]}, ["ana"], id="and"),
        pytest.param({"@type": "Group"}, ["team"], id="by type"),
    ],
)
def test_filters(server: Simulator, admin: Jmap, wanted: dict[str, Any], found: list[str]) -> None:
    add_user(server, description="Ana Mokoena", aliases={"0": {"name": "ali", "domainId": "b"}})
    admin.create("Account", **{"@type": "Group", "name": "team", "domainId": "b"})

    calls = admin.all(
        ("x:Account/query", {"filter": wanted}),
        (
            "x:Account/get",
            {"#ids": {"resultOf": "0", "name": "x:Account/query", "path": "/ids"}, "properties": ["name"]},
        ),
    )

    assert [one["name"] for one in calls[1][1]["list"]] == found


@pytest.mark.parametrize(
    ("method", "arguments", "kind"),
    [
        ("x:Account/query", {"filter": {"operator": "OR", "conditions": []}}, "unsupportedFilter"),
        ("x:Account/query", {"filter": {"emailAddress": "x"}}, "unsupportedFilter"),
        ("x:MailingList/query", {"filter": {"name": "x"}}, "unsupportedFilter"),
        ("x:Authentication/query", {}, "unknownMethod"),
        ("x:Account/queryChanges", {}, "unknownMethod"),
        ("x:Action/query", {}, "invalidArguments"),
        ("Nothing/get", {}, "unknownMethod"),
        ("x:Account/get", {"ids": ["#nobody"]}, "invalidResultReference"),
        ("x:Account/set", {"destroy": ["b"] * 501}, "requestTooLarge"),
        ("x:MaskedEmail/get", {"ids": None}, "forbidden"),
    ],
)
def test_a_call_can_fail_as_a_whole(admin: Jmap, method: str, arguments: dict[str, Any], kind: str) -> None:
    answer = admin.all((method, arguments))[0]

    assert (answer[0], answer[1]["type"]) == ("error", kind)


def test_references_within_a_request(admin: Jmap) -> None:
    manual = {"@type": "Manual"}
    calls = admin.all(
        ("x:Domain/set", {"create": {"d": {"name": "other.org", "dkimManagement": manual}}}),
        (
            "x:Account/set",
            {
                "create": {
                    "g": {"@type": "Group", "name": "team", "domainId": "#d"},
                    "u": {"@type": "User", "name": "ana", "domainId": "#d", "memberGroupIds": {"#g": True}},
                }
            },
        ),
        ("x:Account/get", {"ids": ["#u"], "properties": ["emailAddress", "memberGroupIds"]}),
    )

    group = calls[1][1]["created"]["g"]["id"]
    assert calls[2][1]["list"][0]["emailAddress"] == "ana@other.org"
    assert calls[2][1]["list"][0]["memberGroupIds"] == {group: True}


def test_a_reference_to_nothing_fails_the_call(admin: Jmap) -> None:
    answer = admin("x:Account/set", {"create": {"u": {"@type": "User", "name": "ana", "domainId": "#nope"}}})

    assert answer["type"] == "invalidResultReference"


def test_created_ids_are_told_only_if_asked(admin: Jmap) -> None:
    call = ["x:Role/set", {"create": {"r": {"description": "x"}}}, "0"]

    assert "createdIds" not in admin.post({"using": USING, "methodCalls": [call]}).json()
    assert admin.post({"using": USING, "methodCalls": [call], "createdIds": {}}).json()["createdIds"] == {"r": "g"}


def test_an_address_is_unique_over_accounts_aliases_and_lists(admin: Jmap, ana: str) -> None:
    taken = {"type": "primaryKeyViolation", "properties": ["email"], "objectId": {"object": "Account", "id": ana}}

    assert admin.refusal("MailingList", name="ana", domainId="b") == taken
    number = admin.create("MailingList", name="all", domainId="b")
    clash = admin.update("Account", ana, **{"aliases/0": {"name": "all", "domainId": "b"}})
    assert clash["objectId"] == {"object": "MailingList", "id": number}


def test_destroy_comes_after_create(admin: Jmap, ana: str) -> None:
    shape = {"@type": "User", "name": "ana", "domainId": "b"}

    answer = admin("x:Account/set", {"create": {"n": shape}, "update": {ana: {"description": "x"}}, "destroy": [ana]})

    assert answer["notCreated"]["n"]["type"] == "primaryKeyViolation"
    assert answer["notUpdated"][ana]["type"] == "willDestroy"
    assert answer["destroyed"] == [ana]
    assert admin.create("Account", **shape) == "c"


def test_automatic_keys_come_later_and_hold_their_domain(server: Simulator, admin: Jmap) -> None:
    domain = admin.create("Domain", name="auto.org")
    assert admin("x:DkimSignature/query", {"filter": {"domainId": domain}})["ids"] == []

    server.advance(2)

    keys = admin("x:DkimSignature/query", {"filter": {"domainId": domain}})["ids"]
    assert len(keys) == 2
    linked = admin("x:Domain/set", {"destroy": [domain]})["notDestroyed"][domain]["linkedObjects"]
    assert [one["object"] for one in linked] == ["DkimSignature"] * 2
    admin("x:DkimSignature/set", {"destroy": keys})
    assert admin("x:Domain/set", {"destroy": [domain]})["destroyed"] == [domain]


def test_the_default_domain_cannot_be_destroyed(admin: Jmap) -> None:
    settings = {"defaultHostname": "mail.example.org", "defaultDomainId": "b"}
    admin("x:SystemSettings/set", {"update": {"singleton": settings}})

    linked = admin("x:Domain/set", {"destroy": ["b"]})["notDestroyed"]["b"]["linkedObjects"]

    assert linked == [{"object": "SystemSettings", "id": "singleton"}]


@pytest.mark.parametrize("name", ["foo.example", "localhost", "a b", "x..org", "-"])
def test_a_domain_needs_a_name_that_could_exist(admin: Jmap, name: str) -> None:
    assert admin.refusal("Domain", name=name) == patch_error("Invalid domain name", "name")


def test_a_domain_name_is_written_in_ascii(admin: Jmap) -> None:
    number = admin.create("Domain", name="Bücher.test", dkimManagement={"@type": "Manual"})

    assert read(admin, number, "Domain")["name"] == "xn--bcher-kva.test"


def test_without_a_report_address_two_records_are_missing(admin: Jmap) -> None:
    assert "_dmarc" in read(admin, "b", "Domain")["dnsZoneFile"]

    admin.update("Domain", "b", reportAddressUri=None)

    zone = read(admin, "b", "Domain")["dnsZoneFile"]
    assert ("_dmarc" in zone, "_smtp._tls" in zone) == (False, False)


def test_get_without_ids_stops_at_500_and_says_nothing(server: Simulator) -> None:
    for part in range(2):
        shapes = {str(one): {"@type": "User", "name": f"u{part}x{one}", "domainId": "b"} for one in range(300)}
        Jmap(server)("x:Account/set", {"create": shapes})

    assert len(Jmap(server)("x:Account/get", {"ids": None, "properties": ["name"]})["list"]) == 500


def test_properties_that_nobody_knows_stand_for_all(admin: Jmap, ana: str) -> None:
    whole = admin("x:Account/get", {"ids": [ana], "properties": ["nope"]})["list"][0]

    assert "emailAddress" in whole
    assert set(admin("x:Account/get", {"ids": [ana], "properties": ["name", "nope"]})["list"][0]) == {"id", "name"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"methodCalls": []}, id="without using"),
        pytest.param({"using": USING, "methodCalls": [["x"]]}, id="half a call"),
        pytest.param({"using": USING, "methodCalls": [["x:Account/get", {"ids": {}}, "0"]]}, id="ids that are no list"),
        pytest.param(
            {"using": USING, "methodCalls": [["x:Account/set", {"ifInState": "xyz", "create": {}}, "0"]]},
            id="a state it cannot read, and more behind it",
        ),
    ],
)
def test_a_request_of_the_wrong_shape_is_echoed(admin: Jmap, content: object) -> None:
    answer = admin.post(content)

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ietf:params:jmap:error:notRequest")
    assert json.loads(answer.json()["detail"]) == content


def test_a_value_that_does_not_fit_at_the_end_spoils_only_its_call(admin: Jmap) -> None:
    answer = admin.all(("x:Account/set", {"ifInState": "xyz"}), ("x:Account/get", {"ids": []}))

    assert [one[1].get("type") for one in answer] == ["invalidArguments", None]


def test_a_standard_method_needs_its_capability(admin: Jmap) -> None:
    answer = admin.post({"using": USING[:1], "methodCalls": [["Mailbox/get", {"ids": None}, "0"]]}).json()

    assert answer["methodResponses"][0][1]["type"] == "unknownMethod"


def test_a_request_that_is_too_large(admin: Jmap) -> None:
    answer = admin.post({"using": USING, "methodCalls": [["Core/echo", {"x": "y" * 10_000_000}, "0"]]})

    assert (answer.status_code, answer.json()["limit"]) == (400, "maxSizeRequest")


def test_the_generation_can_be_told_without_credentials(server: Simulator) -> None:
    client = client_of(server)

    found = [
        client.get(path, auth=None).status_code for path in ("/api/principal", "/api/discover/x@y.org", "/api/account")
    ]

    assert found == [404, 200, 401]
    session = client.get("/jmap/session").json()
    assert session["primaryAccounts"]["urn:stalwart:jmap"] == "d333333"
    assert "urn:stalwart:jmap" not in session["capabilities"]


def test_the_aliases_of_a_domain_are_kept_by_name(admin: Jmap) -> None:
    manual = {"@type": "Manual"}
    admin.create("Domain", name="one.org", dkimManagement=manual, aliases={"other.org": True})
    two = admin.create("Domain", name="two.org", dkimManagement=manual, aliases={"third.org": True})

    assert admin("x:Domain/get", {"ids": [two], "properties": ["aliases"]})["list"][0]["aliases"] == {"third.org": True}
    assert admin.update("Domain", two, **{"aliases/other.org": True})["type"] == "primaryKeyViolation"


def core(server: Simulator) -> tuple[int, ...]:
    told = client_of(server).get("/jmap/session").json()["capabilities"]["urn:ietf:params:jmap:core"]
    return told["maxObjectsInGet"], told["maxObjectsInSet"], told["maxCallsInRequest"]


def test_limits_that_are_set_count_after_the_next_reload(server: Simulator, admin: Jmap) -> None:
    admin.update("Jmap", "singleton", getMaxResults=2, setMaxObjects=1, maxMethodCalls=3)
    before = core(server)
    admin.create("Action", **{"@type": "ReloadSettings"})

    assert (before, core(server)) == ((500, 500, 16), (2, 1, 3))
    assert admin("x:Account/get", {"ids": ["b", "c", "d"]})["type"] == "requestTooLarge"
    assert admin("x:Domain/set", {"destroy": ["b", "c"]})["type"] == "requestTooLarge"
    four = [["x:Account/get", {"ids": ["b"]}, str(n)] for n in range(4)]
    assert admin.post({"using": USING, "methodCalls": four}).json()["limit"] == "maxCallsInRequest"


def test_the_policy_for_passwords_can_be_set(server: Simulator, admin: Jmap) -> None:
    domain = admin.create("Domain", name="weak.example.org")
    admin.update("Authentication", "singleton", passwordMinLength=4, passwordMinStrength="zero")
    admin.create("Action", **{"@type": "ReloadSettings"})

    def made(secret: str) -> bool:
        credentials = {"0": {"@type": "Password", "secret": secret}}
        user = {"@type": "User", "name": f"u{len(secret)}", "domainId": domain, "credentials": credentials}
        return "created" in admin("x:Account/set", {"create": {"new": user}})

    assert (made("abc"), made("abcd")) == (False, True)


@pytest.mark.parametrize("name", ["shop.nowhere", "a.b", "shop.example", "shop.invalid", "app"])
def test_a_domain_lies_under_a_name_that_exists(admin: Jmap, name: str) -> None:
    refused = admin("x:Domain/set", {"create": {"d": {"name": name}}})["notCreated"]["d"]

    assert refused == patch_error("Invalid domain name", "name")


@pytest.mark.parametrize("name", ["shop.test", "shop.lan", "shop.onion", "shop.co.za", "shop.xn--p1ai", "käse.de"])
def test_private_names_and_foreign_letters_will_do(admin: Jmap, name: str) -> None:
    assert "d" in admin("x:Domain/set", {"create": {"d": {"name": name}}})["created"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"position": -1}, "Pagination is only possible using anchors for logs"),
        ({"position": 1, "calculateTotal": True}, "Pagination is only possible using anchors for logs"),
        ({"sort": [{"property": "timestamp"}]}, "Only sorting by 'id' is supported for logs"),
        ({"sort": [{"property": "nothing"}]}, "Property nothing is not supported for sorting"),
        ({"filter": {"timestampIsGreaterThan": "x"}}, "Filter on property timestamp is not supported or invalid"),
    ],
)
def test_log_lines_cannot_be_asked_for_by(admin: Jmap, wish: dict[str, Any], expected: str) -> None:
    assert admin.all(("x:Log/query", wish))[0][1]["description"] == expected


def test_nothing_is_before_a_log_line_that_is_not_there(server: Simulator, admin: Jmap) -> None:
    server.state.note("info", "Something", "some.thing", "")

    newest = admin("x:Log/query", {"limit": 2, "position": 1})["ids"]

    assert admin("x:Log/query", {"anchor": newest[0], "limit": 1})["ids"] == newest[1:]
    assert admin("x:Log/query", {"anchor": "zzzz"})["ids"] == []


def test_what_is_used_is_named_in_words(admin: Jmap) -> None:
    answer = admin.post({"using": [["urn:ietf:params:jmap:core"]], "methodCalls": []})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ietf:params:jmap:error:notRequest")
