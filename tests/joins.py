"""Builders of joins for tests."""

from typing import NamedTuple

import pytest

from etcdbench import joining
from etcdbench.images import Joining
from etcdbench.joining import JoinRequest
from etcdbench.machine import Target
from etcdbench.workload import Requests
from fakes import device, target

GB = 1_000_000_000
CILIUM_BYTES = 338_000_000 + 990_000_000 + 300_000_000
"""What one node pulls, unpacks and reads with Cilium."""


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


REQUESTS = Requests(rate_per_second=150.0)


def asked(request: JoinRequest, here: Target | None = None, *, full: bool = False) -> Joining:
    """Return the bursts that a request comes to."""
    found = joining.joining(request, here or target(), requests=REQUESTS, full=full, without=None)
    assert found is not None
    return found


def elsewhere(*, mount_point: str = "/elsewhere") -> Target:
    """Build a target that shares nothing with this machine."""
    return target(
        device("none0"), mount_point=mount_point, mount_source="/dev/none1", measured_path="/"
    )


def give_room(monkeypatch: pytest.MonkeyPatch, free: int) -> list[str]:
    """Let every filesystem have that much room; return the paths that are asked about."""
    asked_about: list[str] = []

    def usage(path: str) -> Usage:
        asked_about.append(path)
        return Usage(total=free, used=0, free=free)

    monkeypatch.setattr("shutil.disk_usage", usage)
    return asked_about
