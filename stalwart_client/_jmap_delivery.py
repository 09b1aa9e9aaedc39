"""The doors and routes of 0.16 (jmap.md 4.13)."""

from __future__ import annotations

from stalwart_client._answers import fitting
from stalwart_client._delivery import Delivery, delivery, listener
from stalwart_client._jmap_call import Call, Jmap

_CALLS: list[Call] = [
    ("x:NetworkListener/get", {"properties": ["name", "bind", "protocol", "tlsImplicit"]}),
    ("x:MtaRoute/get", {"properties": ["@type", "name", "address", "port"]}),
    ("x:MtaOutboundStrategy/get", {"ids": ["singleton"], "properties": ["route"]}),
]


def read_delivery(jmap: Jmap) -> Delivery:
    """Read how mail comes in and goes out; of a relay only where it is, never how we sign in there."""
    doors, routes, strategy = jmap.call(_CALLS)
    with fitting("doors and routes"):
        (route,) = (each["route"] for each in strategy["list"])
        ways = [str(rule["then"]) for rule in route["match"].values()]
        return delivery(
            (
                listener(each["name"], bind, each["protocol"], implicit_tls=bool(each["tlsImplicit"]))
                for each in doors["list"]
                for bind, is_set in each["bind"].items()
                if is_set
            ),
            [str(route["else"]), *(way for way in ways if way != "'local'")],
            {each["name"]: f"{each['address']}:{each['port']}" for each in routes["list"] if each["@type"] == "Relay"},
        )
