"""Mail domains of 0.16; accounts and aliases point at them by id (jmap.md 4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._errors import NotFound, StalwartError
from stalwart_client._jmap_call import Jmap, Linked, Object, escaped
from stalwart_client._jmap_linked import in_use
from stalwart_client._zone import parse_zone

_PROPERTIES = ("name", "description", "aliases")
_TRIES = 3
"""A new domain gets its keys one after the other, and the last may come while we delete the first."""


class DomainIds:
    """Knows the id of each domain; reads them all again when one is unknown or has changed."""

    def __init__(self, jmap: Jmap) -> None:
        self._jmap = jmap
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def ids_of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the ids of those domains that exist, asked again whether they are still right."""
        ids = {name: self._ids.get(name, "") for name in names}
        if all(ids.values()) and self._are_right(ids):
            return ids
        known = self._read()
        return {name: known[name] for name in ids if name in known}

    def name_of(self, domain_id: str) -> str:
        """Return the name of a domain, or nothing where our credentials may not see it."""
        if domain_id not in self._names:
            self._read()
        return self._names.setdefault(domain_id, "")

    def forget(self) -> None:
        """Look again at the next need."""
        self._ids, self._names = {}, {}

    def _are_right(self, ids: Mapping[str, str]) -> bool:
        """Ask for the names behind ids: on a server that was set up anew an id can be another domain's."""
        domains = self._jmap.get("x:Domain", list(ids.values()), ("name",)) if ids else []
        with fitting("a mail domain"):
            return {str(each["name"]): str(each["id"]) for each in domains} == ids

    def _read(self) -> dict[str, str]:
        with fitting("a mail domain"):
            ids = {str(each["name"]): str(each["id"]) for each in self._jmap.walk("x:Domain", ("name",))}
        self._ids, self._names = ids, {ident: name for name, ident in ids.items()}
        return ids


class Domains:
    """Reads and changes mail domains."""

    def __init__(self, jmap: Jmap, ids: DomainIds) -> None:
        self._jmap = jmap
        self._ids = ids

    def all(self) -> Iterator[MailDomain]:
        """Yield every mail domain; the zone file is left out, as it is computed for each."""
        return map(_mail_domain, self._jmap.walk("x:Domain", _PROPERTIES))

    def at(self, name: str) -> MailDomain:
        """Return a mail domain.

        :raises NotFound: if there is none
        """
        return _mail_domain(self.read(name, _PROPERTIES))

    def read(self, name: str, properties: tuple[str, ...]) -> Object:
        """Return the domain object of this name.

        :raises NotFound: if there is none
        """
        found = list(self._jmap.walk("x:Domain", properties, {"name": name}))
        if not found:
            raise NotFound("The mail server has no such domain.", subject=name)
        return found[0]

    def create(self, name: str, description: str) -> MailDomain:
        """Make a mail domain."""
        body = {"name": name} | ({"description": description} if description else {})
        (made,) = self._jmap.set("x:Domain", {"create": {"new": body}}).values()
        if isinstance(made, StalwartError):
            made.subject = name
            raise made
        with fitting("a new domain"):
            return MailDomain(name=name, id=str(made["id"]), description=description)

    def update(self, name: str, patch: Mapping[str, Any]) -> None:
        """Patch the domain of this name.

        :raises NotFound: if there is none
        """
        ident = str(self.read(name, ("name",))["id"])
        (result,) = self._jmap.set("x:Domain", {"update": {ident: dict(patch)}}).values()
        if isinstance(result, StalwartError):
            raise result

    def set_aliases(self, name: str, wanted: set[str]) -> None:
        """Add and remove other names of a domain; nothing is checked there but whether they are taken."""
        present = set(self.at(name).aliases)
        patch: dict[str, Any] = {f"aliases/{escaped(each)}": None for each in sorted(present - wanted)}
        patch |= {f"aliases/{escaped(each)}": True for each in sorted(wanted - present)}
        if patch:
            self.update(name, patch)

    def delete(self, name: str) -> None:
        """Delete a domain, and its keys first once they are all that is left in it."""
        try:
            ident = str(self.read(name, ("name",))["id"])
        except NotFound:
            return
        for _ in range(_TRIES):
            (result,) = self._jmap.set("x:Domain", {"destroy": [ident]}).values()
            keys = _keys_only(result)
            if not keys:
                break
            # As long as the domain makes its keys itself, it would make new ones.
            self.update(name, {"dkimManagement": {"@type": "Manual"}})
            self._jmap.set("x:DkimSignature", {"destroy": keys})
        self._ids.forget()
        if isinstance(result, Linked):
            raise in_use(self._jmap, _without_keys(result), "The domain is still in use.", subject=name)
        if isinstance(result, StalwartError) and not isinstance(result, NotFound):
            raise result

    def dns_records(self, name: str) -> list[DnsRecord]:
        """Return the records of the server's zone file.

        :raises NotFound: if there is no such domain
        """
        zone = self.read(name, ("dnsZoneFile",))
        with fitting("a zone file"):
            return parse_zone(str(zone["dnsZoneFile"]))


def _keys_only(result: object) -> list[str]:
    """Return the DKIM keys in the way of a domain's end, nothing if anything else is."""
    if not isinstance(result, Linked) or {kind for kind, _ in result.objects} != {"DkimSignature"}:
        return []
    return [ident for _, ident in result.objects]


def _without_keys(linked: Linked) -> Linked:
    """Leave out what would go with the domain."""
    others = [each for each in linked.objects if each[0] != "DkimSignature"]
    return Linked(str(linked), subject=linked.subject, objects=others or linked.objects)


def _mail_domain(domain: Object) -> MailDomain:
    with fitting("a mail domain"):
        return MailDomain(
            name=str(domain["name"]),
            id=str(domain["id"]),
            description=str(domain["description"] or ""),
            aliases=tuple(sorted(str(each) for each, is_set in domain["aliases"].items() if is_set)),
        )
