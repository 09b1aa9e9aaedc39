"""What a domain publishes in DNS: the records, the zone file to download, and a fresh look on demand."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Deed
from accounts.models import MailDomain
from accounts.queries import dns as queries
from accounts.queries import mail_hosts
from accounts.services import dns as services
from accounts.web.access import StaffRequest, actor, is_part, may
from accounts.web.clock import now


@may(Deed.READ)
def page(request: StaffRequest, pk: int) -> HttpResponse:
    """Show every record; while somebody waits for a fresh look, the page asks for this part again."""
    domain = get_object_or_404(MailDomain, pk=pk)
    moment, only = now(), request.GET.get("only") == "mend"
    context = {
        "domain": domain,
        "dns": queries.view(domain, moment, only_to_mend=only),
        "hosts": mail_hosts.of_domain(domain, moment),
        "only_to_mend": only,
    }
    return render(request, "domains/_dns_records.html" if is_part(request, "dns") else "domains/dns.html", context)


@may(Deed.READ)
def zone(request: StaffRequest, pk: int) -> HttpResponse:
    """Hand over the zone file, as the mail server last wanted it."""
    domain = get_object_or_404(MailDomain, pk=pk)
    text = services.kept_zone_text(domain)
    if text is None:
        messages.warning(request, _("The zone file is there once the domain was looked at."))
        return redirect("domains:dns", pk)
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{domain.name}.zone"'
    return answer


@may(Deed.CHANGE_DOMAINS)
@require_POST
def check(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a worker look again; the page shows when it has."""
    try:
        services.ask_for_check(pk, by=actor(request), now=now())
    except RuleBroken as rule:
        raise Http404 from rule
    return redirect("domains:dns", pk)
