"""Finding accounts of 0.16 by their addresses: the server looks up by name and domain id only (jmap.md 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stalwart_client import _jmap_account as accounts
from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound
from stalwart_client._jmap_call import Call, Jmap, chunks, is_id
from stalwart_client._jmap_domains import DomainIds


class Accounts:
    """Reads people's accounts, by their ids where those are known and right."""

    def __init__(self, jmap: Jmap, domains: DomainIds) -> None:
        self._jmap = jmap
        self._domains = domains

    def at(self, hints: Mapping[str, str]) -> dict[str, accounts.Account]:
        """Return the accounts that exist at these addresses; a good hint saves the look-up by name."""
        found = self._read([hint for hint in hints.values() if is_id(hint)])
        strays = [address for address in hints if address not in found]
        if strays:
            found |= self._read(self.ids_at(strays))
        return {address: found[address] for address in hints if address in found}

    def one(self, address: str, hint: str = "") -> accounts.Account:
        """Return the account at an address.

        :raises NotFound: if there is none
        """
        found = self.at({address.lower(): hint})
        if not found:
            raise NotFound("The mail server has no such mailbox.", subject=address)
        return found[address.lower()]

    def ids_at(self, addresses: Sequence[str]) -> list[str]:
        """Find accounts and groups by name and domain, as many look-ups in a request as it takes."""
        parted = [address.rpartition("@") for address in addresses if "@" in address]
        domains = self._domains.ids_of(domain for _, _, domain in parted)
        calls: list[Call] = [
            ("x:Account/query", {"filter": {"name": local, "domainId": domains[domain]}})
            for local, _, domain in parted
            if domain in domains
        ]
        ids: list[str] = []
        for some in chunks(calls, self._jmap.limits().calls):
            for result in self._jmap.call(some):
                with fitting("a list of ids"):
                    ids += map(str, result["ids"])
        return ids

    def _read(self, ids: Iterable[str]) -> dict[str, accounts.Account]:
        read = self._jmap.get("x:Account", list(dict.fromkeys(ids)), accounts.PROPERTIES)
        return {address: account for account in read if (address := accounts.address_of(account))}
