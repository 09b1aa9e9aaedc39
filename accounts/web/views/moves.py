"""What can be done to an account: each move is a question at GET and an act at POST.

With script the question opens in a dialog, without it on a page of its own; both are the same template.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Actor, Deed
from accounts.models import Account
from accounts.queries import events, words
from accounts.queries.detail import Subject
from accounts.queries.sentences import explain
from accounts.services import accounts, lifecycle, operations
from accounts.web import move_forms as forms
from accounts.web.access import StaffRequest, actor, go, layout, may
from accounts.web.clock import now
from accounts.web.kept import given_before
from accounts.web.step_up import confirmed
from accounts.web.views.accounts import refuse, subject_or_404


@dataclass(frozen=True, slots=True)
class Question:
    """One move: what it asks for, what it does, and what is so afterwards."""

    move: Move
    name: Promise
    form: type[forms.MoveForm]
    act: Callable[..., Account]
    said: Promise

    @property
    def template(self) -> str:
        return f"accounts/moves/{self.move}.html"


def _extend(account_id: int, *, by: Actor, now: datetime, **arguments: Any) -> Account:
    """Extend by days or to a day, whichever was asked for."""
    act = lifecycle.extend_account if "ends_at" in arguments else lifecycle.extend_account_by
    return act(account_id, by=by, now=now, **arguments)


_EXTEND = Question(
    Move.EXTEND,
    gettext_lazy("Another last day"),
    forms.ExtendForm,
    _extend,
    gettext_lazy("The last day of %(name)s is %(day)s now."),
)
_SUSPEND = Question(
    Move.SUSPEND,
    gettext_lazy("Suspend"),
    forms.ReasonedMoveForm,
    lifecycle.suspend_account,
    gettext_lazy("%(name)s is suspended. The lock is on its way."),
)
_REINSTATE = Question(
    Move.REINSTATE,
    gettext_lazy("Reinstate"),
    forms.ReinstateForm,
    lifecycle.reinstate_account,
    gettext_lazy("%(name)s is reinstated until %(day)s."),
)
_END = Question(
    Move.END,
    gettext_lazy("End now"),
    forms.MoveForm,
    lifecycle.end_account,
    gettext_lazy("%(name)s has ended. The lock is on its way."),
)
_PURGE = Question(
    Move.PURGE,
    gettext_lazy("Purge"),
    forms.PurgeForm,
    lifecycle.purge_account,
    gettext_lazy("The mailbox of %(name)s is being deleted."),
)
_HOLD = Question(
    Move.HOLD,
    gettext_lazy("Put on hold"),
    forms.HoldForm,
    lifecycle.hold_account,
    gettext_lazy("%(name)s is on hold. Nothing is deleted until it is released."),
)
_RELEASE = Question(
    Move.RELEASE,
    gettext_lazy("Release the hold"),
    forms.ReleaseForm,
    lifecycle.release_account,
    gettext_lazy("The hold on %(name)s is released."),
)


@may(Deed.CHANGE_ACCOUNTS)
def extend(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _EXTEND)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def follow(request: StaffRequest, pk: int) -> HttpResponse:
    """Put the last day to the campaign's; from then on it moves with that."""
    subject, form = subject_or_404(pk), forms.MoveForm(request.POST)
    if form.is_valid():
        try:
            account = lifecycle.follow_campaign(pk, by=actor(request), now=now(), **form.arguments())
        except RuleBroken as rule:
            messages.warning(request, explain(rule))
        else:
            messages.success(request, _said(_EXTEND, account))
    return go(request, reverse("accounts:detail", args=[subject.account.pk]))


@may(Deed.CHANGE_ACCOUNTS)
def suspend(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _SUSPEND)


@may(Deed.CHANGE_ACCOUNTS)
def reinstate(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _REINSTATE)


@may(Deed.CHANGE_ACCOUNTS)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _END)


@may(Deed.PURGE)
@confirmed
def purge(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _PURGE)


@may(Deed.CHANGE_ACCOUNTS)
def hold(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _HOLD)


@may(Deed.CHANGE_ACCOUNTS)
def release(request: StaffRequest, pk: int) -> HttpResponse:
    return _ask(request, pk, _RELEASE)


@may(Deed.CHANGE_ACCOUNTS)
def password(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a new password. It stands in this one answer: not in the session, not in a message, not in a log."""
    subject = subject_or_404(pk)
    if Move.SET_PASSWORD not in subject.moves:
        return _not_now(request, subject)
    context = {"account": subject.account, "layout": layout(request)}
    if request.method != "POST":
        return render(request, "accounts/moves/password.html", {**context, "question": _("New password")})
    made = accounts.set_password(pk, by=actor(request), now=now())
    return render(request, "accounts/password.html", {**context, "password": made, "is_new": False})


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def check(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for a fresh look at the mail server."""
    subject_or_404(pk)
    operations.check_account(pk, by=actor(request), now=now())
    return redirect("accounts:detail", pk)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def retry(request: StaffRequest, pk: int, operation: UUID) -> HttpResponse:
    """Try a failed change again, or a waiting one now."""
    subject_or_404(pk)
    try:
        operations.retry_operation(operation, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    return redirect("accounts:detail", pk)


def _ask(request: StaffRequest, pk: int, question: Question) -> HttpResponse:
    """Ask for what a move needs, do it, and lead back to the account."""
    subject = subject_or_404(pk)
    if request.method != "POST" and question.move not in subject.moves:
        return _not_now(request, subject)
    form = _form(request, subject, question)
    meanwhile: list[events.EventRow] = []
    if request.method == "POST" and form.is_valid():
        try:
            account = question.act(pk, by=actor(request), now=now(), **form.arguments())
        except RuleBroken as rule:
            meanwhile = refuse(form, rule)
        else:
            messages.success(request, _said(question, account))
            return go(request, reverse("accounts:detail", args=[pk]))
    context = {
        "form": form,
        "subject": subject,
        "account": subject.account,
        "meanwhile": meanwhile,
        "question": question.name,
        "layout": layout(request),
    }
    return render(request, question.template, context, status=422 if form.errors else 200)


def _form(request: StaffRequest, subject: Subject, question: Question) -> forms.MoveForm:
    initial = {"version": subject.account.version, "last_day": None if subject.is_over else subject.last_day}
    extra = {"address": subject.account.address} if question.form is forms.PurgeForm else {}
    form = question.form(request.POST or None, initial=initial, **extra)
    form.refill(given_before(request))
    return form


def _said(question: Question, account: Account) -> str:
    day = words.last_day_words(account.ends_at, words.local_day(now()))
    return str(question.said) % {"name": account.name, "day": day}


def _not_now(request: StaffRequest, subject: Subject) -> HttpResponse:
    """Somebody followed an old link: say how the account stands instead."""
    values = {"name": subject.account.name, "state": subject.state_words.lower()}
    messages.warning(request, _("%(name)s is %(state)s now, so this is not possible.") % values)
    return go(request, reverse("accounts:detail", args=[subject.account.pk]))
