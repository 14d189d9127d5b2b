"""Beside a live etcd: who watches over it, and what a result tells of it afterwards."""

from collections.abc import Callable

import msgspec

from etcdbench import etcd_watch, metrics, scrape
from etcdbench.errors import EtcdError, PreflightError
from etcdbench.etcd_watch import EtcdWatch
from etcdbench.guard import Guard
from etcdbench.model import Result
from etcdbench.rivals import Presence


def guard_of(
    address: scrape.Address | None,
    presence: Presence,
    *,
    on_watch: Callable[[str], None],
    check_stop: Callable[[], None],
) -> Guard:
    """Return the guard of a live etcd, after a look at how it fares without us.

    Args:
        address: Where its metrics are; None to try where kubeadm has them.
        presence: Tells of other measurements.
        on_watch: Told where etcd is watched before it begins.
        check_stop: Raises `Interrupted` if the user wants us to stop.

    Raises:
        PreflightError: Another measurement is under way, or etcd is unwell already.
        EtcdError: Nothing answers at the address that was given.
        Interrupted: The user wants us to stop.
    """
    if not presence.alone():
        raise PreflightError(
            "another etcdbench is measuring on this disk, and etcd is to bear one share at most",
            hint="wait until it has ended",
        )
    watch = _find(address)
    if watch:
        on_watch(watch.url)
        watch.watch_quiet(check_stop=check_stop)
        if watch.reason:
            raise PreflightError(
                f"{watch.reason} before our load began",
                hint="that is the finding: etcd leaves no room for a measurement beside it",
            )
    return Guard(watch)


def told(result: Result, guard: Guard | None) -> Result:
    """Add to a result what the live etcd said of itself until now."""
    if guard is None or guard.etcd is None:
        return result
    guard.etcd.look()
    return msgspec.structs.replace(result, live_metrics=guard.etcd.record())


def _find(given: scrape.Address | None) -> EtcdWatch | None:
    """Return a watch over the etcd at the address given, else at the usual one if it answers.

    Raises:
        EtcdError: Nothing answers at the address that was given.
    """
    address = given or scrape.read_address(scrape.DEFAULT_URL)

    def fetch(timeout_seconds: float) -> metrics.Samples:
        return scrape.fetch(address, timeout_seconds=timeout_seconds, names=etcd_watch.NAMES)

    try:
        return EtcdWatch(address.url, fetch)
    except EtcdError:
        if given:
            raise
        return None
