"""What an e-mail address has to look like before a server that checks nothing gets it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from stalwart_client._errors import Invalid

_ADDRESS = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


def checked(addresses: Iterable[str]) -> list[str]:
    """Return addresses in lower case, sorted, each once.

    :raises Invalid: if one is none; `subject` is that one
    """
    found = sorted({each.strip().lower() for each in addresses})
    for each in found:
        if not _ADDRESS.fullmatch(each):
            raise Invalid("This is not an e-mail address.", subject=each)
    return found


def network(address: str) -> str:
    """Return an IP address or network in the form that both generations keep.

    :raises Invalid: if it is none
    """
    try:
        found = ipaddress.ip_network(address.strip(), strict=False)
    except ValueError:
        raise Invalid("This is not an IP address or network.", subject=address) from None
    return str(found.network_address if found.num_addresses == 1 else found)
