"""The page of a job: first the plan to look at, then how far it is, then its report. Imports use the same parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.domain.bulk import Change
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import Batch
from accounts.queries import batch_rows, batches, bulk, sheets
from accounts.queries.batch_rows import Show
from accounts.queries.paging import Cursor
from accounts.queries.sentences import explain
from accounts.services import batches as services
from accounts.services.bulk import KIND
from accounts.web.access import StaffRequest, actor, is_part, may
from accounts.web.bulk_forms import StartForm
from accounts.web.clock import now
from accounts.web.downloads import as_csv
from accounts.web.kept import given_before
from accounts.web.step_up import ask_to_confirm

PAGES: dict[str, str] = {}
"""Where the job of a kind is shown, by the name of its page; all others have the page here."""


@may(Deed.READ)
def show(request: StaffRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(Batch, pk=pk)
    if batch.is_starting:
        return redirect(job_url(batch))
    if batch.is_planned:
        form = StartForm()
        form.refill(given_before(request))
        return _plan(request, batch, form)
    part = is_part(request, "job")
    return render(request, "jobs/_job.html" if part else "jobs/job.html", job_context(request, batch))


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def start(request: StaffRequest, pk: int) -> HttpResponse:
    """Start a plan, once its number is typed where the brake wants one; or go on with what was stopped."""
    batch = _batch(request, pk)
    if batch.is_planned and batch.number_to_type and (question := ask_to_confirm(request, job_url(batch))):
        return question
    form = StartForm(request.POST)
    if form.is_valid():
        try:
            services.start(pk, by=actor(request), now=now(), typed=form.cleaned_data["number"])
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            return redirect(job_url(batch))
    return _plan(request, batch, form)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def stop(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.stop)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def retry(request: StaffRequest, pk: int) -> HttpResponse:
    """Try again what failed, and say how many that are."""
    return _act(request, pk, services.retry_failed)


@may(Deed.READ)
def report(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """Hand out the rows as CSV, with what became of each: all, or those that failed."""
    batch = get_object_or_404(Batch, pk=pk)
    rows = sheets.report(batch, _show(request, Show.ALL), now())
    return as_csv(rows, f"job-{batch.pk}.csv")


def job_context(request: StaffRequest, batch: Batch) -> dict[str, Any]:
    """Return what `jobs/_job.html` shows, whatever the kind of the job."""
    moment = now()
    progress = batches.progress(batch, moment)
    wanted = _show(request, Show.FAILED if progress.failures else Show.WILL)
    return {
        "batch": batch,
        "progress": progress,
        "can_change": _may_change(request, batch),
        "job_path": job_url(batch),
        **_rows(request, batch, wanted, moment),
    }


def job_url(batch: Batch) -> str:
    return reverse(PAGES.get(batch.kind, "accounts:job"), args=[batch.pk])


def _plan(request: StaffRequest, batch: Batch, form: StartForm) -> HttpResponse:
    moment = now()
    wanted = _show(request, Show.WILL if batch.params["changes"] else Show.SKIPPED)
    context = {
        "batch": batch,
        "change": Change(batch.params["change"]),
        "icon_name": bulk.ICONS[Change(batch.params["change"])],
        "form": form,
        "effect": bulk.effect(batch) if batch.params["changes"] else "",
        "progress": batches.progress(batch, moment),
        "can_change": _may_change(request, batch),
        **_rows(request, batch, wanted, moment),
    }
    return render(request, "jobs/plan.html", context, status=422 if form.errors else 200)


def _rows(request: StaffRequest, batch: Batch, wanted: Show, moment: datetime) -> dict[str, Any]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    text, backwards = (before, True) if before else (after, False)
    cursor = Cursor.read(text, batch_rows.EXAMPLE, backwards=backwards) if text else None
    return {"page": batch_rows.find(batch, wanted, cursor, moment), "show": wanted}


def _act(request: StaffRequest, pk: int, act: Callable[..., object]) -> HttpResponse:
    batch = _batch(request, pk)
    try:
        done = act(pk, by=actor(request), now=now())
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    else:
        if isinstance(done, int):
            said = ngettext("%(n)s is tried again.", "%(n)s are tried again.", done)
            messages.success(request, said % {"n": done})
    return redirect(job_url(batch))


def _batch(request: StaffRequest, pk: int) -> Batch:
    batch = get_object_or_404(Batch, pk=pk)
    if not _may_change(request, batch):
        raise PermissionDenied
    return batch


def _may_change(request: StaffRequest, batch: Batch) -> bool:
    """Say whether this person may start, stop and retry it; deleting mailboxes is for administrators."""
    is_purge = batch.kind == KIND and batch.params.get("change") == Change.PURGE
    return request.user.may(Deed.PURGE if is_purge else Deed.CHANGE_ACCOUNTS)


def _show(request: StaffRequest, usual: Show) -> Show:
    asked = request.GET.get("show", "")
    return Show(asked) if asked in set(Show) else usual
