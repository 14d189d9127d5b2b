"""What a child does for itself between fork and exec."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from etcdbench import forked


def printed(code: str, birth: Callable[[], None]) -> str:
    """Return what a Python program prints that began so, in a session of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        start_new_session=True,
        preexec_fn=birth,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(not forked.AUTOGROUP.exists(), reason="this kernel has no autogroups")
def test_a_session_leaves_its_share_of_the_cpu_to_others_too() -> None:
    """The kernel shares out among sessions first, and each child has one of its own."""
    code = f"print(open({str(forked.AUTOGROUP)!r}).read().split()[-1])"

    polite = printed(code, forked.yield_and_die_with_parent)
    ordinary = printed(code, forked.die_with_parent)

    assert (polite, ordinary) == ("19\n", "0\n")


def test_the_cpu_is_left_to_others_without_autogroups_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every kernel has them."""
    monkeypatch.setattr(forked, "AUTOGROUP", tmp_path / "none" / "autogroup")

    assert printed("print('ran')", forked.yield_and_die_with_parent) == "ran\n"
