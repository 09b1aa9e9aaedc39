"""Tokens by which programs act for a person, from the command line."""

from __future__ import annotations

from typing import Any

from accounts.domain.errors import RuleBroken
from accounts.domain.tokens import MOST_DAYS, USUAL_DAYS, Scope
from accounts.management.arguments import names
from accounts.management.base import AddAction, Answer, CommandGroup, WrongUse, actor, clock
from accounts.models import ApiToken
from accounts.queries import tokens as queries
from accounts.queries.sentences import explain
from accounts.services import tokens


class Command(CommandGroup):
    help = "Makes tokens by which a program acts for a person, lists them, and revokes them."

    def add_actions(self, add: AddAction) -> None:
        create = add("create", self.create, "Make a token for a person; it is printed this once.")
        create.add_argument("--user", required=True, help="Whose it is: their sign-in name.")
        create.add_argument("--name", required=True, dest="label", metavar="LABEL", help="What it is for.")
        create.add_argument("--scopes", required=True, help=f"Some of: {', '.join(Scope)}.")
        create.add_argument(
            "--days",
            type=int,
            default=USUAL_DAYS,
            help=f"How long it works, {USUAL_DAYS} if left out, {MOST_DAYS} at most.",
        )
        listed = add("list", self.list, "List tokens, the newest first; never what opens anything.")
        listed.add_argument("--user", default="", help="Only those of this person.")
        revoke = add("revoke", self.revoke, "End a token for good.")
        revoke.add_argument("prefix", help="Its beginning, such as mpt_4k7d2m9x, or the whole token.")

    def create(self, *, user: str, label: str, scopes: str, days: int, **options: Any) -> Answer:
        try:
            token, shown = tokens.create_token(
                user, label=label, scopes=names(scopes), days=days, by=actor(), now=clock()
            )
        except RuleBroken as rule:
            rule.field = {"label": "name"}.get(rule.field or "", rule.field)
            if rule.code in {"scope_unknown", "scopes_missing"}:
                raise WrongUse(explain(rule), field=rule.field) from rule
            raise
        content = {"token": shown, "prefix": token.prefix, "expires_at": token.expires_at}
        return Answer(content, [shown, f"It works until {token.expires_at:%Y-%m-%d %H:%M %Z}, and is not shown again."])

    def list(self, *, user: str, **options: Any) -> Answer:
        found = queries.listed(user)
        now = clock()
        return Answer(
            {"tokens": [_as_json(token, works=bool(queries.scopes_now(token, now))) for token in found]},
            (f"{token.prefix}  {token.staff.username:<20} {token.label}: {', '.join(token.scopes)}" for token in found),
        )

    def revoke(self, *, prefix: str, **options: Any) -> Answer:
        token = tokens.revoke_token(prefix, by=actor(), now=clock())
        content = {"prefix": token.prefix, "revoked_at": token.revoked_at}
        return Answer(content, [f"{token.prefix} ({token.label}) opens nothing any more."])


def _as_json(token: ApiToken, *, works: bool) -> dict[str, Any]:
    return {
        "prefix": token.prefix,
        "name": token.label,
        "user": token.staff.username,
        "scopes": token.scopes,
        "works": works,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "last_used_from": token.last_used_from,
        "revoked_at": token.revoked_at,
    }
