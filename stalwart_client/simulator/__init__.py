"""A Stalwart mail server that is none: the management interfaces of 0.15 and 0.16, for tests and for the demo."""

from stalwart_client.simulator.app import Simulator

__all__ = ["Simulator"]
