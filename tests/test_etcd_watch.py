"""A live etcd under watch: what it flushed before and beside us, and when it must be let go."""

from collections.abc import Callable

import pytest

from etcdbench import metrics
from etcdbench.errors import EtcdError, Interrupted
from etcdbench.etcd_watch import QUIET_SECONDS, TIMEOUT_SECONDS, EtcdWatch
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS
from etcds import Clock, Etcd

MS = 1_000_000


def nothing() -> None:
    """Let nobody stop us."""


def watched(etcd: Etcd, clock: Clock) -> EtcdWatch:
    """Watch an etcd."""
    return EtcdWatch("http://x", etcd.fetch, clock=clock)


def counts(watch: EtcdWatch) -> dict[str, list[int]]:
    """Return the flushes in each block of the WAL, and the commits."""
    record = watch.record()
    return {
        f"{stream.name} {when}": [block.histogram.count for block in stream.blocks]
        for when, streams in (("before", record.before), ("beside", record.beside))
        for stream in streams
    }


def during(clock: Clock, act: Callable[[], None]) -> Callable[[float], None]:
    """Return a sleep during which something happens."""

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        act()

    return sleep


def test_what_it_flushed_before_and_beside_us_is_kept_apart() -> None:
    """Ten quiet seconds in blocks of two, then what came while we measured."""
    clock, etcd = Clock(), Etcd()
    etcd.flush(metrics.WAL_FSYNC, MS, times=1000)
    watch = watched(etcd, clock)
    act = during(clock, lambda: etcd.flush(metrics.WAL_FSYNC, 3 * MS))
    watch.watch_quiet(check_stop=nothing, sleep=act)
    etcd.flush(metrics.WAL_FSYNC, 5 * MS, times=7)
    etcd.flush(metrics.BACKEND_COMMIT, 5 * MS, times=2)
    clock.sleep(2.5)

    assert watch.why_stop() is None
    found = counts(watch)
    assert sum(found["wal before"]) == pytest.approx(10 * QUIET_SECONDS, abs=2)
    assert len(found["wal before"]) >= 4
    assert (found["wal beside"], found["commit beside"]) == ([7], [2])
    beside = watch.record().beside[0]
    assert beside.edges_ns == ETCD_BUCKET_EDGES_NS
    assert beside.blocks[0].histogram.bins() == {8 * MS: 7}
    assert beside.blocks[0].length_seconds == pytest.approx(2.5, abs=0.2)


def test_it_is_asked_every_two_seconds_and_must_answer_soon() -> None:
    """The first time it may take longer: nothing is measured yet."""
    clock, etcd = Clock(), Etcd()
    watch = watched(etcd, clock)
    for _ in range(61):
        clock.sleep(0.1)
        watch.why_stop()

    assert etcd.asked == [2.0, *[TIMEOUT_SECONDS] * 3]


@pytest.mark.parametrize(("latency_ns", "stops"), [(64 * MS, False), (65 * MS, True)])
def test_a_flush_that_may_be_over_100_ms_is_a_reason(latency_ns: int, *, stops: bool) -> None:
    """Its buckets end at 64 and 128 ms; and the reason stays."""
    clock, etcd = Clock(), Etcd()
    watch = watched(etcd, clock)
    etcd.flush(metrics.WAL_FSYNC, latency_ns)
    clock.sleep(2)

    assert (watch.why_stop() is not None) is stops
    clock.sleep(2)
    assert (watch.why_stop() is not None) is stops


def test_a_reason_that_a_look_out_of_turn_found_is_not_lost() -> None:
    """Results are saved in between."""
    clock, etcd = Clock(), Etcd()
    watch = watched(etcd, clock)
    etcd.flush(metrics.WAL_FSYNC, 500 * MS)
    watch.look()

    assert "over 64 ms" in (watch.why_stop() or "")


def test_an_etcd_that_does_not_answer_twice_is_let_go() -> None:
    """Once may happen."""
    clock, etcd = Clock(), Etcd()
    watch = watched(etcd, clock)
    etcd.silent = True
    reasons: list[str | None] = []
    for _ in range(2):
        clock.sleep(2)
        reasons.append(watch.why_stop())

    assert reasons == [None, "etcd's metrics did not answer"]


def test_an_etcd_that_was_started_anew_is_let_go() -> None:
    """Its counters begin at nothing."""
    clock, etcd = Clock(), Etcd()
    etcd.flush(metrics.WAL_FSYNC, MS, times=5)
    watch = watched(etcd, clock)
    etcd.restart()
    clock.sleep(2)

    assert "started anew" in (watch.why_stop() or "")


def test_an_etcd_that_is_unwell_before_us_is_not_watched_any_longer() -> None:
    """The reason is there at once."""
    clock, etcd = Clock(), Etcd()
    watch = watched(etcd, clock)
    act = during(clock, lambda: etcd.flush(metrics.WAL_FSYNC, 300 * MS))
    watch.watch_quiet(check_stop=nothing, sleep=act)

    assert "over 64 ms" in (watch.reason or "")
    assert clock.now_seconds < 1000 + QUIET_SECONDS / 2


def test_the_user_may_stop_while_it_is_watched() -> None:
    """Ten seconds are long."""

    def stop() -> None:
        raise Interrupted

    clock = Clock()
    with pytest.raises(Interrupted):
        watched(Etcd(), clock).watch_quiet(check_stop=stop, sleep=clock.sleep)


def test_what_is_no_etcd_is_an_error_at_once() -> None:
    """Another program's page has no such histogram."""
    with pytest.raises(EtcdError):
        EtcdWatch("http://x", lambda _seconds: {})
