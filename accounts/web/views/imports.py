"""Imports: bring a sheet, look at what every row would do and mend it, carry it out, and read the report."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.domain.sheets.rows import Verdict
from accounts.models import ImportFile
from accounts.queries import accounts as account_queries
from accounts.queries import import_heads, import_rows, import_words
from accounts.queries import imports as queries
from accounts.queries.sentences import explain
from accounts.services import imports as services
from accounts.services.import_start import brake
from accounts.web.access import StaffRequest, actor, go, is_part, may
from accounts.web.clock import now
from accounts.web.downloads import as_csv
from accounts.web.import_forms import LookForm, OptionsForm, RowForm, StartImportForm, UploadForm
from accounts.web.kept import given_before
from accounts.web.step_up import ask_to_confirm
from accounts.web.views import jobs

jobs.PAGES[services.KIND] = "imports:job"
_CHANGES = (Verdict.CREATE, Verdict.UPDATE, Verdict.END)


@may(Deed.READ)
def index(request: StaffRequest) -> HttpResponse:
    return render(request, "imports/list.html", {"files": queries.recent_files()})


@may(Deed.READ)
def explain_lists(request: StaffRequest) -> HttpResponse:
    """Tell what a list may look like, what the verdicts mean, and what happens then."""
    return render(request, "imports/help.html", {"verdicts": import_heads.meanings()})


@may(Deed.CHANGE_ACCOUNTS)
def new(request: StaffRequest) -> HttpResponse:
    """Take a file or pasted cells; what cannot be read is said beside it."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        name, data = form.sheet()
        try:
            file = services.upload(name=name, data=data, by=actor(request), now=now())
        except RuleBroken as rule:
            form.add_error("file" if form.cleaned_data.get("file") else "cells", explain(rule))
        else:
            return redirect("imports:detail", file.pk)
    return render(request, "imports/new.html", {"form": form}, status=422 if form.errors else 200)


@may(Deed.READ)
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Look at a sheet: what each row would do, and once it is started how far it is."""
    file = _file(pk)
    if file.batch is None:
        # The part of a start that was refused meanwhile still asks.
        return go(request, request.path) if is_part(request, "job") else _check(request, file)
    context = {
        **jobs.job_context(request, file.batch),
        "file": file,
        "changes": _changes(file),
        # After a week the sheet's own columns are gone; the job's report still says who failed, and why.
        "report_url": "" if file.emptied_at else reverse("imports:not-done", args=[pk]),
    }
    return render(request, "imports/_job.html" if is_part(request, "job") else "imports/progress.html", context)


@may(Deed.READ)
def job(request: StaffRequest, pk: int) -> HttpResponse:  # noqa: ARG001 - a view
    """Lead from the job of a sheet to its page."""
    return redirect("imports:detail", get_object_or_404(ImportFile, batch=pk).pk)


@may(Deed.READ)
def not_done(request: StaffRequest, pk: int) -> StreamingHttpResponse:  # noqa: ARG001 - a view
    """Hand out what was left out and what failed, with the sheet's own columns and the reason, to be mended there."""
    return as_csv(queries.not_done(_file(pk), now()), "rows-with-reasons.csv")


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def columns(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what each column holds."""
    chosen = request.POST.getlist("column")
    return _mended(request, pk, lambda: services.map_columns(pk, chosen, by=actor(request), now=now()))


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def options(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what holds for all rows."""
    form = OptionsForm(request.POST)
    if form.is_valid():
        try:
            services.set_options(pk, form.options(), by=actor(request), now=now())
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            return redirect("imports:detail", pk)
    return _check(request, _file(pk), options=form)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def mend(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Correct cells of one row, or answer its question."""
    arguments = RowForm(request.POST).arguments()
    return _mended(request, pk, lambda: services.mend_row(pk, number, by=actor(request), now=now(), **arguments))


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def start(request: StaffRequest, pk: int) -> HttpResponse:
    """Carry the sheet out, once the number is typed where a roster ends many."""
    if brake(_file(pk), now()) and (question := ask_to_confirm(request, reverse("imports:detail", args=[pk]))):
        return question
    form = StartImportForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.start_import(pk, by=actor(request), now=now(), expected=given["expected"], typed=given["number"])
        except RuleBroken as rule:
            if rule.code == "import_started":  # the second of two presses, or of two people
                return redirect("imports:detail", pk)
            form.refuse(rule)
        else:
            return redirect("imports:detail", pk)
    return _check(request, _file(pk), form)


@may(Deed.CHANGE_ACCOUNTS)
@require_POST
def throw_away(request: StaffRequest, pk: int) -> HttpResponse:
    _file(pk)
    try:
        services.throw_away(pk, by=actor(request))
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
        return redirect("imports:list")
    messages.success(request, _("The list is thrown away. Nothing was changed."))
    return redirect("imports:list")


def _file(pk: int) -> ImportFile:
    file = ImportFile.objects.select_related("batch").filter(pk=pk).first()
    if file is None:
        raise Http404
    return file


def _changes(file: ImportFile) -> int:
    return sum(file.counts.get(verdict, 0) for verdict in _CHANGES)


def _check(
    request: StaffRequest, file: ImportFile, form: StartImportForm | None = None, options: OptionsForm | None = None
) -> HttpResponse:
    """Show what every row would do; a form that was refused is shown as it was sent."""
    moment = now()
    show, page, row = LookForm(request.GET).look()
    changes = _changes(file)
    wrong = bool((form and form.errors) or options)
    context = {
        "file": file,
        "path": reverse("imports:detail", args=[file.pk]),
        "page": import_rows.row_page(file, show, page, open_row=row, now=moment),
        "show": show,
        "totals": import_heads.totals(file),
        "columns": import_heads.columns(file),
        "fields": import_words.FIELDS.items(),
        "campaigns": account_queries.campaigns(),
        "options": options or OptionsForm(initial=_initial(file)),
        "form": form or _start_form(request, changes),
        "changes": changes,
        "brake": brake(file, moment),
        "refused": explain(file.refused_by) if file.refused_by else "",
        "number_of_rows": sum(file.counts.values()) - file.counts.get(Verdict.END, 0),
        "used_columns": sum(map(bool, file.columns)),
        "columns_open": not {"name", "first_name", "last_name"} & set(file.columns),
        "options_open": bool(options or file.roster or file.campaign or file.answers),
        "button": import_heads.button_words(file),
        "look": request.GET.urlencode(),
        "can_mend": request.user.may(Deed.CHANGE_ACCOUNTS) and not file.is_started,
    }
    template = "imports/_check.html" if is_part(request, "check") else "imports/check.html"
    return render(request, template, context, status=422 if wrong else 200)


def _mended(request: StaffRequest, pk: int, act: Callable[[], ImportFile]) -> HttpResponse:
    """Do one mending and lead back to where the person was looking."""
    _file(pk)
    try:
        act()
    except RuleBroken as rule:
        messages.warning(request, explain(rule))
    back = reverse("imports:detail", args=[pk])
    query = request.POST.get("look", "")
    return redirect(f"{back}?{query}" if query else back)


def _start_form(request: StaffRequest, changes: int) -> StartImportForm:
    form = StartImportForm(initial={"expected": changes})
    form.refill(given_before(request))
    return form


def _initial(file: ImportFile) -> dict[str, object]:
    said = set(file.answers)
    return {
        "campaign": file.campaign,
        "roster": file.roster,
        "roster_owner": file.roster_owner,
        "roster_department": file.roster_department,
        "days": next((answer for answer in ("day_first", "month_first") if answer in said), ""),
        "campaign_end": "campaign_end" in said,
        "campaign_owner": "campaign_owner" in said,
    }
