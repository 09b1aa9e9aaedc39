"""What Prometheus is told. Every number is read when it is asked for, so all processes of the panel say the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts.domain.drift import Difference
from accounts.domain.lifecycle import State
from accounts.models import Account, Drift, Operation, Pulse, QueueSample, StaffSession, Status


def exposition(now: datetime) -> bytes:
    """Return all metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Panel(now))
    return generate_latest(registry)


class _Panel(Collector):
    """Reads the tables once, at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def describe(self) -> Iterator[Metric]:
        """Name nothing: a registry of one collector has no names that could clash."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        pulses = Pulse.objects.in_bulk(["sweep", "server"])
        yield _accounts()
        yield from _operations(self._now)
        yield from _sweep(pulses.get("sweep"), self._now)
        yield from _queue(self._now)
        yield from _server(pulses.get("server"))
        yield _drift()
        yield _gauge("staff_sessions", "Browsers in which staff are signed in.", StaffSession.objects.count())


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"metrosure_{name}", about, value=value)


def _accounts() -> Metric:
    counted = dict(Account.objects.order_by().values_list("state").annotate(Count("pk")))
    family = GaugeMetricFamily("metrosure_accounts", "Accounts by state.", labels=["state"])
    for state in State:
        family.add_metric([state], counted.get(state, 0))
    return family


def _drift() -> Metric:
    counted = dict(Drift.objects.open().order_by().values_list("kind").annotate(Count("pk")))
    family = GaugeMetricFamily("metrosure_drift", "Differences that wait for somebody, by kind.", labels=["kind"])
    for kind in Difference:
        family.add_metric([kind], counted.get(kind, 0))
    return family


def _operations(now: datetime) -> Iterator[Metric]:
    rows = Operation.objects.order_by().values_list("status").annotate(Count("pk"), Min("created_at"))
    found = {status: (count, oldest) for status, count, oldest in rows}
    family = GaugeMetricFamily("metrosure_operations", "Changes for the mail server by status.", labels=["status"])
    for status in Status:
        family.add_metric([status.value], found.get(status.value, (0, None))[0])
    yield family
    ages = GaugeMetricFamily(
        "metrosure_operation_age_seconds", "Age of the oldest change that is not settled, by status.", labels=["status"]
    )
    for status in (Status.PENDING, Status.RUNNING, Status.FAILED):
        oldest = found.get(status.value, (0, None))[1]
        ages.add_metric([status.value], (now - oldest).total_seconds() if oldest else 0)
    yield ages
    waiting = [found[status.value][1] for status in (Status.PENDING, Status.RUNNING) if status.value in found]
    age = (now - min(waiting)).total_seconds() if waiting else 0
    yield _gauge("operation_oldest_seconds", "Age of the oldest change that waits; 0 if none does.", age)


def _sweep(pulse: Pulse | None, now: datetime) -> Iterator[Metric]:
    """Say nothing of a sweep that has never run: 0 would be a lie."""
    if pulse:
        lag = (now - pulse.at).total_seconds()
        yield _gauge("sweep_lag_seconds", "Time since the sweep last ran; it runs every 30 seconds.", lag)


def _queue(now: datetime) -> Iterator[Metric]:
    sample = QueueSample.objects.order_by("-at").first()
    if sample is None:
        return
    age = (now - sample.oldest_at).total_seconds() if sample.oldest_at else 0
    yield _gauge("queue_messages", "Messages that waited for delivery when they were last counted.", sample.total)
    yield _gauge("queue_oldest_seconds", "Age of the message that waits longest; 0 if none does.", age)


def _server(pulse: Pulse | None) -> Iterator[Metric]:
    if pulse is None:
        return
    yield _gauge("server_up", "1 if the mail server answered when it was last asked.", int(pulse.is_well))
    if "seconds" in pulse.facts:
        yield _gauge("server_latency_seconds", "How long its last answer took.", pulse.facts["seconds"])
    errors = pulse.facts.get("errors", 0)
    yield CounterMetricFamily("metrosure_server_errors", "Questions that it did not answer.", value=errors)
