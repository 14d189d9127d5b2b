"""fio's first moments, in which nothing else of ours may work."""

import pytest

from etcdbench import etcd_cpu, quiet, schedule, warm_pages


def test_the_work_begins_after_fio_s_start_and_before_its_load() -> None:
    """Nothing is due in an iolog before that."""
    assert 0.1 <= quiet.FIO_BEGINS_SECONDS < schedule.START_DELAY_MS / 1000


@pytest.mark.parametrize("module", [etcd_cpu, warm_pages])
def test_what_would_get_in_the_way_waits(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it runs, and then leaves fio alone."""

    class WaitsError(Exception):
        """It waits."""

    def waits() -> None:
        raise WaitsError

    def stays(_pid: int, _policy: int, _param: object) -> None:
        """Keep the priority of these tests."""

    def works(_seconds: float) -> None:
        raise AssertionError("it has begun to work")

    monkeypatch.setattr(module, "let_fio_begin", waits)
    monkeypatch.setattr("os.sched_setscheduler", stays)
    monkeypatch.setattr("time.sleep", works)
    with pytest.raises(WaitsError):
        etcd_cpu.main(0.5) if module is etcd_cpu else warm_pages.main()
