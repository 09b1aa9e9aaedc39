"""Waiting mail from the command line. What is asked for is carried out at once, and the outcome told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain.answers import printable
from accounts.mailserver import QueuedMessage, StalwartError
from accounts.management.base import AddAction, Answer, CommandGroup, Failed, WrongUse, actor, clock, unanswered
from accounts.models import Operation, Status, Topic
from accounts.queries import answers, operations, words
from accounts.queries import queue as queries
from accounts.services import mailqueue, queue_watch
from accounts.services.mailqueue import Deed, Message
from accounts.services.operations import let_go

_LARGEST = queries.LOOKED_THROUGH
_LAST_PAGE = 1_000_000


class Command(CommandGroup):
    help = "Shows the mail that waits for delivery, tries it again, or cancels it."

    def add_actions(self, add: AddAction) -> None:
        shown = add("list", self.list, "List waiting messages.")
        _offer_filters(shown)
        shown.add_argument("--limit", type=int, default=queries.SIZE)
        shown.add_argument("--page", type=int, default=1)
        retry = add("retry", self.retry, "Try messages now.")
        retry.add_argument("ids", nargs="*", metavar="ID")
        retry.add_argument("--all", action="store_true", help="Everything that waits.")
        cancel = add("cancel", self.cancel, "Take messages out of the queue; their senders are not told.")
        cancel.add_argument("ids", nargs="*", metavar="ID")
        cancel.add_argument("--reason", default="")
        cancel.add_argument("--all", action="store_true", help="Everything that waits.")
        _offer_filters(cancel)
        add("stats", self.stats, "Count what waits, by recipients' domain and by what was answered.")

    def report(self, *, run: Any, **options: Any) -> Answer:
        """Run an action. A server that is away is told so: nothing was recorded that would happen later."""
        try:
            return super().report(run=run, **options)
        except StalwartError as error:
            raise unanswered(error, about=Topic.MESSAGE, safe="Nothing was changed.") from error

    def list(self, *, limit: int, page: int, **options: Any) -> Answer:
        if not 1 <= limit <= _LARGEST:
            raise WrongUse(f"Ask for 1 to {_LARGEST} messages at once, and for the others with --page.", field="limit")
        if not 1 <= page <= _LAST_PAGE:
            raise WrongUse(f"Pages are counted from 1 to {_LAST_PAGE}.", field="page")
        found = queries.find(_filters(options, page=page, size=limit))
        content = {"total": found.total, "messages": [_as_json(each) for each in found.messages]}
        return Answer(content, _lines(found))

    def retry(self, *, ids: Sequence[str], all: bool, **options: Any) -> Answer:  # noqa: A002 - as the option is called
        if bool(ids) == all:
            raise WrongUse("Name the messages to try, or --all.", field="id")
        chosen = mailqueue.choose(lambda _: True) if all else mailqueue.look_up(ids)
        if not chosen:
            return Answer({"retried": [], "done": True}, ["Nothing waits."])
        if all:
            operation = mailqueue.retry_all(len(chosen), by=actor(), now=clock())
        else:
            operation = mailqueue.ask(chosen, Deed.RETRY, by=actor(), now=clock())
        return _carried_out(operation, "retried", chosen, "tried now")

    def cancel(
        self,
        *,
        ids: Sequence[str],
        all: bool,  # noqa: A002 - as the option is called
        reason: str,
        **options: Any,
    ) -> Answer:
        filters = _filters(options)
        if sum((bool(ids), all, filters.is_narrow)) != 1:
            raise WrongUse("Name the messages to cancel, or say which by --account, --domain, --text or --all.")
        chosen = mailqueue.look_up(ids) if ids else mailqueue.choose(filters.fits)
        if not chosen:
            return Answer({"cancelled": [], "done": True}, ["No waiting message is like that."])
        operation = mailqueue.ask(chosen, Deed.CANCEL, reason=reason, by=actor(), now=clock())
        return _carried_out(operation, "cancelled", chosen, "cancelled")

    def stats(self, **options: Any) -> Answer:
        counted, now = queue_watch.stats(), clock()
        content = {
            "total": counted.total,
            "oldest_at": counted.oldest_at,
            "domains": [{"domain": domain, "messages": number} for domain, number in counted.domains],
            "answers": [
                {"reason": reason, "words": answers.words(reason), "messages": number}
                for reason, number in counted.answers
            ],
        }
        oldest = f", the oldest handed in {words.ago(counted.oldest_at, now)}" if counted.oldest_at else ""
        lines = [
            f"{_counted(counted.total)}{oldest}",
            *(f"{number:>7}  to {_one_line(domain)}" for domain, number in counted.domains),
            *(f"{number:>7}  {answers.words(reason)}" for reason, number in counted.answers),
        ]
        return Answer(content, lines)


def _offer_filters(parser: CommandParser) -> None:
    parser.add_argument("--account", default="", metavar="ADDRESS", help="From or to exactly this address.")
    parser.add_argument("--domain", default="", help="From or to an address of this domain.")
    parser.add_argument("--text", default="", help="Part of a sender or recipient.")


def _filters(options: dict[str, Any], *, page: int = 1, size: int = queries.SIZE) -> queries.Filters:
    given = {name: str(options[name]).strip().lower() for name in ("account", "domain", "text")}
    given["domain"] = given["domain"].removeprefix("@")
    return queries.Filters(**given, page=page, size=size)


def _as_json(message: QueuedMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "sender": message.sender,
        "recipients": [each.address for each in message.recipients],
        "created_at": message.created_at,
        "next_try_at": message.next_try_at,
        "last_answer": message.last_answer or None,
    }


def _lines(found: queries.Found) -> list[str]:
    """Return a few lines a message; what others wrote is made safe for a terminal."""
    now, lines = clock(), []
    for each in found.messages:
        to = ", ".join(recipient.address for recipient in each.recipients)
        lines += [
            f"{each.id}  {_one_line(each.sender) or '(a bounce)'} to {_one_line(to)}",
            f"    handed in {words.ago(each.created_at, now)}. {answers.said(each.last_answer).words}",
        ]
    return [*lines, _counted(found.total)]


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _counted(number: int) -> str:
    return "Nothing waits" if not number else f"{number} {'message waits' if number == 1 else 'messages wait'}"


def _carried_out(operation: Operation, name: str, chosen: Sequence[Message], done: str) -> Answer:
    """Carry out what was recorded, and tell how it went; what was refused does not stay behind as a failed change."""
    outbox.execute(operation.pk, clock)
    operation.refresh_from_db()
    if operation.status == Status.FAILED:
        let_go(operation.pk, now=clock())
        raise Failed(operations.said(operation))
    is_done = operation.status == Status.DONE
    said = f"{_counted_plain(len(chosen))} {done}."
    line = said if is_done else f"Recorded: {said} It is done as soon as the mail server answers."
    return Answer({name: [message.id for message in chosen], "done": is_done}, [line])


def _counted_plain(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"
