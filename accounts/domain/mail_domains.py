"""Which mail domains a company can have here."""

from __future__ import annotations

from accounts.domain import addresses
from accounts.domain.errors import RuleBroken

PUBLIC = frozenset(
    {
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.co.za",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "mweb.co.za",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "telkomsa.net",
        "vodamail.co.za",
        "web.de",
        "webmail.co.za",
        "yahoo.com",
        "yahoo.co.uk",
        "yahoo.co.za",
        "yandex.com",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    }
)
"""Where everybody has an address: a server that believes it has one of these keeps the mail that is meant for them."""


def check_new(text: str) -> str:
    """Return the ASCII form of a domain that can be added.

    :raises RuleBroken: if it is no domain, or is known to be somebody else's
    """
    name = addresses.check_domain(text, field="name")
    if name in PUBLIC:
        raise RuleBroken("domain_of_others", field="name", domain=name)
    return name
