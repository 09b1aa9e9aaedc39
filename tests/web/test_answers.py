"""What every answer has: a policy that allows no script in the page, and a page for whatever went wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Account

pytestmark = pytest.mark.django_db
PAGES = ["/", "/accounts/", "/accounts/new/", "/audit/", "/domains/", "/password/", "/nowhere/", "/accounts/0/"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_script_and_style_in_itself(path: str, operator: Client, account: Account) -> None:
    answer = operator.get(path)
    page = answer.content.decode()

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not [link for link in re.findall(r'(?:src|href)="(\S*?)"', page) if "//" in link]


def test_htmx_is_told_to_evaluate_nothing_and_keep_nothing(operator: Client) -> None:
    page = operator.get("/").content.decode()

    for setting in ('"allowEval": false', '"includeIndicatorStyles": false', '"historyCacheSize": 0'):
        assert setting in page


def test_an_old_form_is_explained(account: Account, operator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies

    answer = strict.post(f"/accounts/{account.pk}/end/")

    assert answer.status_code == 403
    assert "This page had been open for too long" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_forbidden_page_says_what_may_be_done(auditor: Client, account: Account) -> None:
    answer = auditor.get(f"/accounts/{account.pk}/suspend/")

    assert answer.status_code == 403
    assert "You are signed in as Auditor" in " ".join(answer.content.decode().split())


def test_strangers_see_an_error_page_without_the_panel_around_it() -> None:
    page = Client().get("/nowhere/").content.decode()

    assert "There is no such page" in page
    assert 'id="side"' not in page


def test_a_broken_panel_says_so_without_the_database(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.queries.pulses.machinery", fail)
    operator.raise_request_exception = False

    answer = operator.get("/")

    page = answer.content.decode()
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_page_of_names_is_not_cached(operator: Client) -> None:
    assert operator.get("/accounts/")["Cache-Control"] == "no-store"


def test_templates_hold_no_sentence_that_cannot_be_translated() -> None:
    """Words between tags stand in translate or blocktranslate; what is typed into a program does not."""
    loose = re.compile(r">[^<>{}]*[a-zA-Z]{3,}[^<>{}]*<")
    blocks = re.compile(
        r"{% blocktranslate.*?{% endblocktranslate %}|{#.*?#}|{% comment %}.*?{% endcomment %}|<code.*?</code>",
        re.DOTALL,
    )
    found = {
        path.name: hit.group().strip()
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for hit in loose.finditer(blocks.sub("", path.read_text(encoding="utf-8")))
    }

    assert {name: words for name, words in found.items() if "<kbd" not in words and words != ">Esc<"} == {}
