"""The zone text of a domain, as 0.16 computes it (jmap.md 6)."""

from __future__ import annotations

from typing import Final

from stalwart_client.simulator import dkim
from stalwart_client.simulator.state import State
from stalwart_client.simulator.tables import Doc

_LONGEST: Final = 255
_SERVICES: Final = (
    ("_caldavs", 443),
    ("_carddavs", 443),
    ("_imaps", 993),
    ("_jmap", 443),
    ("_pop3s", 995),
    ("_submissions", 465),
)
# Both ids are digests of policies that nobody can change here, taken from the recorded server.
_STS_ID: Final = "138449342089700316"
_CONFIG_DIGEST: Final = "dEVvt2wC44a924j3+QrTQgEIKuduwfFBUG7zn/CRqI0="


def zone_file(state: State, number: str, doc: Doc) -> str:
    """Return the records the domain should have, one a line; long texts stand in parentheses."""
    name, host = doc["name"], state.hostname
    report = _report_address(doc)
    lines = [_text(f"{selector}._domainkey.{name}", text) for selector, text in _published(state, number)]
    if host.endswith(f".{name}"):
        lines.append(_text(host, "v=spf1 a -all"))
    lines += [_text(name, "v=spf1 mx -all"), f"{name}. IN MX 10 {host}."]
    if report:
        lines.append(_text(f"_dmarc.{name}", f"v=DMARC1; p=reject; rua={report}"))
    lines += [f"{service}._tcp.{name}. IN SRV 0 1 {port} {host}." for service, port in _SERVICES]
    lines.append(_alias(f"mta-sts.{name}", host))
    lines.append(_text(f"_mta-sts.{name}", f"v=STSv1; id={_STS_ID}"))
    if report:
        lines.append(_text(f"_smtp._tls.{name}", f"v=TLSRPTv1; rua={report}"))
    lines.append(_alias(f"ua-auto-config.{name}", host))
    lines.append(_text(f"_ua-auto-config.{name}", f"v=UAAC1; a=sha256; d={_CONFIG_DIGEST}"))
    lines += [_alias(f"{service}.{name}", host) for service in ("autoconfig", "autodiscover")]
    return "\n".join(lines) + "\n"


def _report_address(doc: Doc) -> str:
    uri = str(doc["reportAddressUri"] or "")
    return f"{uri}@{doc['name']}" if uri.startswith("mailto:") and "@" not in uri else uri


def _published(state: State, domain: str) -> list[tuple[str, str]]:
    """Return every key of the domain in every stage, as the server does."""
    table = state.table("DkimSignature")
    keys = [table.rows[number] for number in sorted(table.find("domainId", domain))]
    texts = [(key, key["privateKey"].get("secret", "")) for key in keys]
    return [(key["selector"], dkim.record(_algorithm(key), dkim.public_key(secret))) for key, secret in texts if secret]


def _algorithm(key: Doc) -> str:
    return "rsa" if "Rsa" in key["@type"] else "ed25519"


def _text(name: str, text: str) -> str:
    if len(text) <= _LONGEST:
        return f'{name}. IN TXT "{text}"'
    pieces = "\n".join(f'    "{text[start : start + _LONGEST]}"' for start in range(0, len(text), _LONGEST))
    return f"{name}. IN TXT (\n{pieces}\n)"


def _alias(name: str, host: str) -> str:
    return f"{name}. IN CNAME {host}."
