"""A limited operator: every page about something else is not there, and no page tells of it.

Both tests walk all addresses, so a page that is added and looks further fails here without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from accounts.domain.people import MAY, UNLIMITED_ONLY, Deed, Role
from accounts.models import Account, Batch, Operation, Staff
from tests.reach import FAR_WORDS, LIMITS, Place, Places, places, view_of_another
from tests.web.test_access import _POST_ONLY, PAGES

pytestmark = pytest.mark.django_db

OPEN = MAY[Role.OPERATOR] - UNLIMITED_ONLY
OURS = {name: page for name, page in PAGES.items() if page.callback.door in OPEN}  # type: ignore[attr-defined]
ABOUT_NOTHING = {"accounts:bulk": "a kind of change, whatever it is for", "campaigns:profile": "profiles are for all"}
"""Pages whose address holds something that nobody is limited to."""
ABOUT_SOMETHING = sorted(name for name, page in OURS.items() if page.pattern.converters and name not in ABOUT_NOTHING)
METHODS = ("get", "post")
NOT_LOOKED_AT = {
    (name, "get")
    for name in (
        *_POST_ONLY,
        "accounts:follow",
        "imports:columns",
        "imports:options",
        "imports:mend",
        "imports:start",
        "imports:throw-away",
    )
}
"""Pages that only take what is sent to them: looking at one is refused before it looks for anything itself."""
OF_OTHERS = {
    "accounts:view",
    "accounts:view-delete",
    "domains:dns-zone",
    *(n for n in ABOUT_SOMETHING if "import" in n),
}
"""What an operator sees nothing of if it is somebody else's, or if there is nothing yet."""


@pytest.fixture
def there(now: datetime, db: None) -> Places:
    return places(now)


@pytest.fixture
def limited(there: Places, staff: Callable[[Role], Staff]) -> Callable[[str], Client]:
    """Return a browser of an operator who reaches what is near."""

    def make(limit: str) -> Client:
        person = staff(Role.OPERATOR)
        person.limits = there.reach(limit).as_plain()
        person.save()
        client = Client()
        client.force_login(person)
        return client

    return make


def _path(name: str, place: Place, now: datetime) -> str:
    """Return the address of a page about something of this place."""
    return reverse(name, kwargs={key: _value(name, key, place, now) for key in PAGES[name].pattern.converters})


def _value(name: str, key: str, place: Place, now: datetime) -> object:
    if key == "operation":
        return place.operation.pk
    if key == "number":
        return 1
    if "job" in name:
        return place.job.pk
    if name.startswith("accounts:view"):
        return view_of_another(now).pk
    subjects = {
        "accounts": place.account,
        "campaigns": place.campaign,
        "domains": place.domain,
        "drift": place.drift,
        "imports": place.sheet,
    }
    return subjects[name.partition(":")[0]].pk


@pytest.mark.parametrize("limit", LIMITS)
def test_what_is_beyond_is_not_there(
    limit: str, there: Places, limited: Callable[[str], Client], now: datetime
) -> None:
    client = limited(limit)
    # Campaigns are in no mail domain, so whoever is limited to some may look at every domain.
    names = [name for name in ABOUT_SOMETHING if limit != "campaign" or not name.startswith("domains:")]

    found = {
        (name, method): _status(client, method, _path(name, there.far, now)) for name in names for method in METHODS
    }

    assert {at: status for at, status in found.items() if status != 404 and at not in NOT_LOOKED_AT} == {}


@pytest.mark.parametrize("limit", LIMITS)
def test_what_is_near_is_there(limit: str, there: Places, limited: Callable[[str], Client], now: datetime) -> None:
    """The same pages about what is within reach: else the test above would pass by addresses that lead nowhere."""
    client = limited(limit)
    names = [name for name in ABOUT_SOMETHING if name not in OF_OTHERS and (name, "get") not in NOT_LOOKED_AT]

    found = {name: _status(client, "get", _path(name, there.near, now)) for name in names}

    assert set(found.values()) <= {200, 302}


@pytest.mark.parametrize("limit", LIMITS)
def test_no_page_tells_of_what_is_beyond(
    limit: str, there: Places, limited: Callable[[str], Client], now: datetime
) -> None:
    words = FAR_WORDS if limit == "campaign" else (*FAR_WORDS, "far.metrosure.app")
    client = limited(limit)

    shown = {name: _text(client.get(_near_path(name, there, now))) for name in OURS}

    assert {name: [word for word in words if word in text] for name, text in shown.items() if _has(text, words)} == {}


def test_somebody_without_limits_is_told(there: Places, operator: Client, now: datetime) -> None:
    telling = {name for name in OURS if _has(_text(operator.get(_near_path(name, there, now))), FAR_WORDS)}

    assert telling >= {
        "accounts:list",
        "accounts:export-csv",
        "accounts:new",
        "audit:list",
        "campaigns:list",
        "changes:list",
        "dashboard",
        "drift:list",
        "imports:list",
    }


def test_whoever_is_limited_to_campaigns_looks_at_every_domain(there: Places, limited: Callable[[str], Client]) -> None:
    page = limited("campaign").get(f"/domains/{there.far.domain.pk}/")

    assert page.status_code == 200
    assert not _has(_text(page), FAR_WORDS)


def _status(client: Client, method: str, path: str) -> int:
    given = {"reason": "x"} if method == "post" else {}
    return int(getattr(client, method)(path, given).status_code)


def _has(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _near_path(name: str, there: Places, now: datetime) -> str:
    if name == "accounts:bulk":
        return reverse(name, args=["extend"])
    if name == "campaigns:profile":
        return reverse(name, args=[there.near.account.profile_id])
    return _path(name, there.near, now)


def _text(answer: HttpResponseBase) -> str:
    whole = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return str(whole, "utf-8", "replace")


@pytest.mark.parametrize("limit", LIMITS)
def test_searching_finds_nobody_beyond(limit: str, limited: Callable[[str], Client], there: Places) -> None:
    client = limited(limit)

    found = _text(client.get("/accounts/", {"q": "zanele"}))
    taken = _text(client.get("/accounts/mailboxes.csv", {"q": "zanele"}))

    assert there.far.account.address not in found + taken


@pytest.mark.parametrize("limit", LIMITS)
def test_numbers_that_are_kept_for_a_while_are_of_one_reach(
    limit: str, limited: Callable[[str], Client], auditor: Client, there: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.queries.accounts._VERY_MANY", 0)
    everybody = _text(auditor.get("/accounts/"))

    assert "2 on the mail server" in everybody
    assert "1 on the mail server" in _text(limited(limit).get("/accounts/"))


@pytest.mark.parametrize("limit", LIMITS)
def test_a_bulk_change_of_all_goes_no_further(limit: str, limited: Callable[[str], Client], there: Places) -> None:
    both = f"{there.near.account.pk},{there.far.account.pk}"
    client = limited(limit)

    for chosen in ({"all": "1"}, {"picked": both}):
        client.post("/accounts/bulk/end/", {"asked": "1", "reason": "x", **chosen})

    made = [set(batch.rows.values_list("account", flat=True)) for batch in Batch.objects.filter(kind="bulk")]
    assert made[2:] == [{there.near.account.pk}] * 2


@pytest.mark.parametrize("limit", LIMITS)
def test_hurrying_hurries_nobody_beyond(
    limit: str, limited: Callable[[str], Client], there: Places, now: datetime
) -> None:
    later = datetime.fromisoformat("2027-01-01T00:00+00:00")
    Operation.objects.update(due_at=later)

    limited(limit).post("/changes/hurry/")

    assert [Operation.objects.get(pk=place.operation.pk).due_at for place in (there.near, there.far)] == [now, later]


def test_a_new_mailbox_elsewhere_is_refused_beside_its_field(limited: Callable[[str], Client], now: datetime) -> None:
    given = {"name": "Ben", "owner": "a@example.org", "last_day": "2026-12-18", "purpose": "x"}
    client = limited("both")

    elsewhere = client.post("/accounts/new/", {**given, "address_0": "ben", "address_1": "far.metrosure.app"})
    nowhere = client.post("/accounts/new/", {**given, "address_0": "ben", "address_1": "near.metrosure.app"})

    assert (elsewhere.status_code, nowhere.status_code) == (422, 422)
    assert "outside of them" in _text(nowhere)
    assert not Account.objects.filter(name="Ben").exists()


def test_whoever_is_limited_is_shown_no_way_to_the_whole(limited: Callable[[str], Client]) -> None:
    client = limited("domain")

    pages = _text(client.get("/")) + _text(client.get("/accounts/"))

    assert "/queue/" not in pages
    assert "/addresses/" not in pages
    assert {client.get(path).status_code for path in ("/queue/", "/addresses/", "/addresses/blocked/")} == {403}


def test_whoever_is_limited_is_told_so(there: Places, limited: Callable[[str], Client]) -> None:
    client = limited("both")

    pages = [_text(client.get(path)) for path in ("/", f"/accounts/{there.far.account.pk}/", "/queue/")]

    assert all("near.metrosure.app, Nearby audit" in page for page in pages)
    assert "/campaigns/new/" not in _text(client.get("/campaigns/"))


def test_with_another_role_limits_do_not_count(there: Places, limited: Callable[[str], Client]) -> None:
    client = limited("both")
    path = f"/accounts/{there.far.account.pk}/"

    before = client.get(path).status_code
    Staff.objects.filter(role=Role.OPERATOR).update(role=Role.AUDITOR)

    assert (before, client.get(path).status_code) == (404, 200)


def test_every_deed_of_the_whole_is_one_that_operators_have() -> None:
    assert MAY[Role.OPERATOR] >= UNLIMITED_ONLY
    assert Deed.READ not in UNLIMITED_ONLY
