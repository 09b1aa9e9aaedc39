"""Between a mailbox and an account of 0.16."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from stalwart_client import AppPassword, Create, Denial, Mailbox, NotFound, Update, Wanted
from stalwart_client._jmap_account import PERMISSIONS, mailbox
from stalwart_client._jmap_changes import Patch, creation, patch
from stalwart_client._jmap_links import Links
from tests.stalwart_client.answers import HASH, recorded

ANA = "ana@example.org"
SOON = datetime(2027, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
IDS = {"example.org": "b", "example.net": "c"}
NAMES = {value: key for key, value in IDS.items()}
LINKS = Links(domains=NAMES)
LOCK = frozenset({Denial.SIGN_IN})
DISABLED = "permissions/disabledPermissions"


def domain_name(ident: str) -> str:
    return NAMES.get(ident, "")


def merge(*disabled: str, enabled: dict[str, bool] | None = None) -> dict[str, Any]:
    return {
        "@type": "Merge",
        "enabledPermissions": enabled or {},
        "disabledPermissions": dict.fromkeys(disabled, True),
    }


def password(expires_at: str | None = None) -> dict[str, Any]:
    return {"@type": "Password", "credentialId": "a", "secret": "****", "expiresAt": expires_at}


def app_password(ident: str = "b", expires_at: str | None = None, kind: str = "AppPassword") -> dict[str, Any]:
    created = "2026-11-21T10:31:57Z"
    about = {"@type": kind, "credentialId": ident, "description": "Phone", "secret": "****", "createdAt": created}
    return about | {"expiresAt": expires_at}


def alias(name: str, ident: str = "b", *, enabled: bool = True) -> dict[str, Any]:
    return {"name": name, "domainId": ident, "enabled": enabled, "description": None}


def indexed(*elements: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(index): element for index, element in enumerate(elements)}


def account(**properties: Any) -> dict[str, Any]:
    return {
        "@type": "User",
        "id": "k",
        "emailAddress": ANA,
        "description": None,
        "aliases": {},
        "credentials": indexed(password()),
        "permissions": {"@type": "Inherit"},
        "quotas": {},
        "usedDiskQuota": 0,
        "memberGroupIds": {},
        "locale": "en_US",
        **properties,
    }


def patched(change: Update, **properties: Any) -> Patch:
    return patch(account(**properties), change, IDS, domain_name)


def test_a_recorded_account_is_a_mailbox() -> None:
    ((_, result, _),) = recorded("jmap-0.16.18", "get account").json()["methodResponses"]

    assert mailbox(result["list"][0], LINKS) == Mailbox(
        address="thandi.nkosi@metrosure.app",
        id="b",
        name="Thandi Nkosi",
        quota=104857600,
    )


@pytest.mark.parametrize(
    ("credentials", "deadline"),
    [
        pytest.param([], None, id="no door at all"),
        pytest.param([password()], None, id="an open password"),
        pytest.param([password("2027-01-01T00:00:00Z")], SOON, id="a closing password"),
        pytest.param([password("2027-01-01T00:00:00Z"), app_password()], None, id="an open app password"),
        pytest.param(
            [password("2027-01-01T00:00:00Z"), app_password(expires_at="2027-06-01T00:00:00Z", kind="ApiKey")],
            LATER,
            id="the last one to close counts",
        ),
    ],
)
def test_a_deadline_is_when_the_last_door_closes(credentials: list[dict[str, Any]], deadline: datetime | None) -> None:
    assert mailbox(account(credentials=indexed(*credentials)), LINKS).deadline == deadline


@pytest.mark.parametrize("denial", Denial)
def test_a_half_set_denial_does_not_count(denial: Denial) -> None:
    whole = sorted(PERMISSIONS[denial])

    assert mailbox(account(permissions=merge(*whole)), LINKS).denials == {denial}
    assert mailbox(account(permissions=merge(*whole[1:])), LINKS).denials == set()


def test_api_keys_are_doors_too() -> None:
    found = mailbox(account(credentials=indexed(app_password(kind="ApiKey"))), LINKS)

    assert found.app_passwords == (
        AppPassword(name="Phone", id="b", created_at=datetime(2026, 11, 21, 10, 31, 57, tzinfo=UTC)),
    )
    assert not found.has_password


def test_aliases_are_addresses_in_order_and_only_those_in_use() -> None:
    aliases = indexed(alias("z"), alias("a", "c"), alias("off", enabled=False), alias("unseen", "zz"))

    assert mailbox(account(aliases=aliases), LINKS).aliases == ("a@example.net", "z@example.org")


def test_a_new_mailbox_is_complete_at_once() -> None:
    wanted = Wanted(
        address="Ana@Example.org",
        name="Ana",
        aliases=("B@example.org", "a@example.net"),
        quota=5,
        denials=LOCK,
        deadline=SOON,
    )

    assert creation(Create(wanted=wanted, secret=HASH), IDS) == {
        "@type": "User",
        "name": "ana",
        "domainId": "b",
        "description": "Ana",
        "quotas": {"maxDiskQuota": 5},
        "aliases": {"0": {"name": "a", "domainId": "c"}, "1": {"name": "b", "domainId": "b"}},
        "credentials": {"0": {"@type": "Password", "secret": HASH, "expiresAt": "2027-01-01T00:00:00Z"}},
        "permissions": merge("authenticate"),
    }


def test_what_is_empty_is_not_sent() -> None:
    body = creation(Create(wanted=Wanted(address=ANA, deadline=SOON)), IDS)

    assert body == {"@type": "User", "name": "ana", "domainId": "b"}


def test_a_domain_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound) as caught:
        creation(Create(wanted=Wanted(address="ana@elsewhere.test")), IDS)

    assert caught.value.subject == "elsewhere.test"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(Update(address=ANA), {}, id="nothing"),
        pytest.param(Update(address=ANA, name="Ana"), {"description": "Ana"}, id="a name"),
        pytest.param(Update(address=ANA, name=""), {"description": None}, id="an empty text is refused, null is not"),
        pytest.param(Update(address=ANA, quota=5), {"quotas/maxDiskQuota": 5}, id="a quota"),
        pytest.param(Update(address=ANA, quota=0), {"quotas/maxDiskQuota": None}, id="no quota"),
    ],
)
def test_an_update_of_values(change: Update, expected: Patch) -> None:
    assert patched(change) == expected


@pytest.mark.parametrize(
    ("permissions", "deny", "allow", "expected"),
    [
        pytest.param({"@type": "Inherit"}, LOCK, set(), {"permissions": merge("authenticate")}, id="lock"),
        pytest.param(
            merge("emailSend"), LOCK, set(), {f"{DISABLED}/authenticate": True}, id="lock beside a denial made by hand"
        ),
        pytest.param(
            {"@type": "Replace", "enabledPermissions": {}, "disabledPermissions": {}},
            LOCK,
            set(),
            {f"{DISABLED}/authenticate": True},
            id="lock where permissions were replaced",
        ),
        pytest.param(merge("authenticate"), LOCK, set(), {}, id="lock what is locked"),
        pytest.param(merge("authenticate"), set(), LOCK, {"permissions": {"@type": "Inherit"}}, id="unlock"),
        pytest.param(
            merge("authenticate", "emailSend"),
            set(),
            LOCK,
            {f"{DISABLED}/authenticate": None},
            id="unlock beside a denial made by hand",
        ),
        pytest.param(
            merge("authenticate", enabled={"impersonate": True}),
            set(),
            LOCK,
            {f"{DISABLED}/authenticate": None},
            id="unlock beside a right given by hand",
        ),
        pytest.param(
            {"@type": "Replace", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}},
            set(),
            LOCK,
            {f"{DISABLED}/authenticate": None},
            id="unlock where permissions were replaced",
        ),
        pytest.param({"@type": "Inherit"}, set(), LOCK, {}, id="unlock what is open"),
        pytest.param(
            merge("authenticate"),
            {Denial.RECEIVE},
            LOCK,
            {f"{DISABLED}/emailReceive": True, f"{DISABLED}/authenticate": None},
            id="one for another",
        ),
        pytest.param(
            merge("jmapPrincipalGet"),
            {Denial.DIRECTORY},
            set(),
            {f"{DISABLED}/davPrincipalSearch": True, f"{DISABLED}/jmapPrincipalQuery": True},
            id="a half-set denial is completed",
        ),
        pytest.param(
            merge("sysApiKeyCreate", "emailSend"),
            set(),
            {Denial.CREDENTIALS},
            {f"{DISABLED}/sysApiKeyCreate": None},
            id="a half-set denial is lifted",
        ),
    ],
)
def test_an_update_of_denials(
    permissions: dict[str, Any], deny: set[Denial], allow: set[Denial], expected: Patch
) -> None:
    change = Update(address=ANA, deny=frozenset(deny), allow=frozenset(allow))

    assert patched(change, permissions=permissions) == expected


@pytest.mark.parametrize(
    ("change", "credentials", "expected"),
    [
        pytest.param(
            Update(address=ANA, deadline=SOON),
            [app_password(), password(), app_password("c", kind="ApiKey")],
            {f"credentials/{n}/expiresAt": "2027-01-01T00:00:00Z" for n in range(3)},
            id="a deadline reaches every door",
        ),
        pytest.param(
            Update(address=ANA, deadline=None),
            [password("2027-01-01T00:00:00Z")],
            {"credentials/0/expiresAt": None},
            id="no deadline",
        ),
        pytest.param(Update(address=ANA, deadline=SOON), [], {}, id="a deadline has nothing to stand on"),
        pytest.param(
            Update(address=ANA, secret=HASH),
            [app_password(), password()],
            {"credentials/1/secret": HASH},
            id="the password is not always first",
        ),
        pytest.param(
            Update(address=ANA, secret=HASH),
            [app_password()],
            {"credentials/1": {"@type": "Password", "secret": HASH}},
            id="a first password goes to a free place",
        ),
        pytest.param(
            Update(address=ANA, secret=HASH),
            [app_password(expires_at="2027-01-01T00:00:00Z")],
            {"credentials/1": {"@type": "Password", "secret": HASH, "expiresAt": "2027-01-01T00:00:00Z"}},
            id="a first password keeps the deadline",
        ),
        pytest.param(
            Update(address=ANA, secret=HASH, deadline=LATER),
            [],
            {"credentials/0": {"@type": "Password", "secret": HASH, "expiresAt": "2027-06-01T00:00:00Z"}},
            id="a first password gets the new deadline",
        ),
        pytest.param(
            Update(address=ANA, end_app_passwords=True),
            [app_password(), password(), app_password("c", kind="ApiKey")],
            {"credentials/0": None, "credentials/2": None},
            id="all other doors go",
        ),
        pytest.param(
            Update(address=ANA, end_app_passwords=True, deadline=SOON, secret=HASH),
            [app_password(), password()],
            {
                "credentials/0": None,
                "credentials/1/expiresAt": "2027-01-01T00:00:00Z",
                "credentials/1/secret": HASH,
            },
            id="what goes needs no deadline",
        ),
    ],
)
def test_an_update_of_doors(change: Update, credentials: list[dict[str, Any]], expected: Patch) -> None:
    assert patched(change, credentials=indexed(*credentials)) == expected


def test_a_deadline_is_written_in_utc() -> None:
    johannesburg = timezone(timedelta(hours=2))
    change = Update(address=ANA, deadline=datetime(2027, 1, 1, 2, tzinfo=johannesburg))

    assert patched(change) == {"credentials/0/expiresAt": "2027-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("wanted", "aliases", "expected"),
    [
        pytest.param((), [alias("a"), alias("b")], {"aliases/0": None, "aliases/1": None}, id="none"),
        pytest.param(
            ("B@example.org", "new@example.net"),
            [alias("a"), alias("b")],
            {"aliases/0": None, "aliases/2": {"name": "new", "domainId": "c"}},
            id="one goes, one stays, one comes",
        ),
        pytest.param(
            ("a@example.org",),
            [alias("a", enabled=False), alias("b", enabled=False)],
            {"aliases/0/enabled": True},
            id="one is switched on, and one switched off by hand stays",
        ),
    ],
)
def test_an_update_of_aliases(wanted: tuple[str, ...], aliases: list[dict[str, Any]], expected: Patch) -> None:
    assert patched(Update(address=ANA, aliases=wanted), aliases=indexed(*aliases)) == expected
