"""Which id each mail domain of 0.16 has; accounts and aliases point at domains by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stalwart_client._http import fitting
from stalwart_client._jmap_call import Jmap


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
