"""Finding etcd."""

import stat
from pathlib import Path

import pytest

from etcdbench import etcd_programs
from etcdbench.errors import EtcdError

VERSION = "echo 'etcd Version: 3.5.1'\n"


def nowhere(_name: str) -> None:
    """Find no module."""


def program(folder: Path, body: str, name: str = "etcd") -> Path:
    """Put a shell script in place of a program."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_an_etcd_that_is_given_is_used_with_the_etcdctl_beside_it(tmp_path: Path) -> None:
    """Not another version's client."""
    server = program(tmp_path / "bin", VERSION)
    client = program(tmp_path / "bin", "", name="etcdctl")

    found = etcd_programs.find_etcd(server)

    assert (found.etcd, found.etcdctl, found.version) == (server, client, "3.5.1")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("echo something", "no etcd that can be run"),
        ("exit 3", "no etcd that can be run"),
        ("echo 'etcd Version: 3.3.10'", "too old"),
    ],
)
def test_what_is_no_usable_etcd_is_refused(tmp_path: Path, body: str, sentence: str) -> None:
    """Another program, a broken one, an old one."""
    with pytest.raises(EtcdError, match=sentence):
        etcd_programs.find_etcd(program(tmp_path / "bin", body))


def test_no_etcd_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages, the Python wheel, or an option."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", nowhere)

    with pytest.raises(EtcdError, match="no etcd was found") as caught:
        etcd_programs.find_etcd(None)
    assert "--etcd" in caught.value.hint
