"""What the codes of DNS findings mean, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.dns.names import bare
from accounts.models import DnsFinding

WHY = {
    "mx": gettext_lazy("Tells other servers where mail for the domain goes. Without it nothing arrives."),
    "address": gettext_lazy("The address of the mail host. Without it nobody finds the server."),
    "spf": gettext_lazy("Says who may send mail for the domain (SPF). Without it your mail looks forged."),
    "dkim": gettext_lazy("Proves that mail is yours and unchanged (DKIM). The mail server signs with this key."),
    "dmarc": gettext_lazy("Says what others do with mail in your name that is not yours (DMARC)."),
    "mta_sts": gettext_lazy("Makes other servers encrypt what they bring to you (MTA-STS)."),
    "tls_rpt": gettext_lazy("Lets other servers report when encryption fails."),
    "tlsa": gettext_lazy("Ties the certificate to DNS (DANE). It only counts in a zone signed with DNSSEC."),
    "caa": gettext_lazy("Names who may issue certificates for the domain, and nobody else."),
    "service": gettext_lazy("Tells mail programs the server and port of a service."),
    "setup": gettext_lazy(
        "Lets Outlook, Thunderbird and phones set themselves up, so that nobody is asked for servers."
    ),
    "alias": gettext_lazy("Leads a name of the domain to the mail host."),
    "other": gettext_lazy("The mail server expects this record."),
}
_HINTS = {
    "no_answer": gettext_lazy("The name server did not answer within 5 seconds, so this says nothing."),
    "refused": gettext_lazy("The name server answered with an error, so this says nothing."),
    "resolver_differs": gettext_lazy(
        "The zone was changed lately: others still see the old answer until its time to live is over."
    ),
    "alias_in_the_way": gettext_lazy("The name is an alias (CNAME) of %(to)s, and an alias hides every other record."),
    "name_doubled": gettext_lazy(
        "It was published as %(name)s: the provider added the domain to a name that had it already. "
        "Type only the part before the domain."
    ),
    "target_doubled": gettext_lazy(
        "The provider added the domain to the host, because the dot at its end was left out. Type it with the dot."
    ),
    "wildcard": gettext_lazy("There is no such record: a wildcard (*.%(zone)s) answers in its place."),
    "quotes": gettext_lazy("The quotation marks became part of the text. Type it without them."),
    "mx_leftover": gettext_lazy("Mail may still go to this server as well. Delete the record once nothing needs it."),
    "mx_refuses": gettext_lazy("This record says that the domain takes no mail at all."),
    "mx_is_address": gettext_lazy("%(host)s is an address; an MX has to name a host. Many servers refuse this."),
    "mx_alias": gettext_lazy("%(host)s is an alias (CNAME); an MX has to lead to a host with an address of its own."),
    "mx_no_address": gettext_lazy("%(host)s has no address, so mail cannot be brought there."),
    "service_refused": gettext_lazy("This record says that the service is not offered."),
    "service_leftover": gettext_lazy("Mail programs may still be sent to this server. Delete the record if it is old."),
    "address_inside": gettext_lazy("This address works inside a network only. Publish the public one."),
    "address_others": gettext_lazy("The host has other addresses too: %(addresses)s. Are they its own?"),
    "address_instead": gettext_lazy("Published as an address in place of an alias. That works as well."),
    "address_instead_wrong": gettext_lazy("Published as an address in place of an alias, and not the mail host's."),
    "spf_several": gettext_lazy(
        "Only one SPF record may exist. With %(number)s, receivers ignore them all. Merge them into one."
    ),
    "spf_version": gettext_lazy(
        "Receivers do not read this: an SPF record begins with “v=spf1”, without quotation marks."
    ),
    "spf_mistake": gettext_lazy("“%(term)s” is nothing that SPF knows; one mistake makes the whole record void."),
    "spf_lacks": gettext_lazy("Your own mail server is not let in: “%(terms)s” is missing."),
    "spf_redirect": gettext_lazy(
        "Another domain decides (%(to)s). The panel cannot tell whether it lets your mail server in."
    ),
    "spf_lets_all_in": gettext_lazy("“+all” lets everybody send in your name."),
    "spf_softer": gettext_lazy("The end of the record only doubts strangers; “-all” refuses them."),
    "spf_count": gettext_lazy("It takes receivers %(number)s of %(most)s allowed look-ups."),
    "spf_too_many": gettext_lazy("It takes receivers %(number)s look-ups. Beyond 10 they treat the record as void."),
    "spf_voids": gettext_lazy(
        "%(number)s of the names in it do not exist. Beyond 2, receivers treat the record as void."
    ),
    "spf_loop": gettext_lazy("%(name)s leads back to itself, so receivers treat the record as void."),
    "spf_include_broken": gettext_lazy(
        "%(name)s has no single SPF record to include, so receivers treat yours as void."
    ),
    "spf_others": gettext_lazy("It lets others send in your name too: %(terms)s."),
    "dkim_several": gettext_lazy("Two keys stand under one name; receivers take either. Delete the wrong one."),
    "dkim_version": gettext_lazy("The version “%(version)s” is not DKIM1, so receivers ignore the key."),
    "dkim_revoked": gettext_lazy("The key is empty, which says that it was taken back."),
    "dkim_algorithm": gettext_lazy("The record says “%(algorithm)s”, and that is not what the mail server signs with."),
    "dkim_other_key": gettext_lazy("This is another key than the mail server's, so signatures do not hold."),
    "dkim_cut": gettext_lazy(
        "The key was cut short. Some forms take 255 characters a piece: type it in pieces, each in quotation marks."
    ),
    "dkim_hash": gettext_lazy("The record does not allow SHA-256, which the mail server signs with."),
    "dkim_test_mode": gettext_lazy("“t=y” says that you only try it out. Leave it out."),
    "dmarc_several": gettext_lazy("Only one DMARC record may exist. With several, receivers ignore them all."),
    "dmarc_version": gettext_lazy("Receivers do not read this: a DMARC record begins with “v=DMARC1;”."),
    "dmarc_policy_unknown": gettext_lazy("“p=%(policy)s” is no policy. Write none, quarantine or reject."),
    "dmarc_weaker": gettext_lazy(
        "It protects less than “p=%(wanted)s”. Change it once the reports show only your own mail."
    ),
    "dmarc_percent": gettext_lazy("It counts for %(percent)s of 100 mails only."),
    "dmarc_subdomains": gettext_lazy("Names below the domain are protected less: “sp=%(policy)s”."),
    "dmarc_none": gettext_lazy("“p=none” only watches: nobody is stopped from writing in your name."),
    "dmarc_quarantine": gettext_lazy("“p=quarantine” puts mail that is not yours with the junk."),
    "dmarc_reject": gettext_lazy("“p=reject” turns away mail in your name that is not yours."),
    "dmarc_no_reports": gettext_lazy("No address takes reports (rua), so nobody sees who writes in your name."),
    "reports_elsewhere": gettext_lazy("Its reports go to %(to)s."),
    "policy_id": gettext_lazy(
        "The id is not that of the mail server's policy, so other servers keep an old one. Publish the new id."
    ),
    "ptr_right": gettext_lazy("%(address)s is called %(found)s, and that name leads back to it."),
    "ptr_missing": gettext_lazy(
        "%(address)s has no name (PTR). Many servers refuse its mail. Whoever gave you the address sets it."
    ),
    "ptr_not_confirmed": gettext_lazy("%(address)s is called %(found)s, but that name does not lead back to it."),
    "ptr_other_name": gettext_lazy(
        "%(address)s is called %(found)s, not by the mail host's name. Most servers accept that."
    ),
    "not_listed": gettext_lazy("%(address)s is not on %(list)s."),
    "listed": gettext_lazy("%(address)s is on the block list %(list)s. Look there why, and ask to be taken off."),
    "list_refuses": gettext_lazy(
        "%(list)s does not answer questions that come through this resolver, so this says nothing."
    ),
    "port_open": gettext_lazy("Port %(port)s (%(service)s) can be reached from here."),
    "port_shut": gettext_lazy("Port %(port)s (%(service)s) cannot be reached from here."),
    "port_unknown": gettext_lazy("The mail host's address is not known, so port %(port)s was not tried."),
    "certificate_right": gettext_lazy("The certificate on port %(port)s is right for %(days)s more days."),
    "certificate_soon": gettext_lazy(
        "The certificate on port %(port)s runs out in %(days)s days. It should have renewed itself."
    ),
    "certificate_over": gettext_lazy("The certificate on port %(port)s has run out."),
    "certificate_name": gettext_lazy("The certificate on port %(port)s is for %(names)s, not for %(host)s."),
    "certificate_self_signed": gettext_lazy("The certificate on port %(port)s is signed by nobody but itself."),
    "certificate_none": gettext_lazy("Port %(port)s offers no encryption."),
}
_CHANGED = {
    "missing": gettext_lazy("%(type)s %(name)s is no longer there."),
    "different": gettext_lazy("%(type)s %(name)s was changed and no longer fits."),
    "extra": gettext_lazy("%(type)s %(name)s has come, and should not be there."),
}


def hint_words(code: str, values: Mapping[str, str]) -> str:
    """Return the sentence of a remark, "" for one that an older panel kept; hosts lose their last dot."""
    return str(_HINTS.get(code, "")) % {name: bare(value) for name, value in values.items()}


def all_hints(hints: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    return [said for code, values in hints if (said := hint_words(code, values))]


def worse_title(domain: str, number: int) -> str:
    return ngettext(
        "%(domain)s: %(number)s DNS record is no longer right",
        "%(domain)s: %(number)s DNS records are no longer right",
        number,
    ) % {"domain": domain, "number": number}


def worse_text(rows: Iterable[DnsFinding]) -> str:
    """Return what got worse, a line for each record with what explains it."""
    return "\n".join(changed_words(row) for row in rows)


def changed_words(row: DnsFinding) -> str:
    said = str(_CHANGED[row.settled]) % {"type": row.type, "name": bare(row.name)}
    return " ".join([said, *all_hints(row.hints)])


def host_title(host: str) -> str:
    return _("Something got worse at the mail host %(host)s") % {"host": host}
