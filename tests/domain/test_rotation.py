"""The rules of a new signing key: the stages, when to look, what counts as published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain import rotation as rules
from accounts.domain.errors import RuleBroken
from accounts.domain.rotation import NEXT, Stage, Unknown, Verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORD = "v=DKIM1; k=ed25519; h=sha256; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("after", Stage)
def test_only_the_drawn_steps_are_allowed(stage: Stage, after: Stage) -> None:
    if after in NEXT[stage]:
        rules.require(stage, after)
        return
    with pytest.raises(RuleBroken, match=f"rotation_is_{stage}"):
        rules.require(stage, after)


def test_every_way_ends() -> None:
    reached, ahead = set[Stage](), {Stage.MAKING}
    while ahead:
        reached |= ahead
        ahead = {after for stage in ahead for after in NEXT[stage]} - reached

    assert reached == set(Stage)
    assert {stage for stage in Stage if not NEXT[stage]} == rules.OVER


def test_once_the_new_key_signs_it_is_not_abandoned() -> None:
    assert frozenset({Stage.MAKING, Stage.PUBLISHING, Stage.SWITCHING}) == rules.ABANDONABLE


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param([RECORD], Verdict.SEEN, id="as it should be"),
        pytest.param([f"  {RECORD.replace('; ', ' ;  ')};"], Verdict.SEEN, id="other blanks"),
        pytest.param(["p=11qYAYKxCrfVS/7TyWQHOg7h cvPapiMlrwIaaPcHURo=;k=ed25519"], Verdict.SEEN, id="bare and folded"),
        pytest.param([RECORD.replace("DKIM1;", "DKIM1; t=y; n=a note;")], Verdict.SEEN, id="tags that do not matter"),
        pytest.param(["v=spf1 -all", RECORD], Verdict.SEEN, id="beside another text"),
        pytest.param([], Verdict.MISSING, id="nothing"),
        pytest.param(["google-site-verification=abc"], Verdict.MISSING, id="something else"),
        pytest.param([RECORD.replace("11qY", "22qY")], Verdict.DIFFERENT, id="another key"),
        pytest.param([RECORD.partition("p=")[0] + "p="], Verdict.DIFFERENT, id="taken back"),
        pytest.param([RECORD.replace("ed25519", "rsa")], Verdict.DIFFERENT, id="another kind"),
        pytest.param([RECORD.replace("k=ed25519; ", "")], Verdict.DIFFERENT, id="no kind is rsa"),
        pytest.param([RECORD.replace("sha256", "sha1")], Verdict.DIFFERENT, id="another hash"),
        pytest.param([RECORD.replace("DKIM1", "DKIM2")], Verdict.DIFFERENT, id="another version"),
        pytest.param([RECORD + "; s=other"], Verdict.DIFFERENT, id="not for mail"),
        pytest.param([RECORD[:60]], Verdict.DIFFERENT, id="cut off"),
        pytest.param([RECORD, RECORD.replace("11qY", "22qY")], Verdict.SEVERAL, id="two keys"),
        pytest.param(Unknown("silence"), Verdict.UNKNOWN, id="nobody answered"),
    ],
)
def test_what_counts_as_published(found: list[str] | Unknown, said: Verdict) -> None:
    assert rules.verdict(RECORD, found) is said


@given(st.lists(st.text(max_size=80), max_size=4))
def test_whatever_stands_there_only_the_key_itself_is_seen(texts: list[str]) -> None:
    key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

    said = rules.verdict(RECORD, texts)

    assert said is not Verdict.UNKNOWN
    assert said is not Verdict.SEEN or any(key in "".join(text.split()) for text in texts)


def test_a_person_who_has_just_typed_the_record_is_not_kept_waiting() -> None:
    waits = [rules.looks_again_at(NOW, NOW + timedelta(hours=hours)) - NOW for hours in (0, 2, 30)]

    assert waits == [timedelta(minutes=1), timedelta(hours=2, minutes=10), timedelta(hours=31)]


def test_a_selector_is_never_used_twice() -> None:
    day = date(2026, 11, 24)

    assert rules.selector("rsa", (), day) == "20261124r"
    assert rules.selector("ed25519", {"20261124e", "20261124e2"}, day) == "20261124e3"


def test_what_follows_the_switch() -> None:
    assert rules.after_switching(["old"], is_urgent=False) is Stage.WAITING
    assert rules.after_switching(["old"], is_urgent=True) is Stage.REMOVING
    assert rules.after_switching([], is_urgent=False) is Stage.DONE


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_wait_that_makes_no_sense_is_refused(days: int) -> None:
    with pytest.raises(RuleBroken, match="wait_out_of_range"):
        rules.wait_days(days)
