"""A list is brought, mended in place, carried out and looked at, with and without script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import sign_in
from tests.e2e.test_accessibility import axe

LAST_DAY = (datetime.now(UTC) + timedelta(days=40)).date()


def _sheet(tag: str) -> bytes:
    """Two good people, one without a last day, one twice."""
    lines = ["Voornaam;Van;Nommer;Laaste dag;Veldtog;Eienaar"]
    for number, (first, end) in enumerate([("Ana", LAST_DAY), ("Ben", LAST_DAY), ("Cleo", "")], start=1):
        lines.append(f"{first};Lys{tag};{tag}-{number};{end};Lys {tag};lead@metrosure.app")
    return "\n".join([*lines, lines[1]]).encode("cp1252")


def test_a_list_from_file_to_mailboxes(page: Page, scripted: bool, tmp_path: Path) -> None:
    tag = "Een" if scripted else "Twee"
    file = tmp_path / "span.csv"
    file.write_bytes(_sheet(tag))
    sign_in(page)
    page.goto("/imports/new/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check the list").click()

    expect(page.get_by_role("button", name="Create 2")).to_be_visible()
    expect(page.locator("#row-4")).to_contain_text("Row 1 again")
    missing = page.locator("#row-3")
    expect(missing).to_contain_text("There is no last day.")
    missing.get_by_label("Last day").fill(LAST_DAY.strftime("%d %b %Y"))
    missing.get_by_role("button", name="Check again").click()
    page.locator("#row-4").get_by_role("button", name="Leave it out").click()
    page.get_by_role("button", name="Create 3").click()

    heading = page.get_by_role("heading", name="3 of 3")
    for _ in range(30):
        if not scripted:
            page.reload()
        if heading.is_visible() and page.get_by_text("Done, read back").count() == 3:
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("Done, read back")).to_have_count(3)


def test_the_pages_of_a_list_have_no_fault(browser: Browser, panel: str) -> None:
    for theme, width in (("light", 1280), ("dark", 390)):
        context = browser.new_context(base_url=panel, viewport={"width": width, "height": 900}, reduced_motion="reduce")
        context.add_cookies([{"name": "theme", "value": theme, "url": panel}])
        page = context.new_page()
        sign_in(page)
        page.goto("/imports/new/")
        page.get_by_label("Or cells").fill(_sheet(f"Axe{width}").decode("cp1252") + "\nDan;Lys;;03/04/2027;=1+1;x")
        found = axe(page)
        page.get_by_role("button", name="Check the list").click()
        page.get_by_text("Columns:").click()
        page.get_by_text("What holds for all rows").click()
        found += axe(page)
        page.goto("/imports/")
        found += axe(page)
        context.close()
        assert found == []
