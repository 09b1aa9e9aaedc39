"""Rules of 0.15 that its recording does not show, each with its place in rest.md."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stalwart_client.simulator import Simulator
from tests.simulator.callers import Rest, client_of, rest_server

ANA = "ana@example.org"
MAY_CREATE = ["authenticate", "individual-create", "individual-get", "individual-update"]


@pytest.fixture
def server() -> Simulator:
    return rest_server()


@pytest.fixture
def rest(server: Simulator) -> Rest:
    return Rest(server)


@pytest.fixture
def ana(rest: Rest) -> Rest:
    """The administrator, on a server where Ana has a mailbox, a group, a list and a role."""
    rest.create("group", "team@example.org")
    rest.create("list", "all@example.org")
    rest.create("role", "helper", enabledPermissions=["authenticate"])
    rest.create("individual", ANA, emails=[ANA], roles=["user"])
    return rest


def other(details: str, reason: str | None) -> dict[str, Any]:
    return {"error": "other", "details": details, "reason": reason}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"name": None}, id="a name that is null"),
        pytest.param({"name": "x", "description": "d" * 513}, id="a description that is too long"),
        pytest.param({"name": "x", "quota": 1.5}, id="a quota that is no whole number"),
        pytest.param({"name": "x", "quota": None}, id="a quota that is null"),
        pytest.param({"name": "x", "type": "other"}, id="the type that only comes out"),
        pytest.param([], id="a list"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(rest: Rest, content: object) -> None:
    answer = rest.send("POST", "/principal", content)

    assert (answer.status_code, answer.json()["detail"]) == (400, "JSON deserialization failed")


def test_odd_values_count_as_absent(rest: Rest) -> None:
    rest.create("individual", "x", quota="much", secrets=[], emails=None, urls=[1, "u", "v" * 513], memberOf=5, id=99)

    assert rest.get("x") == {"id": 2, "type": "individual", "name": "x", "urls": ["u"]}


def test_an_address_may_have_no_at_on_create_but_not_later(rest: Rest) -> None:
    rest.create("individual", "x", emails=["plain"])

    assert rest.patch("x", "addItem", "emails", "plainer") == other("Invalid email", "Email address is invalid")


def test_the_name_is_missing_before_anything_is_looked_up(rest: Rest) -> None:
    assert rest("POST", "/principal", {"roles": ["nobody"]}) == {"error": "fieldMissing", "field": "name"}


def test_a_reference_of_the_wrong_type_is_not_found(rest: Rest) -> None:
    rest.create("list", "all@example.org")

    answer = rest("POST", "/principal", {"name": "x", "memberOf": ["all@example.org"]})

    assert answer == {"error": "notFound", "item": "all@example.org"}


@pytest.mark.parametrize("field", ["roles", "lists", "memberOf"])
def test_setting_one_membership_wipes_the_others(ana: Rest, field: str) -> None:
    ana.patch(ANA, "addItem", "memberOf", "team@example.org")
    ana.patch(ANA, "addItem", "lists", "all@example.org")
    value = {"roles": "user", "lists": "all@example.org", "memberOf": "team@example.org"}[field]

    ana.patch(ANA, "set", field, [value])

    left = {name: value for name, value in ana.get(ANA).items() if name in {"roles", "lists", "memberOf"}}
    assert left == {field: [value]}


def test_removing_what_is_not_there_changes_nothing(ana: Rest) -> None:
    before = ana.get(ANA)

    for field in ("memberOf", "lists", "roles", "emails", "secrets", "urls"):
        assert ana.patch(ANA, "removeItem", field, "nothing") == {"data": None}

    assert ana.get(ANA) == before


@pytest.mark.parametrize(
    ("name", "field", "value", "expected"),
    [
        pytest.param(
            ANA,
            "memberOf",
            "all@example.org",
            other("Invalid memberOf value", 'Principal "all@example.org" is not a Group, Individual.'),
            id="a list is no group",
        ),
        pytest.param(
            "example.org",
            "memberOf",
            "team@example.org",
            other("Invalid memberOf value", 'Principal "team@example.org" cannot be added as a member.'),
            id="a domain is in no group",
        ),
        pytest.param(
            "team@example.org",
            "members",
            "example.org",
            other("Invalid members value", 'Principal "example.org" is not one of Individual, Group.'),
            id="a group has no domains",
        ),
        pytest.param(
            ANA,
            "roles",
            ["user"],
            other("Invalid parameter", 'Invalid value StringList(["user"]) for roles'),
            id="adding takes one at a time",
        ),
        pytest.param(
            ANA,
            "quota",
            "5",
            other("Invalid parameter", 'Invalid value String("5") for quota'),
            id="a quota is only set",
        ),
        pytest.param(
            ANA,
            "externalMembers",
            "nonsense",
            other("Invalid email address", 'Invalid value "nonsense" for externalMembers'),
            id="no address",
        ),
    ],
)
def test_adding_what_does_not_fit_is_refused(
    ana: Rest, name: str, field: str, value: object, expected: dict[str, Any]
) -> None:
    assert ana.patch(name, "addItem", field, value) == expected


@pytest.mark.parametrize("value", [None, -1, 1.5, True, ["a", 1], "x" * 513])
def test_a_value_of_an_impossible_kind_is_400(ana: Rest, value: object) -> None:
    body = [{"action": "set", "field": "description", "value": value}]

    assert ana.send("PATCH", f"/principal/{ANA}", body).status_code == 400


def test_the_name_is_looked_up_before_permission_and_body(ana: Rest, server: Simulator) -> None:
    ana.create("individual", "poor", secrets=["pw"], enabledPermissions=["authenticate"])
    poor = Rest(server, "poor", "pw")

    assert poor("PATCH", "/principal/nobody", "nonsense") == {"error": "notFound", "item": "nobody"}
    assert poor.send("PATCH", f"/principal/{ANA}", "nonsense").status_code == 403
    assert ana.send("PATCH", f"/principal/{ANA}", "nonsense").status_code == 400


def test_one_can_only_grant_what_one_holds(ana: Rest, server: Simulator) -> None:
    ana.create("role", "panel", enabledPermissions=MAY_CREATE)
    ana.create("apiKey", "key", secrets=["pw"], roles=["panel"])
    key = Rest(server, "key", "pw")

    refused = key("POST", "/principal", {"name": "x", "roles": ["user"]})
    assert refused == other("Invalid role", 'Your account cannot grant the "user" role')
    refused = key("POST", "/principal", {"name": "x", "enabledPermissions": ["impersonate"]})
    assert refused == other("Invalid permission", 'Your account cannot grant the "impersonate" permission')
    assert key.patch(ANA, "addItem", "roles", "admin")["details"] == "Invalid role"
    assert key.patch(ANA, "addItem", "disabledPermissions", "impersonate") == {"data": None}
    assert key.patch(ANA, "removeItem", "roles", "user") == {"data": None}
    assert "roles" not in ana.get(ANA)


def test_the_roles_of_a_key_are_set_once(ana: Rest) -> None:
    ana.create("apiKey", "key", secrets=["pw"], roles=["helper"])

    reason = ana.patch("key", "addItem", "roles", "user")["reason"]

    assert reason == 'Principal "user" cannot be added as a member.'


def test_granting_lifts_the_denial(ana: Rest) -> None:
    ana.patch(ANA, "set", "disabledPermissions", ["email-send", "email-receive"])

    ana.patch(ANA, "addItem", "enabledPermissions", "email-send")

    assert (ana.get(ANA)["enabledPermissions"], ana.get(ANA)["disabledPermissions"]) == (
        ["email-send"],
        ["email-receive"],
    )


def test_secrets_keep_their_kinds_apart(ana: Rest) -> None:
    url = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEH"
    ana.patch(ANA, "set", "secrets", ["one", "two", "$app$b$x", url, "$app$a$y"])
    assert ana.get(ANA)["secrets"] == [url, "one", "$app$a$y", "$app$b$x"]

    ana.patch(ANA, "addItem", "secrets", "three")
    ana.patch(ANA, "removeItem", "secrets", "")
    assert ana.get(ANA)["secrets"] == ["three"]

    ana.patch(ANA, "removeItem", "secrets", "thr")
    assert ana.get(ANA)["secrets"] == ["three"], "a password goes only as a whole"


def test_the_primary_address_is_followed_by_the_first_alias(ana: Rest) -> None:
    ana.patch(ANA, "set", "emails", [ANA, "z@example.org", "b@example.org"])
    assert ana.get(ANA)["emails"] == [ANA, "b@example.org", "z@example.org"]

    ana.patch(ANA, "removeItem", "emails", ANA)
    assert ana.get(ANA)["emails"] == ["b@example.org", "z@example.org"]


def test_members_change_the_other_side(ana: Rest) -> None:
    ana.patch("team@example.org", "set", "members", [ANA])
    assert ana.get(ANA)["memberOf"] == ["team@example.org"]

    ana.patch("team@example.org", "removeItem", "members", ANA)
    assert "memberOf" not in ana.get(ANA)
    assert ana.get(ANA)["roles"] == ["user"]


def test_deleting_a_group_leaves_its_members(ana: Rest) -> None:
    ana.patch(ANA, "addItem", "memberOf", "team@example.org")

    ana("DELETE", "/principal/team@example.org")

    assert "memberOf" not in ana.get(ANA)


def test_a_role_counts_at_once(ana: Rest, server: Simulator) -> None:
    ana.patch(ANA, "set", "secrets", ["pw"])
    ana.create("role", "suspended", disabledPermissions=["authenticate"])

    ana.patch(ANA, "addItem", "roles", "suspended")
    assert client_of(server, ANA, "pw").get("/jmap/session").status_code == 403
    assert ana.get("suspended")["members"] == [ANA]

    ana.patch(ANA, "removeItem", "roles", "suspended")
    assert client_of(server, ANA, "pw").get("/jmap/session").status_code == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("doe", ["j.doe@example.org"], id="a word of an address"),
        pytest.param("DOE jane", ["j.doe@example.org"], id="all words, any case"),
        pytest.param("do", [], id="no beginnings"),
        pytest.param("zzz jane", ["j.doe@example.org"], id="unknown words in front do not count"),
        pytest.param("jane zzz", [], id="unknown words behind do"),
        pytest.param("j.doe@example.org", ["j.doe@example.org"], id="a whole address"),
        pytest.param("...", [], id="only punctuation"),
        pytest.param("   ", ["ana@example.org", "j.doe@example.org"], id="only blanks are no filter"),
    ],
)
def test_the_filter_looks_for_whole_words(ana: Rest, text: str, expected: list[str]) -> None:
    ana.create("individual", "j.doe@example.org", description="Jane Doe", emails=["j.doe@example.org"])

    path = f"/principal?types=individual&fields=name&filter={text}"
    listed = ana("GET", path)["data"]

    assert ([one["name"] for one in listed["items"]], listed["total"]) == (expected, len(expected))


def test_names_are_listed_by_their_bytes_across_types(ana: Rest) -> None:
    for name in ("Ö", "zz", "a"):
        ana.create("individual", name)

    names = [one["name"] for one in ana("GET", "/principal?fields=name")["data"]["items"]]

    assert names == ["a", "all@example.org", ANA, "example.org", "helper", "team@example.org", "zz", "ö"]


def test_listing_everything_needs_every_permission(ana: Rest, server: Simulator) -> None:
    ana.create("apiKey", "key", secrets=["pw"], enabledPermissions=["authenticate", "individual-list"])
    key = Rest(server, "key", "pw")

    assert key("GET", "/principal?types=individual")["data"]["total"] == 1
    assert key.send("GET", "/principal").status_code == 403
    assert key.send("GET", "/principal?types=bogus").status_code == 403


@pytest.mark.parametrize(
    ("query", "items", "total"),
    [
        pytest.param("count=", 5, 5, id="an empty parameter is none"),
        pytest.param("count=0", 0, 5, id="any other value counts"),
        pytest.param("limit=2&page=3", 1, 5, id="the last page"),
        pytest.param("limit=junk&page=junk", 5, 5, id="junk falls back"),
        pytest.param("limit=3&limit=2", 2, 5, id="the last one wins"),
        pytest.param("fields=bogus&limit=1", 1, 5, id="unknown fields stand for all"),
    ],
)
def test_paging(ana: Rest, query: str, items: int, total: int) -> None:
    listed = ana("GET", f"/principal?{query}")["data"]

    assert (len(listed["items"]), listed["total"]) == (items, total)


def test_many_are_deleted_only_with_a_type_and_a_confirmation(ana: Rest) -> None:
    assert ana.send("DELETE", "/principal?type=individual").json()["detail"] == "Missing confirmation parameter"
    assert ana("DELETE", "/principal?type=individual&filter=nobody&confirm=true") == {"data": False}
    assert ana("DELETE", "/principal?type=individual&confirm=true") == {"data": True}
    assert ana("GET", "/principal?types=individual")["data"]["total"] == 0


def test_the_version_is_told_to_who_signed_in(server: Simulator, ana: Rest) -> None:
    data = ana("POST", "/oauth", {"type": "code", "client_id": "panel", "redirect_uri": None})["data"]

    assert (data["version"], data["isEnterprise"], len(data["permissions"])) == ("0.15.5", False, 266)
    assert ana.send("POST", "/oauth", {"type": "code"}).status_code == 400


def test_a_holder_changes_his_doors_himself(server: Simulator, ana: Rest) -> None:
    ana.patch(ANA, "set", "secrets", ["one"])
    holder = Rest(server, ANA, "one")

    holder("POST", "/account/auth", [{"type": "addAppPassword", "name": "phone", "password": "app"}])
    assert holder("GET", "/account/auth")["data"] == {"otpEnabled": False, "appPasswords": ["phone"]}

    holder("POST", "/account/auth", [{"type": "setPassword", "password": "two"}])
    assert ana.get(ANA)["secrets"] == ["two"], "a new password removes every app password"
    assert Rest(server, ANA, "two").send("POST", "/account/auth", []).json()["detail"] == "Empty request"


def test_a_bearer_key_changes_no_password(server: Simulator, ana: Rest) -> None:
    ana.create("apiKey", "panel", secrets=["s3cret"], roles=["user"])
    headers = {"authorization": "Bearer api_cGFuZWw6czNjcmV0"}
    body = [{"type": "setPassword", "password": "x"}]

    client = httpx.Client(transport=server.transport(), base_url="http://mail.example.org")
    answer = client.post("/api/account/auth", json=body, headers=headers)

    assert answer.json() == other("Password changes only allowed using Basic auth", None)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/principal", 404),
        ("OPTIONS", "/principal", 204),
        ("PUT", "/principal", 404),
        ("GET", "/account", 404),
        ("GET", "/schema", 404),
        ("GET", "/reload/lookup", 200),
        ("GET", "/account/crypto", 200),
    ],
)
def test_paths_and_methods(rest: Rest, method: str, path: str, status: int) -> None:
    assert rest.send(method, path).status_code == status


def test_a_401_has_a_challenge_only_for_credentials_of_the_wrong_form(server: Simulator) -> None:
    client = client_of(server)

    def challenges(value: str) -> list[str]:
        answer = client.get("/api/principal", headers={"authorization": value} if value else {}, auth=None)
        assert answer.status_code == 401
        return answer.headers.get_list("www-authenticate")

    assert [challenges(value) for value in ("", "Basic YWRtaW46d3Jvbmc=", "Bearer api_YWRtaW46d3Jvbmc=")] == [[]] * 3
    both = ['Bearer realm="Stalwart Server"', 'Basic realm="Stalwart Server"']
    assert [challenges(value) for value in ("Basic !", "Bearer token", "Digest x")] == [both] * 3


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("zz", {"a": "1", "b.c": "Two"}), ("zz.", {"a": "1", "b.c": "Two"}), ("zz.b", {"c": "Two"}), ("z", {})],
)
def test_a_prefix_of_settings_may_end_with_a_dot(rest: Rest, prefix: str, found: dict[str, str]) -> None:
    rest("POST", "/settings", [insert(["zz.a", "1"], ["zz.b.c", "Two"])])

    assert rest("GET", f"/settings/list?prefix={prefix}")["data"]["items"] == found
    listed = rest("GET", f"/settings/group?prefix={prefix}")["data"]["items"]
    assert {one["_id"]: one["_value"] for one in listed} == found


def test_groups_of_settings_need_no_prefix(rest: Rest) -> None:
    rest("POST", "/settings", [insert(["zz.a.kind", "1"], ["zz.a.more", "2"])])

    assert rest("GET", "/settings/group?suffix=.kind")["data"]["items"] == [{"_id": "zz.a", "kind": "1", "more": "2"}]


@pytest.mark.parametrize(
    "step",
    [
        {"type": "delete", "keys": [["zz.a"]]},
        {"type": "clear", "prefix": "zz", "filter": 5},
        {"type": "insert", "prefix": 5, "values": [], "assert_empty": False},
    ],
)
def test_settings_are_named_in_words(rest: Rest, step: dict[str, Any]) -> None:
    assert rest.send("POST", "/settings", [step]).status_code == 400


def test_without_a_prefix_only_the_first_key_has_to_be_new(rest: Rest) -> None:
    rest("POST", "/settings", [insert(["zz.a.b", "1"])])

    assert rest("POST", "/settings", [insert(["zz.a", "2"], must_be_new=True)]) == {"data": None}
    assert rest("POST", "/settings", [insert(["zz.a", "3"], must_be_new=True)]) == {"error": "assertFailed"}


def test_a_filter_with_capitals_clears_nothing(rest: Rest) -> None:
    rest("POST", "/settings", [insert(["zz.a", "Two"])])

    rest("POST", "/settings", [{"type": "clear", "prefix": "zz.", "filter": "Two"}])
    assert rest("GET", "/settings/list?prefix=zz")["data"]["total"] == 1
    rest("POST", "/settings", [{"type": "clear", "prefix": "zz.", "filter": "two"}])
    assert rest("GET", "/settings/list?prefix=zz")["data"]["total"] == 0


def insert(*values: list[str], must_be_new: bool = False) -> dict[str, Any]:
    return {"type": "insert", "prefix": None, "values": list(values), "assert_empty": must_be_new}


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/dkim/more", {"algorithm": "Ed25519", "domain": "example.org"}, 200),
        ("DELETE", "/logs", None, 404),
        ("POST", "/restart", None, 404),
        ("DELETE", "/settings/", None, 404),
        ("PATCH", "/queue/status/start/", None, 200),
    ],
)
def test_what_follows_a_path_is_not_looked_at(rest: Rest, method: str, path: str, content: object, status: int) -> None:
    assert rest.send(method, path, content).status_code == status


@pytest.mark.parametrize("value", ["x" * 513, ["x" * 513], [ANA, "x" * 513]])
def test_no_value_of_a_change_is_longer_than_512(ana: Rest, value: object) -> None:
    change = [{"action": "set", "field": "emails", "value": value}]

    assert ana.send("PATCH", f"/principal/{ANA}", change).status_code == 400


def test_the_log_names_the_administrator_by_login(rest: Rest) -> None:
    newest = rest("GET", "/logs?limit=1")["data"]["items"][0]

    assert newest["details"].endswith('accountName = "admin"')


@pytest.mark.parametrize("path", ["/.well-known/jmap", "/.well-known/jmap/", "/.well-known/jmap/more"])
def test_what_follows_a_well_known_path_is_not_looked_at(server: Simulator, path: str) -> None:
    answer = client_of(server).get(path)

    assert (answer.status_code, answer.headers["location"]) == (307, "/jmap/session")


@pytest.mark.parametrize(("end", "status"), [("", 200), ("/", 200), ("/more", 200), ("more", 404)])
def test_what_follows_the_path_of_autoconfig_is_not_looked_at(server: Simulator, end: str, status: int) -> None:
    path = f"/mail/config-v1.1.xml{end}?emailaddress={ANA}"

    assert client_of(server).get(path).status_code == status
