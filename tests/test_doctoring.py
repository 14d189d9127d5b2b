"""The doctor's whole way on trees: from counters to the verdict."""

import datetime
import json
import os
from pathlib import Path

import pytest

from doctors import Installed
from etcdbench import doctoring, places
from etcdbench.diagnosis import Diagnosis, Seen, Side, Symptom, Unseen
from etcdbench.probes import Programs
from test_disk_facts import count, host
from trees import write_files


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither this machine's programs, its network, nor the room on its disk decide."""

    def installed(*, seconds: float) -> Installed:
        del seconds
        return Installed(tmp_path / "bin")

    monkeypatch.setattr(doctoring, "HALVES", (doctoring.look_at_disk,))
    monkeypatch.setattr(doctoring, "Programs", installed)

    def unknown(_path: Path) -> None:
        return None

    monkeypatch.setattr(places, "_room", unknown)


def examine(root: Path, *, steps: int = 0, path: str = "/var/lib/etcd") -> Diagnosis:
    """Examine a tree whose slow disk advances by some steps in the meantime."""
    return doctoring.examine(Path(path), root=root, pause=lambda _seconds: count(root, steps))


def causes(found: Diagnosis) -> list[str]:
    """Return the codes of all causes."""
    return [one.code for one in found.symptoms if one.weight == "cause"]


def test_a_slow_disk_is_blamed(tmp_path: Path) -> None:
    """By its name, with what it holds."""
    host(tmp_path)
    found = examine(tmp_path, steps=2)

    assert found.verdict == "disk"
    assert causes(found) == ["slow_flushes"]
    assert "85.0 ms on average on nvme0n1, which holds etcd and the root" in found.symptoms[0].seen


def test_a_quiet_host_is_not_blamed(tmp_path: Path) -> None:
    """Nothing moved, and nothing waits."""
    host(tmp_path)
    found = examine(tmp_path)

    assert found.verdict == "neither"
    assert found.looked_at


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (
            {"dev/kmsg": "3,1,990000000,-;nvme nvme0: I/O 7 QID 4 timeout, aborting\n"},
            "kernel_io_errors",
        ),
        (
            {
                "proc/pressure/memory": "some avg10=50.00 avg60=0 avg300=0 total=0\n"
                "full avg10=30.00 avg60=0 avg300=0 total=0\n"
            },
            "swap_thrash",
        ),
        (
            {"proc/self/mountinfo": "36 35 259:0 / / ro - ext4 /dev/nvme0n1 ro\n"},
            "filesystem_read_only",
        ),
    ],
)
def test_every_other_cause_is_recognised_on_a_tree(
    tmp_path: Path, files: dict[str, str], code: str
) -> None:
    """While all disks are quick."""
    host(tmp_path)
    found = doctoring.examine(
        Path("/var/lib/etcd"),
        root=tmp_path,
        pause=lambda _seconds: write_files(tmp_path, files),
    )

    assert (found.verdict, causes(found)) == ("disk", [code])


def test_a_nearly_full_filesystem_is_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand blocks ten are left."""
    host(tmp_path)

    def full(_path: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))

    monkeypatch.setattr(places, "_room", full)

    assert causes(examine(tmp_path)) == ["filesystem_full"]


def test_what_etcd_logged_is_recognised(tmp_path: Path) -> None:
    """In the log of its pod."""
    host(tmp_path)
    moment = datetime.datetime.now(datetime.UTC).isoformat()
    log = f'{moment} stderr F {{"msg":"slow fdatasync","took":"1.5s"}}\n'
    write_files(tmp_path, {"var/log/pods/kube-system_etcd-cp_1/etcd/0.log": log})

    assert causes(examine(tmp_path)) == ["etcd_slow_fdatasync"]


def test_one_pause_for_all_halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All take their first reading before it, and the second after it; what they say is joined."""
    said: list[str] = []

    def half(side: Side) -> doctoring.Half:
        def begin(path: Path, root: Path) -> doctoring.Finish:
            said.append(f"begin {side} {path} {root == tmp_path}")

            def finish(_programs: Programs) -> Seen:
                said.append(f"finish {side}")
                cause = Symptom(
                    code=side, side=side, weight="cause", seen="", why="", steps=(), reference=""
                )
                unseen = Unseen(what=side, because="dark")
                return Seen(symptoms=(cause,), unseen=(unseen,), looked_at=(side,))

            return finish

        return begin

    monkeypatch.setattr(doctoring, "HALVES", (half("disk"), half("network")))
    found = doctoring.examine(
        Path("/x"), root=tmp_path, pause=lambda seconds: said.append(f"pause {seconds}")
    )

    assert said == [
        "begin disk /x True",
        "begin network /x True",
        "pause 2.0",
        "finish disk",
        "finish network",
    ]
    assert (found.verdict, len(found.unseen), found.looked_at) == ("both", 2, ("disk", "network"))


def test_the_network_is_looked_at(tmp_path: Path) -> None:
    """On an empty tree as well: what is there is what cannot be seen."""
    seen = doctoring.look_at_network(Path("/"), tmp_path)(Programs(seconds=1.0))

    assert [one for one in seen.symptoms if one.side != "network"] == []


def test_the_object_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or its text."""
    monkeypatch.setattr(doctoring, "WINDOW_SECONDS", 0.0)
    found = doctoring.doctor(Path("/"), as_json=True)

    assert json.loads(capsys.readouterr().out)["verdict"] == found.verdict
    doctoring.doctor(None, as_json=False)
    assert "Figures" in capsys.readouterr().out
