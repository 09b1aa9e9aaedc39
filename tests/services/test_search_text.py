"""What accounts are searched by follows every change of them, whoever makes it and how."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import Account, Campaign, searchtext
from accounts.services import accounts as services
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db


def _found(*words: str) -> list[int]:
    return searchtext.numbers_with(words, 100)


@pytest.mark.parametrize(
    "words",
    [
        ["thandi"],
        ["hand"],
        ["NKO"],
        ["nkosi@metro"],
        ["thandi", "metrosure"],
        ["pharm"],
        ["Ha"],
        ["t"],
        ["nk", "visits"],
    ],
)
def test_it_finds_parts_of_words(words: list[str], now: datetime) -> None:
    account = make_account(now=now, purpose="Visits to pharmacies")

    assert _found(*words) == [account.pk]
    assert _found(*words, "nobody") == []


@pytest.mark.parametrize("word", ["%", "_", '"', "'", "*", "(", "a%b", "OR", '" OR "', "NEAR(", "\\", "-x:"])
def test_signs_of_the_database_are_letters(word: str, now: datetime) -> None:
    make_account("other@metrosure.app", now=now)
    account = make_account(now=now, purpose=f"Say {word}!{word} twice")

    assert _found(f"{word}!{word}") == [account.pk]
    assert _found(f"{word}!", f"!{word}"[:2]) == [account.pk]


def test_it_follows_a_change_and_a_deletion(now: datetime) -> None:
    account = make_account(now=now, name="Thandi Nkosi")
    services.edit_account(account.pk, by=TESTER, now=now, name="Zanele Dlamini")

    assert (_found("zanele"), _found("zanele", "dlamini"), _found("thandi", "nkosi")) == (
        [account.pk],
        [account.pk],
        [account.pk] if "thandi.nkosi" in account.address else [],
    )

    Account.objects.filter(pk=account.pk).update(owner="somebody.else")
    assert _found("somebody.else") == [account.pk]

    account.operations.all().delete()
    account.delete()
    assert _found("zanele") == []


def test_it_follows_rows_that_are_written_together(now: datetime) -> None:
    account = make_account(now=now)
    account.name = "Chloé Müller"

    Account.objects.write_back([account], ["name"])

    assert _found("müller") == [account.pk]


def test_it_follows_second_addresses_and_the_name_of_the_campaign(now: datetime) -> None:
    account = make_account(now=now, campaign="Spring audit", aliases=["shopper026@metrosure.app"])
    assert _found("shopper026", "spring audit") == [account.pk]

    services.edit_account(account.pk, by=TESTER, now=now, aliases=["shopper027@metrosure.app"])
    Campaign.objects.update(name="Autumn audit")

    assert (_found("shopper026"), _found("spring")) == ([], [])
    assert _found("shopper027", "autumn") == [account.pk]


def test_a_migration_takes_it_away_and_it_is_made_again_and_filled(now: datetime) -> None:
    account = make_account(now=now, name="Thandi Nkosi")

    searchtext.take_away(plan=["a migration"])
    Account.objects.update(name="Zanele Dlamini")
    searchtext.make()

    assert (_found("zanele"), _found("thandi nkosi")) == ([account.pk], [])
    Account.objects.update(owner="lead@example.org")
    assert _found("lead@example.org") == [account.pk]


def test_where_nothing_is_migrated_it_stays(now: datetime) -> None:
    account = make_account(now=now)

    searchtext.take_away(plan=[])
    searchtext.make()

    assert _found("thandi") == [account.pk]


def test_an_old_sqlite_finds_the_same(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account(now=now, campaign="Spring audit", aliases=["shopper026@metrosure.app"])
    make_account("other@metrosure.app", now=now)
    monkeypatch.setattr(searchtext, "_SQLITE_HAS_TRIGRAMS", False)
    searchtext.take_away(plan=["a migration"])
    searchtext.make()

    assert _found("nkosi", "spring", "shopper026") == [account.pk]
    assert _found("nkosi", "%") == []
