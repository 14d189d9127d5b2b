"""Files that a real fio and a real etcd have just written."""

import subprocess
import urllib.request
from pathlib import Path

import pytest

from etcdbench import checks, client, etcd, etcd_programs, sources
from etcdbench.errors import ResultFileError
from etcdbench.model import Result, Verdict
from etcdbench.schedule import Load
from etcdbench.stopping import StopRequest
from etcdbench.workspace import workspace


def recipe(directory: Path, *options: str) -> bytes:
    """Run the popular recipe on a small file."""
    command = ["fio", "--rw=write", "--ioengine=sync", "--fdatasync=1", "--bs=2300", "--size=1m"]
    done = subprocess.run(
        [*command, f"--directory={directory}", "--name=mytest", *options],
        capture_output=True,
        check=True,
    )
    return done.stdout


def read(path: Path, data: bytes) -> Result:
    """Write a file and read it."""
    path.write_bytes(data)
    return sources.read(path)


@pytest.mark.fio
def test_every_format_of_a_real_fio_is_told_apart(disk_path: Path, tmp_path: Path) -> None:
    """json and json+ are judged, also together with text; text alone is refused."""
    for formats in ("json", "json+", "normal,json+"):
        result = read(tmp_path / "x", recipe(disk_path, f"--output-format={formats}"))
        (stream,) = result.streams("wal", "fio")
        assert stream.histogram().count == 2**20 // 2300
        assert bool(stream.edges_ns) == (formats == "json")
        assert checks.overall(checks.assess(result), result) is not Verdict.PASS
    with pytest.raises(ResultFileError, match="text output"):
        read(tmp_path / "x", recipe(disk_path))


@pytest.mark.fio
def test_status_documents_of_a_real_fio_are_a_timeline(disk_path: Path, tmp_path: Path) -> None:
    """Three seconds, three blocks."""
    options = ("--output-format=json+", "--status-interval=1", "--time_based=1", "--runtime=3")

    (stream,) = read(tmp_path / "x", recipe(disk_path, *options)).streams("wal", "fio")

    assert 2 <= len(stream.blocks) <= 4


@pytest.mark.fio
def test_a_job_that_never_flushes_is_refused(disk_path: Path, tmp_path: Path) -> None:
    """fio's last option counts."""
    with pytest.raises(ResultFileError, match="no fdatasync samples"):
        read(tmp_path / "x", recipe(disk_path, "--fdatasync=0", "--output-format=json+"))


@pytest.mark.etcd
def test_two_pages_of_a_real_etcd_give_what_was_written_between(
    disk_path: Path, tmp_path: Path
) -> None:
    """Some 30 puts, one after the other, are as many flushes; the first page alone has fewer."""
    load = Load(
        due_seconds=tuple(number / 20 for number in range(30)),
        key_sizes_bytes=(20,) * 30,
        value_sizes_bytes=(100,) * 30,
        key_copies=1,
    )
    before, after = tmp_path / "before", tmp_path / "after"
    left: list[Path] = []
    with (
        StopRequest().listen() as stop,
        workspace(disk_path, alone=True, on_leftover=left.append) as target,
        workspace(tmp_path, alone=False, on_leftover=left.append) as scratch,
        etcd.serving(
            etcd_programs.find_etcd(None), target=target, scratch=scratch, stop=stop
        ) as server,
    ):
        for path, requests in ((before, None), (after, load)):
            if requests:
                assert client.send(server.url, requests) == (30, "")
            with urllib.request.urlopen(f"{server.url}/metrics") as answer:
                path.write_bytes(answer.read())

    gained = sources.read(Path(f"{before},{after}"))
    (wal,) = gained.streams("wal", "live")

    assert 25 <= wal.histogram().count <= 35
    assert sources.read(after).streams("wal", "live")[0].histogram().count > wal.histogram().count
    assert gained.streams("commit", "live")[0].histogram().count > 5
    assert left == []
