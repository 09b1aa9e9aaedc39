"""Every page that somebody can open, by the name of its address, with what has to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

PAGES: dict[str, tuple[str, ...]] = {
    "dashboard": ("/",),
    "accounts:list": ("/accounts/?size=25", "/accounts/?state=all&sort=state&size=25", "/accounts/?q=nobody"),
    "accounts:new": ("/accounts/new/",),
    "accounts:detail": ("{scheduled}", "{active}", "{suspended}", "{ended}", "{closed}", "{purged}"),
    "accounts:edit": ("{active}edit/",),
    "accounts:extend": ("{active}extend/",),
    "accounts:suspend": ("{active}suspend/",),
    "accounts:end": ("{active}end/",),
    "accounts:hold": ("{active}hold/",),
    "accounts:release": ("{held}release/",),
    "accounts:password": ("{active}password/",),
    "accounts:reinstate": ("{ended}reinstate/",),
    "accounts:flow": ("{active}flow/",),
    "accounts:purges": ("/accounts/purges/",),
    "accounts:view-save": ("/accounts/views/save/?state=active",),
    "accounts:job": ("{plan}",),
    "addresses:list": ("/addresses/",),
    "addresses:new-group": ("/addresses/groups/new/",),
    "addresses:group": ("{group}",),
    "addresses:change-group": ("{group}change/",),
    "addresses:delete-group": ("{group}delete/",),
    "addresses:new-list": ("/addresses/lists/new/",),
    "addresses:list-detail": ("{list}",),
    "addresses:change-list": ("{list}change/",),
    "addresses:delete-list": ("{list}delete/",),
    "addresses:blocked": ("/addresses/blocked/",),
    "addresses:block": ("/addresses/blocked/new/",),
    "audit:list": ("/audit/", "/audit/?actor=nobody"),
    "audit:export": ("/audit/export/",),
    "campaigns:list": ("/campaigns/", "/campaigns/?show=all"),
    "campaigns:new": ("/campaigns/new/",),
    "campaigns:detail": ("{campaign}",),
    "campaigns:edit": ("{campaign}edit/",),
    "campaigns:end": ("{campaign}end/",),
    "campaigns:profiles": ("/campaigns/profiles/",),
    "campaigns:new-profile": ("/campaigns/profiles/new/",),
    "campaigns:profile": ("{profile}",),
    "campaigns:edit-profile": ("{profile}edit/",),
    "changes:list": ("/changes/",),
    "domains:list": ("/domains/",),
    "domains:new": ("/domains/new/",),
    "domains:detail": ("{domain}",),
    "domains:describe": ("{domain}describe/",),
    "domains:catch-all": ("{domain}catch-all/",),
    "domains:delete": ("{domain}delete/",),
    "domains:new-key": ("{domain}keys/new/",),
    "domains:key-policy": ("{domain}keys/policy/",),
    "domains:key-compromised": ("{domain}keys/compromised/",),
    "domains:switch-key": ("{rotation}switch/",),
    "domains:abandon-key": ("{rotation}abandon/",),
    "domains:dns": ("{domain}dns/",),
    "domains:sheet": ("{domain}sheet/",),
    "domains:flow": ("{domain}flow/",),
    "drift:list": ("/drift/",),
    "drift:adoption": ("/drift/take-in/",),
    "drift:adopt": ("{stranger}adopt/",),
    "drift:lock": ("{stranger}lock/",),
    "drift:ignore": ("{stranger}ignore/",),
    "imports:list": ("/imports/",),
    "imports:new": ("/imports/new/",),
    "imports:help": ("/imports/help/",),
    "queue:list": ("/queue/", "/queue/?q=nobody"),
    "queue:detail": ("{message}", "/queue/messages/gone/"),
    "queue:cancel": ("/queue/cancel/?id={message id}",),
    "queue:retry-all": ("/queue/retry/all/",),
    "settings:list": ("/settings/",),
    "staff:list": ("/staff/",),
    "staff:new": ("/staff/new/",),
    "staff:roles": ("/staff/roles/",),
    "staff:detail": ("/staff/1/",),
    "staff:role": ("/staff/2/role/",),
    "staff:limits": ("/staff/2/limits/",),
    "staff:email": ("/staff/2/email/",),
    "staff:deactivate": ("/staff/2/deactivate/",),
    "staff:activate": ("/staff/2/activate/",),
    "staff:emergency-key": ("/staff/2/emergency-key/",),
    "staff:reset-factor": ("/staff/2/reset-factor/",),
    "staff:end-sessions": ("/staff/2/sessions/end/",),
    "tokens:list": ("/tokens/",),
    "tokens:new": ("/tokens/new/",),
    "own-password": ("/password/",),
    "second-factor": ("/second-factor/",),
    "step-up": ("/step-up/",),
    "not found": ("/nowhere/",),
}
ELSEWHERE: dict[str, str] = {
    "sign-in": "looked at before anybody is signed in",
    "imports:detail": "test_imports.py looks at a list with mistakes in it",
    "accounts:purge": "asks what accounts:reinstate asks, once a retention is over",
    "accounts:view": "the form of accounts:view-save",
    "accounts:bulk": "looked at on the way to a plan",
    "changes:cancel": "wants a mail server that is away; the question of queue:cancel",
    "drift:put_right": "the question of drift:adopt",
    "drift:accept": "the question of drift:adopt",
    "drift:make_again": "the question of drift:adopt",
    "drift:end": "the question of drift:adopt",
    "tokens:revoke": "test_tokens.py asks it; the question of staff:end-sessions",
    "staff:revoke-token": "the question of tokens:revoke",
    "staff:end-session": "the question of staff:end-sessions",
    "sign-in-code": "asks after a password, with the form of step-up",
    "resume": "leads on",
    "imports:job": "the job of accounts:job",
}
"""Pages that are looked at in another way, or not at all because another one is the same."""
NO_PAGE = (
    {"oidc:begin", "oidc:callback", "oidc:back-channel", "theme", "sign-out", "health-detailed", "metrics"}
    | {f"accounts:{name}" for name in ("suggest", "follow", "check", "retry", "view-delete")}
    | {f"accounts:{name}" for name in ("job-start", "job-stop", "job-retry", "job-report", "export-csv", "export-xlsx")}
    | {f"addresses:{name}" for name in ("release", "retry", "leave")}
    | {f"audit:{name}" for name in ("export-csv", "export-jsonl")}
    | {f"changes:{name}" for name in ("hurry",)}
    | {f"campaigns:{name}" for name in ("example",)}
    | {f"domains:{name}" for name in ("retry", "check-key", "dns-zone", "dns-check", "sheet-text")}
    | {f"drift:{name}" for name in ("compare", "many")}
    | {f"imports:{name}" for name in ("columns", "options", "mend", "start", "not-done", "throw-away")}
    | {f"queue:{name}" for name in ("retry", "again", "leave")}
    | {"settings:try-connection"}
)
"""Downloads, parts of pages, and addresses that only do something."""


def paths(page: Page) -> Iterator[tuple[str, str]]:
    """Return every page of this panel: its name, numbered where it has several, and its path.

    A page about something that this panel has none of is left out.
    """
    known = {name: found for name, found in _known(page).items() if found}
    for name, several in PAGES.items():
        for number, path in enumerate(several, start=1):
            if set(re.findall(r"{(.+?)}", path)) <= known.keys():
                yield f"{name.replace(':', '-')}{'' if number == 1 else f'-{number}'}", path.format_map(known)


def _known(page: Page) -> dict[str, str]:
    """Look up what stands in braces: one of everything, out of the lists."""
    states = ("scheduled", "active", "suspended", "ended", "closed", "purged")
    known = {state: _first(page, f"/accounts/?state={state}", "tbody a.who") for state in states}
    known["held"] = _first(page, "/accounts/?q=bezuidenhout&state=all", "tbody a.who")
    known["campaign"] = _first(page, "/campaigns/", "a:text-is('Summer store visits')")
    known["profile"] = _first(page, "/campaigns/profiles/", "a:text-is('Mystery shopper')")
    known["domain"] = _first(page, "/domains/", "tbody a.who")
    known["rotation"] = _rotation(page, known["domain"])
    known["group"] = _first(page, "/addresses/", "a[href*='/groups/']:not(.btn)")
    known["list"] = _first(page, "/addresses/", "a[href*='/lists/']:not(.btn)")
    known["message"] = _first(page, "/queue/?q=callcentre.example", "tbody a.who")
    known["message id"] = known["message"].rstrip("/").rpartition("/")[2]
    known["stranger"] = _first(page, "/drift/?kind=only_there", "a[href$='/adopt/']").removesuffix("adopt/")
    known["plan"] = _plan(page)
    return known


def _first(page: Page, path: str, link: str) -> str:
    page.goto(path)
    found = page.locator(link)
    return (found.first.get_attribute("href") or "") if found.count() else ""


def _rotation(page: Page, domain: str) -> str:
    """Return where a new key of a domain is on its way, begun now if there is none."""
    page.goto(domain)
    abandon = page.locator("a[href$='/abandon/']").first
    if not abandon.count():
        page.goto(f"{domain}keys/new/")
        page.get_by_role("button", name="Make the new key").click()
        abandon.wait_for()
    return (abandon.get_attribute("href") or "").removesuffix("abandon/")


def _plan(page: Page) -> str:
    """Plan to extend a mailbox, and leave it at the plan."""
    page.goto("/accounts/?state=active")
    page.locator("tbody input[name=pick]").first.check()
    page.get_by_role("button", name="Extend…").click()
    page.locator("input[name=days]").fill("7")
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Extend 1 mailbox").wait_for()
    return page.url.removeprefix(page.url.split("/accounts/")[0])
