"""Mail domains of 0.15 (rest.md 2.2, 4.2), which deletes one in use without a word; so we ask who uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stalwart_client._answers import fitting
from stalwart_client._domain_types import DnsRecord, MailDomain
from stalwart_client._errors import InUse, Invalid, NotFound
from stalwart_client._rest_call import PRINCIPALS, Rest, principal_path
from stalwart_client._rest_dkim import RestDkimKeys

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class RestDomains:
    """Reads and changes mail domains."""

    def __init__(self, rest: Rest, dkim: RestDkimKeys) -> None:
        self._rest = rest
        self._dkim = dkim

    def all(self) -> Iterator[MailDomain]:
        """Yield every mail domain; the fields are named, as counting members reads every address."""
        for item in self._rest.walk("domain", "name,description"):
            with fitting("a mail domain"):
                yield MailDomain(name=str(item["name"]), description=str(item.get("description", "")))

    def at(self, name: str) -> MailDomain:
        """Return a mail domain; asked for alone it costs a count of its addresses, so it is found by its words."""
        for domain in self._rest.walk("domain", "name,description", name):
            if domain["name"] == name:
                return MailDomain(name=name, description=str(domain.get("description", "")))
        raise NotFound("The mail server has no such domain.", subject=name)

    def create(self, name: str, description: str) -> MailDomain:
        """Make a mail domain; the name is checked here, as this server takes anything."""
        if not _NAME.fullmatch(name):
            raise Invalid("This is not the name of a domain.", subject=name)
        body = {"type": "domain", "name": name} | ({"description": description} if description else {})
        self._rest.call("POST", PRINCIPALS, body=body, idempotent=False)
        self._rest.forget_recipients()
        return MailDomain(name=name, description=description)

    def describe(self, name: str, description: str) -> None:
        """Give a domain another description."""
        self.at(name)
        step = {"action": "set", "field": "description", "value": description}
        self._rest.call("PATCH", principal_path(name), body=[step], idempotent=True)

    def delete(self, name: str) -> None:
        """Delete a domain that nobody has an address in, and its keys as far as we may.

        Somebody can get an address in it between the look and the deletion; it then stays, and bounces.
        """
        found = self._rest.principal(name, "domain")
        if found is None:
            return
        users = tuple(sorted(self._users(name)))
        with fitting("a mail domain"):
            # The server's own count sees what our key may not list.
            if users or int(found.get("members", 0)):
                raise InUse("The domain is still in use.", subject=name, used_by=users)
        self._dkim.delete_all(name)
        try:
            self._rest.call("DELETE", principal_path(name), idempotent=True)
        except NotFound:
            return
        self._rest.forget_recipients()

    def dns_records(self, name: str) -> list[DnsRecord]:
        """Return the server's list, which it makes of any name that it is given."""
        self.at(name)
        return self._dkim.dns_records(name)

    def _users(self, name: str) -> Iterator[str]:
        """Yield what has an address in the domain: names are found by words, so each is looked at again."""
        end = f"@{name}"
        for item in self._rest.walk("individual,group,list", "name,emails", name):
            with fitting("who uses a domain"):
                ours = [str(each) for each in (item["name"], *item.get("emails", ())) if str(each).endswith(end)]
            if ours:
                yield ours[0]
