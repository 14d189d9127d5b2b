"""A burst is one job with a blank run for each phase."""

from pathlib import Path

from etcdbench import profile
from etcdbench.burst import Burst
from etcdbench.learned import Learned
from etcdbench.prepared import Prepared, prepare
from etcdbench.workspace import Workspace
from fakes import result_of


def prepared(tmp_path: Path, *, nodes: int) -> Prepared:
    """Prepare a cut burst with Cilium."""
    join = profile.load("node-join-cilium").profile.join
    assert join is not None
    return prepare(
        join,
        Burst(nodes=nodes, jitter_seconds=0.0, quiet_seconds=1.0, pull_seconds_max=5.0),
        known=Learned(),
        result=result_of(),
        scratch=Workspace(tmp_path, -1),
    )


def test_each_phase_has_a_blank_run_with_its_schedule(tmp_path: Path) -> None:
    """And all share the job."""
    ready = prepared(tmp_path, nodes=5)

    assert [run.phase for run in ready.blanks] == ["join-quiet", "join-register", "join-pull"]
    assert [run.wal for run in ready.blanks] == [part.wal for part in ready.compiled.parts]
    assert {run.job_file for run in ready.blanks} == {ready.job.job_file}


def test_many_nodes_at_once_keep_etcd_busy_and_few_do_not(tmp_path: Path) -> None:
    """0.5 ms a request: half a percent of a core is ten a second."""
    names = [[name for name, *_ in prepared(tmp_path, nodes=n).job.beside] for n in (1, 50)]

    assert ["etcd_cpu" in beside for beside in names] == [False, True]
