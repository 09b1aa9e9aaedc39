"""What every service asks of typed values before it takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from unicodedata import category

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.domain.errors import RuleBroken, SeveralRulesBroken

P = ParamSpec("P")
T = TypeVar("T")


class Wrong:
    """Collects what is wrong, so that a form is mended in one go."""

    def __init__(self) -> None:
        self.broken: list[RuleBroken] = []

    def catch(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return check(*args, **kwargs)
        except RuleBroken as rule:
            self.broken.append(rule)
            return None

    def raise_if_any(self) -> None:
        if self.broken:
            raise SeveralRulesBroken(self.broken)


def text(typed: str, *, field: str, longest: int, required: bool = False, lines: bool = False) -> str:
    """Return a text without blanks around it; `lines` lets it have several.

    :raises RuleBroken: if it is missing, too long, or cannot be shown
    """
    cleaned = str(typed).strip()
    if required and not cleaned:
        raise RuleBroken("required", field=field)
    if len(cleaned) > longest:
        raise RuleBroken("too_long", field=field, longest=longest)
    if not (_is_prose(cleaned) if lines else cleaned.isprintable()):
        raise RuleBroken("not_printable", field=field)
    return cleaned


def _is_prose(text: str) -> bool:
    """Say whether this is text of several lines: nothing in it commands a terminal, and all of it can be stored."""
    return not any(category(character) in {"Cc", "Cs"} and character not in "\r\n\t" for character in text)


def email(typed: str, *, field: str, longest: int = 254) -> str:
    """Return an e-mail address as it was typed.

    :raises RuleBroken: if it is missing, or none
    """
    cleaned = text(typed, field=field, longest=longest, required=True)
    try:
        validate_email(cleaned)
    except ValidationError:
        raise RuleBroken("email_invalid", field=field, text=cleaned[:80]) from None
    return cleaned


def days(number: int, *, field: str, least: int, most: int) -> int:
    """Return a number of days that is within bounds.

    :raises RuleBroken: if it is not
    """
    if not least <= number <= most:
        raise RuleBroken("days_out_of_bounds", field=field, least=least, most=most)
    return number
