"""An administrator adds a domain and gives it a new signing key, with script and without."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import sign_in

CARD = "#rotations"


def _until(page: Page, words: str, *, scripted: bool, part: str = CARD) -> None:
    """Wait for the worker; without script the person loads the page again."""
    for _ in range(30):
        if words in page.locator(part).inner_text():
            break
        if not scripted:
            page.reload()
        page.wait_for_timeout(700)
    expect(page.locator(part)).to_contain_text(words)


def test_a_domain_and_its_new_key(page: Page, scripted: bool) -> None:
    name = f"bücher-{uuid4().hex[:6]}.org"
    sign_in(page, "admin")
    page.goto("/domains/")

    page.get_by_role("link", name="Add a domain…").click()
    page.get_by_role("textbox", name="Mail domain").fill("gmail.com")
    page.get_by_role("button", name="Add the domain").click()
    expect(page.get_by_text("belongs to a mail provider")).to_be_visible()
    page.get_by_role("textbox", name="Mail domain").fill(name)
    page.get_by_role("button", name="Add the domain").click()
    page.get_by_role("heading", level=1, name=name).wait_for()

    for _ in range(20):  # the server makes the first keys by itself, a moment later
        if page.locator("#keytable").get_by_text("RSA 2048").count():
            break
        page.wait_for_timeout(700)
        page.reload()
    page.get_by_role("link", name="Replace a key…").click()
    page.get_by_label("Kind of key").select_option("rsa")
    page.get_by_role("button", name="Make the new key").click()
    _until(page, "Publish this TXT record.", scripted=scripted)

    page.get_by_role("button", name="Check now").click()
    _until(page, "did not answer, so this says nothing", scripted=scripted)
    page.get_by_role("link", name="Switch anyway…").click()
    page.get_by_role("button", name="Switch unseen").click()
    page.get_by_text("Write one sentence.").first.wait_for()
    page.get_by_label("Reason").fill("Seen by hand")
    page.get_by_role("button", name="Switch unseen").click()
    _until(page, "the new key signs already", scripted=scripted)
    _until(page, "Deleted", scripted=scripted, part="#keytable")
    expect(page.locator("#keytable")).to_contain_text(re.compile(r"Deleted \w{3} \d"))
