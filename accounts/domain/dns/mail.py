"""Where mail and mail programs are sent: MX, SRV and the addresses of the mail host."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from accounts.domain.dns.judgement import MISSING, Judged, Judgement
from accounts.domain.dns.names import bare, was_doubled
from accounts.domain.dns.records import Hint, Outcome, Verdict

NOT_OFFERED = "."
"""The target of an SRV that says: there is no such service here (RFC 2782); of an MX: no mail (RFC 7505)."""

# Not `is_private`: that holds the addresses of examples and tests too.
_INSIDE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")]


def target(content: str) -> str:
    """Return what an MX or SRV leads to: the host, with its port where there is one."""
    parts = content.split()
    return " ".join(parts[2:]) if len(parts) == 4 else parts[-1] if parts else ""


def exchanger(case: Judgement) -> Judged:
    """Our host has to be among those that take mail; its priority is the company's own affair."""
    ours = target(case.content)
    matching = tuple(value for value in case.values if target(value) == ours)
    if matching:
        wrong = _wrong_target(case, ours)
        return Judged(Verdict.DIFFERENT if wrong else Verdict.OK, matching, tuple(wrong))
    if not case.values:
        return MISSING
    hints = [hint for value in case.values for hint in _odd_target(case, target(value), ours)]
    return Judged(Verdict.DIFFERENT, case.values, tuple(hints))


def _wrong_target(case: Judgement, host: str) -> list[Hint]:
    """An MX has to lead to a host with an address of its own (RFC 2181 10.3)."""
    answer = case.answer(host, "A")
    if answer.alias:
        return [Hint("mx_alias", {"host": bare(host)})]
    both = (answer, case.answer(host, "AAAA"))
    return [Hint("mx_no_address", {"host": bare(host)})] if all(e.outcome is Outcome.NOTHING for e in both) else []


def _odd_target(case: Judgement, host: str, ours: str) -> list[Hint]:
    if host == NOT_OFFERED:
        return [Hint("mx_refuses")]
    if _is_address(bare(host)):
        return [Hint("mx_is_address", {"host": bare(host)})]
    if was_doubled(host, ours, case.zone):
        return [Hint("target_doubled")]
    return _wrong_target(case, host)


def service(case: Judgement) -> Judged:
    """The right host and port; priority and weight only matter where there are several."""
    ours = target(case.content)
    matching = tuple(value for value in case.values if target(value) == ours)
    if matching:
        return Judged(Verdict.OK, matching)
    if not case.values:
        return MISSING
    targets = [target(value).split()[-1] for value in case.values]
    if NOT_OFFERED in targets:
        return Judged(Verdict.DIFFERENT, case.values, (Hint("service_refused"),))
    grown = any(was_doubled(each, ours.split()[-1], case.zone) for each in targets)
    return Judged(Verdict.DIFFERENT, case.values, (Hint("target_doubled"),) if grown else ())


def address(case: Judgement) -> Judged:
    """The wanted address among those found; where none is known, one that people can reach."""
    if not case.wanted.any_content:
        return _known_address(case)
    values = case.values + case.answer(case.name, "AAAA").values
    if not values:
        return MISSING
    if all(is_inside(value) for value in values):
        return Judged(Verdict.DIFFERENT, values, (Hint("address_inside"),))
    return Judged(Verdict.OK, values)


def _known_address(case: Judgement) -> Judged:
    if not case.values:
        return MISSING
    ours = {each.record.content for each in case.all_wanted if each.record.name == case.name}
    others = [value for value in case.values if value not in ours]
    if case.content not in case.values:
        return Judged(Verdict.DIFFERENT, case.values)
    hint = (Hint("address_others", {"addresses": ", ".join(others)}),) if others else ()
    return Judged(Verdict.OK, case.values, hint)


def is_inside(address_text: str) -> bool:
    """Say whether an address works only inside of a network or a machine."""
    address = ip_address(address_text)
    return (
        address.is_loopback
        or address.is_link_local
        or any(address in network for network in _INSIDE if network.version == address.version)
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
