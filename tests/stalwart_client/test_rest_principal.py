"""Between a mailbox and a principal of 0.15."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stalwart_client import AppPassword, Create, Denial, Mailbox, Unsupported, Update, Wanted
from stalwart_client._rest_principal import Step, creation, mailbox, patch
from tests.stalwart_client.answers import HASH, recorded

ANA = "ana@example.org"
PRINCIPAL: dict[str, Any] = {"type": "individual", "id": 5, "name": ANA, "emails": [ANA]}


def step(action: str, field: str, value: object) -> Step:
    return {"action": action, "field": field, "value": value}


def test_a_recorded_principal_is_a_mailbox() -> None:
    answer = recorded("rest-0.15.5", "get with app password").json()

    assert mailbox(answer["data"]) == Mailbox(
        address="thandi.nkosi@metrosure.app",
        name="Thandi N.",
        catch_all=("shop.metrosure.app",),
        app_passwords=(AppPassword(name="iPhone", id="iPhone"),),
    )


def test_a_recorded_suspension_is_a_lock() -> None:
    assert mailbox(recorded("rest-0.15.5", "get suspended").json()["data"]).locked


@pytest.mark.parametrize(
    ("secrets", "has_password", "names"),
    [
        ([], False, []),
        ([HASH], True, []),
        (["otpauth://totp/x"], False, []),
        (["$app$Phone$secret"], False, ["Phone"]),
        ([HASH, "$app$Phone$$6$x", "$app$VGFibGV0$y"], True, ["Phone", "Tablet"]),
        (["$app$$y", "$app$AAAA$y"], False, ["", "AAAA"]),
    ],
)
def test_secrets_become_doors_and_are_forgotten(secrets: list[str], has_password: bool, names: list[str]) -> None:
    found = mailbox(PRINCIPAL | {"secrets": secrets})

    assert (found.has_password, [each.name for each in found.app_passwords]) == (has_password, names)
    assert not [secret for secret in secrets if secret in repr(found)]


def test_a_login_name_that_is_no_address_goes_by_its_first_e_mail() -> None:
    found = mailbox({"name": "ana", "emails": [ANA, "a@example.org"]})

    assert (found.address, found.aliases) == (ANA, ("a@example.org",))


def test_a_new_mailbox_is_complete_at_once() -> None:
    wanted = Wanted(
        address="Ana@Example.org",
        name="Ana",
        aliases=("B@example.org", "a@example.org"),
        quota=5,
        denials=frozenset({Denial.SIGN_IN, Denial.DIRECTORY}),
    )

    assert creation(Create(wanted=wanted, secret=HASH)) == {
        "type": "individual",
        "name": ANA,
        "description": "Ana",
        "emails": [ANA, "a@example.org", "b@example.org"],
        "roles": ["user"],
        "quota": 5,
        "secrets": [HASH],
        "disabledPermissions": ["authenticate"],
    }


def test_what_is_empty_is_not_sent() -> None:
    body = creation(Create(wanted=Wanted(address=ANA)))

    assert body == {"type": "individual", "name": ANA, "emails": [ANA], "roles": ["user"]}


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        pytest.param(Update(address=ANA), [], id="nothing"),
        pytest.param(Update(address=ANA, name=""), [step("set", "description", "")], id="no name"),
        pytest.param(Update(address=ANA, quota=0), [step("set", "quota", 0)], id="no quota"),
        pytest.param(
            Update(address=ANA, deny=frozenset({Denial.SIGN_IN})),
            [step("addItem", "disabledPermissions", "authenticate")],
            id="lock",
        ),
        pytest.param(
            Update(address=ANA, allow=frozenset({Denial.SIGN_IN})),
            [step("removeItem", "disabledPermissions", "authenticate")],
            id="unlock",
        ),
        pytest.param(
            Update(address=ANA, deny=frozenset({Denial.RECEIVE, Denial.CREDENTIALS, Denial.DIRECTORY})),
            [
                step("addItem", "disabledPermissions", "email-receive"),
                step("addItem", "disabledPermissions", "manage-passwords"),
            ],
            id="all denials that exist here",
        ),
        pytest.param(
            Update(address=ANA, aliases=("new@example.org", "KEPT@example.org")),
            [step("removeItem", "emails", "old@example.org"), step("addItem", "emails", "new@example.org")],
            id="aliases one by one",
        ),
        pytest.param(
            Update(address=ANA, secret=HASH),
            [step("addItem", "secrets", HASH)],
            id="a new password keeps app passwords",
        ),
        pytest.param(
            Update(address=ANA, secret=HASH, end_app_passwords=True),
            [step("set", "secrets", [HASH])],
            id="a new password and nothing else",
        ),
        pytest.param(
            Update(address=ANA, end_app_passwords=True),
            [step("removeItem", "secrets", "$app$")],
            id="no app passwords",
        ),
        pytest.param(Update(address=ANA, deadline=None), [], id="no deadline is what it has"),
    ],
)
def test_an_update_is_steps(change: Update, steps: list[Step]) -> None:
    present = Mailbox(address=ANA, aliases=("kept@example.org", "old@example.org"))

    assert patch(change, present) == steps


def test_roles_lists_and_groups_are_never_written() -> None:
    everything = Update(
        address=ANA,
        name="x",
        quota=1,
        aliases=("a@example.org",),
        deny=frozenset({Denial.SIGN_IN}),
        allow=frozenset({Denial.RECEIVE}),
        secret=HASH,
        end_app_passwords=True,
    )

    fields = {each["field"] for each in patch(everything, Mailbox(address=ANA))}

    # Setting any one of the three wipes the other two.
    assert not fields & {"roles", "lists", "memberOf"}


def test_a_deadline_cannot_be_kept_here() -> None:
    deadline = datetime(2027, 1, 1, tzinfo=UTC)

    with pytest.raises(Unsupported):
        patch(Update(address=ANA, deadline=deadline), Mailbox(address=ANA))
    with pytest.raises(Unsupported):
        creation(Create(wanted=Wanted(address=ANA, deadline=deadline)))
