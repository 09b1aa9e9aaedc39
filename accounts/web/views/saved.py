"""Saved views: the list as it is asked for now, under a name; renamed, shared, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import SavedView
from accounts.queries import asked
from accounts.services import views as services
from accounts.web.access import StaffRequest, may
from accounts.web.bulk_forms import ViewForm
from accounts.web.clock import now


@may(Deed.READ)
def save(request: StaffRequest) -> HttpResponse:
    """Keep what the list is asked for; it stands in the address of this page."""
    filters = asked.read(request.META.get("QUERY_STRING", ""))
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = services.save_view(**form.cleaned_data, filters=filters, owner=request.user, now=now())
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            messages.success(request, _("“%(name)s” stands over the list now.") % {"name": view.name})
            return redirect(f"{reverse('accounts:list')}?{view.query}")
    return _page(request, form, asked.written(filters))


@may(Deed.READ)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    view = _own(request, pk)
    form = ViewForm(request.POST or None, initial={"name": view.name, "is_shared": view.is_shared})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_view(pk, **form.cleaned_data, person=request.user)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            return redirect(f"{reverse('accounts:list')}?{view.query}")
    return _page(request, form, view.query, view)


@may(Deed.READ)
@require_POST
def delete(request: StaffRequest, pk: int) -> HttpResponse:
    _own(request, pk)
    name = services.delete_view(pk, person=request.user)
    messages.success(request, _("The view “%(name)s” is deleted. No mailbox was touched.") % {"name": name})
    return redirect("accounts:list")


def _own(request: StaffRequest, pk: int) -> SavedView:
    view = get_object_or_404(SavedView, pk=pk)
    if not services.may_change(view, request.user):
        raise Http404
    return view


def _page(request: StaffRequest, form: ViewForm, query: str, view: SavedView | None = None) -> HttpResponse:
    context = {"form": form, "query": query, "view": view, "may_share": request.user.may(Deed.CHANGE_ACCOUNTS)}
    return render(request, "accounts/view.html", context, status=422 if form.errors else 200)
