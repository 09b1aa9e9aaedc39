"""Places in a list, as links carry them: read back exactly, or not at all."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import Account
from accounts.queries.paging import Cursor, Order

MOMENT = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
EXAMPLE = (MOMENT, "", 0)


def _link(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def test_a_place_survives_its_link() -> None:
    cursor = Cursor((MOMENT, "Zoë", 7))

    assert Cursor.read(str(cursor), EXAMPLE) == cursor


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("€", id="no letters of a link"),
        pytest.param("bm9uc2Vuc2U", id="no list"),
        pytest.param(_link(7), id="a number"),
        pytest.param(_link([1, 2]), id="too short"),
        pytest.param(_link(["2026-11-24", "x", 1]), id="a moment without zone"),
        pytest.param(_link([MOMENT.isoformat(), "x\x00", 1]), id="a sign no database takes"),
        pytest.param(_link([MOMENT.isoformat(), "x", 10**30]), id="a number no database takes"),
        pytest.param(_link([MOMENT.isoformat(), 5, 1]), id="another kind"),
    ],
)
def test_a_broken_link_is_no_place(text: str) -> None:
    assert Cursor.read(text, EXAMPLE) is None


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_going_back_turns_the_order_around(descending: bool, backwards: bool) -> None:
    names = Order(("ends_at", "pk"), descending=descending).names(backwards=backwards)

    assert names == (["-ends_at", "-pk"] if descending != backwards else ["ends_at", "pk"])


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/?after=nonsense",
        f"/accounts/?before={_link([10**30])}&sort=address",
        "/accounts/?q=%00&domain=%00&state=%00",
        "/audit/?after=nonsense&actor=%00&since=%00",
        "/accounts/new/address/?name=%00&address_1=%00",
    ],
)
def test_no_address_breaks_a_page(path: str, operator: Client, account: Account) -> None:
    assert operator.get(path).status_code == 200


def test_an_absurd_number_is_no_account(operator: Client) -> None:
    assert operator.get(f"/accounts/{10**30}/").status_code == 404
