"""Is mail moving? Asked of the mail server when somebody looks, as a part that comes after the page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.domain.people import Deed
from accounts.models import MailDomain
from accounts.queries import flow
from accounts.web.access import StaffRequest, is_part, may
from accounts.web.clock import now
from accounts.web.views.accounts import subject_or_404


@may(Deed.READ)
def of_account(request: StaffRequest, pk: int) -> HttpResponse:
    subject = subject_or_404(pk)
    context = {
        "flow": flow.of_account(subject.account, subject.state, now()),
        "subject": subject,
        "account": subject.account,
    }
    return render(request, "flow/_card.html" if is_part(request, "flow") else "flow/account.html", context)


@may(Deed.READ)
def of_domain(request: StaffRequest, pk: int) -> HttpResponse:
    domain = MailDomain.objects.filter(pk=pk).first()
    if domain is None:
        raise Http404
    context = {"flow": flow.of_domain(domain.name, now()), "domain": domain}
    return render(request, "flow/_card.html" if is_part(request, "flow") else "flow/domain.html", context)
