"""Finding fio, cutting its output into documents, and turning its failures into sentences."""

import os
import stat
import textwrap
from pathlib import Path

import msgspec
import pytest

from etcdbench.documents import Document
from etcdbench.errors import FioError
from etcdbench.fio import Fio, FioOutput, RunInterrupted, find_fio
from etcdbench.jobfile import FioJob
from etcdbench.stopping import StopRequest
from fakes import document, printed

JOB = FioJob(
    job_file="[global]\n",
    iologs={"wal.iolog": "fio version 2 iolog\n"},
    sections=("wal",),
    runtime_seconds=1.0,
    size_bytes=0,
)


def program(folder: Path, body: str, name: str = "fio") -> Path:
    """Put a shell script on a search path of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{textwrap.dedent(body)}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def run(
    path: Path, tmp_path: Path, *, stop: StopRequest | None = None, job: FioJob = JOB
) -> FioOutput:
    """Run the job with a program in place of fio."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return Fio(path, "fio-3.33", stop or StopRequest()).run(
        job,
        directory=tmp_path,
        scratch=scratch,
        keep_open=(),
        seconds_max=5,
        watch=never,
    )


def never(seconds: float, document: Document | None, process_id: int | None = None) -> None:
    """Find no reason to stop."""
    del seconds, document, process_id


def search(*folders: Path) -> str:
    """Return a search path."""
    return os.pathsep.join(str(folder) for folder in folders)


def test_the_first_real_fio_on_the_path_is_used(tmp_path: Path) -> None:
    """Fiona's program of the same name is passed over."""
    program(tmp_path / "a", "echo 'fio, version 1.9.5'")
    real = program(tmp_path / "b", "echo fio-3.33")

    found = find_fio(stop=StopRequest(), search_path=search(tmp_path / "a", tmp_path / "b"))

    assert (found.path, found.version_text) == (real, "fio-3.33")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("echo 'fio, version 1.9.5'", "Fiona"),
        ("exit 1", "not the flexible"),
        ("echo fio-3.4", "cannot measure fdatasync"),
        ("echo fio-2.99", "cannot measure fdatasync"),
    ],
)
def test_what_is_no_usable_fio_is_refused(tmp_path: Path, body: str, sentence: str) -> None:
    """Another program, a broken one, an old one: each is told apart."""
    program(tmp_path / "a", body)

    with pytest.raises(FioError, match=sentence):
        find_fio(stop=StopRequest(), search_path=search(tmp_path / "a"))


def test_no_fio_at_all_says_how_to_get_it(tmp_path: Path) -> None:
    """The hint names the package managers."""
    with pytest.raises(FioError, match="not installed") as caught:
        find_fio(stop=StopRequest(), search_path=str(tmp_path))

    assert "apt-get install fio" in caught.value.hint


@pytest.mark.parametrize("version", ["fio-3.5", "fio-3.42-135-gf534", "fio-4.0"])
def test_a_fio_from_3_5_on_is_good(tmp_path: Path, version: str) -> None:
    """Versions are compared as numbers: 3.42 is newer than 3.5."""
    program(tmp_path / "a", f"echo {version}")

    assert find_fio(stop=StopRequest(), search_path=search(tmp_path / "a")).version_text


def test_a_job_is_run_with_its_files_and_its_logs_are_read(tmp_path: Path) -> None:
    """Job file and iologs lie in the scratch directory; the log of a section comes back."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    fake = program(
        tmp_path / "a",
        f"""
        for last; do :; done
        test -f "$last" && test -f "$(dirname "$last")/wal.iolog" || exit 9
        echo "100, 5, 1, 10, 0, 0" > "$(dirname "$last")/wal_clat.1.log"
        cat {tmp_path}/out.json
        """,
    )

    output = run(fake, tmp_path)

    assert len(output.documents) == 1
    assert output.logs == {"wal": "100, 5, 1, 10, 0, 0\n"}
    assert output.stopped is None


@pytest.mark.parametrize("modules", [(("polling",), ("warm_pages",), ("etcd_cpu", "0.5")), ()])
def test_what_stands_for_etcd_s_runtime_runs_beside_its_load_alone_and_ends_with_it(
    tmp_path: Path, modules: tuple[tuple[str, ...], ...]
) -> None:
    """The popular recipe is fio's only; nothing else of ours works in the scratch directory."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    fake = program(
        tmp_path / "a",
        f"""
        for pid in /proc/[0-9]*; do
            [ "$(readlink "$pid/cwd")" = "{tmp_path}/scratch" ] && echo "$pid" >> {tmp_path}/beside
        done
        cat {tmp_path}/out.json
        """,
    )

    run(fake, tmp_path, job=msgspec.structs.replace(JOB, beside=modules))

    beside = tmp_path / "beside"
    pids = beside.read_text().split() if beside.exists() else []
    assert len(pids) == len(modules)
    assert not any(Path(pid).exists() for pid in pids)


@pytest.mark.parametrize("module", [("polling",), ("warm_pages",), ("etcd_cpu", "0.5")])
@pytest.mark.parametrize("stopped", [True, False])
def test_flushes_beside_which_somebody_ended_it_are_no_result(
    tmp_path: Path, *, stopped: bool, module: tuple[str, ...]
) -> None:
    """They met CPUs that sleep, or idle, or cold memory; but who stops us may have ended it, too."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    fake = program(
        tmp_path / "a",
        f"""
        for pid in /proc/[0-9]*; do
            [ "$(readlink "$pid/cwd")" = "{tmp_path}/scratch" ] && kill -9 "${{pid#/proc/}}"
        done
        cat {tmp_path}/out.json
        {"exec sleep 60" if stopped else "sleep 0.2"}
        """,
    )
    stop = StopRequest()
    stop.requested = stopped

    with pytest.raises(RunInterrupted if stopped else FioError) as caught:
        run(fake, tmp_path, stop=stop, job=msgspec.structs.replace(JOB, beside=(module,)))

    assert (f"{module[0]}, a program of ours" in str(caught.value)) != stopped


def test_an_earlier_runs_log_is_never_taken_for_this_ones(tmp_path: Path) -> None:
    """A run that is cut off leaves no log, and section numbers change with the segments."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "wal_clat.9.log").write_text("100, 5, 1, 10, 0, 0\n")

    output = run(program(tmp_path / "a", f"cat {tmp_path}/out.json"), tmp_path)

    assert output.logs == {}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("kill -9 $$", "killed by signal 9"),
        ("echo 'fio: bad option' >&2; exit 1", "status 1: fio: bad option"),
        ("echo '{'", "cut off"),
    ],
)
def test_a_fio_that_fails_is_never_a_result(tmp_path: Path, body: str, sentence: str) -> None:
    """Its status, its errors and its output reach the sentence (`test_fio_failures.py`)."""
    with pytest.raises(FioError, match=sentence):
        run(program(tmp_path / "a", body), tmp_path)


def test_an_interrupt_says_what_did_not_end(tmp_path: Path) -> None:
    """The reason of a run that was stuck has it."""
    stuck = FioOutput(documents=(), stopped="interrupted; process 7 does not end")

    assert str(RunInterrupted(stuck)) == "interrupted; process 7 does not end"
    assert "our files were removed" in str(RunInterrupted(FioOutput(documents=())))
    assert list(tmp_path.iterdir()) == []


def test_a_fio_that_hangs_is_one_sentence(tmp_path: Path) -> None:
    """Nothing came until its time was up."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    with pytest.raises(FioError, match="returned nothing: fio did not end"):
        Fio(program(tmp_path / "a", "exec sleep 60"), "fio-3.33", StopRequest()).run(
            JOB,
            directory=tmp_path,
            scratch=scratch,
            keep_open=(),
            seconds_max=0.3,
            watch=never,
        )


def test_a_fio_that_takes_too_long_is_stopped_and_its_documents_are_kept(tmp_path: Path) -> None:
    """The parent's own clock decides, and the reason is told."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    fake = program(tmp_path / "a", f"cat {tmp_path}/out.json; exec sleep 60")
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    output = Fio(fake, "fio-3.33", StopRequest()).run(
        JOB,
        directory=tmp_path,
        scratch=scratch,
        keep_open=(),
        seconds_max=0.3,
        watch=never,
    )

    assert output.stopped == "fio did not end within 0 s"
    assert len(output.documents) == 1
    assert output.silent_seconds > 0


def test_an_interrupt_keeps_what_was_measured(tmp_path: Path) -> None:
    """The documents until then come with the interruption."""
    (tmp_path / "out.json").write_text(printed(document(1000, {"wal": {1: 1}})))
    fake = program(tmp_path / "a", f"cat {tmp_path}/out.json; exec sleep 60")
    stop = StopRequest()
    stop.requested = True

    with pytest.raises(RunInterrupted) as caught:
        run(fake, tmp_path, stop=stop)

    assert caught.value.exit_status == 130
    assert len(caught.value.output.documents) <= 1
