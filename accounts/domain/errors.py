"""What a rule can say no with. The sentence is made by whoever shows it (queries/sentences.py)."""

from __future__ import annotations


class RuleBroken(Exception):
    """A rule of ours said no; `code` names it, `field` is the input it is about, `values` fill the sentence.

    Nothing has changed when this is raised.
    """

    def __init__(self, code: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values


class SeveralRulesBroken(Exception):
    """More than one field is wrong; each is said at once, so that a form is mended in one go."""

    def __init__(self, broken: list[RuleBroken]) -> None:
        super().__init__(", ".join(rule.code for rule in broken))
        self.broken = broken
