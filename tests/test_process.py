"""Programs are started, followed, stopped and never outlive us."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from etcdbench import process
from etcdbench.errors import EtcdbenchError, Interrupted
from etcdbench.stopping import StopRequest

PYTHON = sys.executable


def ignore(_text: str) -> None:
    """Hear nothing."""


def never(_seconds: float, _process_id: int) -> str | None:
    """Find no reason to stop."""
    return None


def at_once(_seconds: float, _process_id: int) -> str | None:
    """Find one at once."""
    return "enough"


def once(heard: list[str]) -> process.OnTick:
    """Find one as soon as something was heard."""

    def on_tick(_seconds: float, _process_id: int) -> str | None:
        return "enough" if heard else None

    return on_tick


def follow(code: str, tmp_path: Path, **changes: object) -> tuple[process.Completed, str | None]:
    """Follow a Python program that is given as text."""
    options: dict[str, object] = {
        "cwd": tmp_path,
        "keep_open": (),
        "on_output": ignore,
        "on_tick": never,
        "stop": StopRequest(),
    }
    return process.follow([PYTHON, "-c", code], **{**options, **changes})  # type: ignore[arg-type]  # pyright: ignore[reportUnknownVariableType,reportArgumentType]


def test_output_and_status_come_back(tmp_path: Path) -> None:
    """Both streams and the exit status, as they were."""
    done, reason = follow(
        "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)", tmp_path
    )

    assert (done.status, done.stdout, done.stderr, reason) == (7, "out\n", "err\n", None)


def test_output_is_handed_over_as_it_comes(tmp_path: Path) -> None:
    """A listener hears everything, in order."""
    heard: list[str] = []

    follow("print('a', flush=True); print('b', flush=True)", tmp_path, on_output=heard.append)

    assert "".join(heard) == "a\nb\n"


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    """Garbage is replaced, not raised."""
    done, _ = follow("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", tmp_path)

    assert done.stdout == "\ufffd\ufffd"


def test_a_reason_from_the_watcher_stops_the_program(tmp_path: Path) -> None:
    """The parent's own clock ends a run, and says why."""
    done, reason = follow("import time; time.sleep(60)", tmp_path, on_tick=at_once)

    assert reason == "enough"
    assert done.status != 0


def test_a_program_that_ignores_polite_signals_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGINT, then SIGTERM, then SIGKILL."""
    monkeypatch.setattr(process, "STOP_GRACE_SECONDS", 0.3)
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    ready: list[str] = []

    done, _ = follow(
        code,
        tmp_path,
        on_output=ready.append,
        on_tick=once(ready),
    )

    assert done.status == -signal.SIGKILL


def test_a_program_that_does_not_end_even_when_killed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits in the kernel for the disk: the reason stays, its id is added, its output is kept."""
    children: list[subprocess.Popen[bytes]] = []

    def in_vain(child: "subprocess.Popen[bytes]", _number: int = 0) -> None:
        children.append(child)

    monkeypatch.setattr(process, "STOP_GRACE_SECONDS", 0.1)
    monkeypatch.setattr(subprocess.Popen, "send_signal", in_vain)
    monkeypatch.setattr(subprocess.Popen, "kill", in_vain)
    heard: list[str] = []
    try:
        done, reason = follow(
            "import time; print('ready', flush=True); time.sleep(60)",
            tmp_path,
            on_output=heard.append,
            on_tick=once(heard),
        )
    finally:
        monkeypatch.undo()
        for child in {child.pid: child for child in children}.values():
            child.kill()
            child.wait()

    assert (done.status, done.stdout) == (None, "ready\n")
    assert reason == f"enough; {process.STUCK.format(children[0].pid)}"


def test_a_suspended_program_is_ended_at_once_and_nothing_more_is_heard(tmp_path: Path) -> None:
    """What it would say of the time of its pause is not true."""
    code = "import os, signal; print(1, flush=True); os.kill(os.getpid(), signal.SIGSTOP); print(2)"

    done, reason = follow(code, tmp_path)

    assert (done.status, done.stdout) == (-signal.SIGKILL, "1\n")
    assert (reason or "").endswith(" was suspended by a signal")


def test_that_we_were_suspended_ends_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a tenth of a second took longer than it can."""
    monkeypatch.setattr(process, "PAUSE_SECONDS_MAX", -1.0)

    done, reason = follow("import time; time.sleep(60)", tmp_path)

    assert done.status == -signal.SIGKILL
    assert "etcdbench did not run for" in (reason or "")


def test_what_a_program_says_on_its_way_out_is_kept(tmp_path: Path) -> None:
    """fio prints its result when it is interrupted: that must not be lost."""
    code = (
        "import signal, sys, time\n"
        "def leave(*_):\n    print('last words', flush=True)\n    sys.exit(128)\n"
        "signal.signal(signal.SIGINT, leave)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    heard: list[str] = []

    done, _ = follow(
        code,
        tmp_path,
        on_output=heard.append,
        on_tick=once(heard),
    )

    assert done.status == 128
    assert "".join(heard) == "ready\nlast words\n"


def test_a_flood_of_output_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program gone mad does not fill our memory."""
    monkeypatch.setattr(process, "OUTPUT_MAX_BYTES", 100_000)

    _, reason = follow("while True: print('x' * 1000)", tmp_path)

    assert reason == "it printed more than we take"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_is_a_request_that_stops_the_program(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The handler only notes it; the follower acts, and handlers are put back."""
    before = signal.getsignal(number)
    stop = StopRequest()
    with stop.listen():
        threading.Timer(0.3, lambda: os.kill(os.getpid(), number)).start()
        _, reason = follow("import time; time.sleep(60)", tmp_path, stop=stop)
        with pytest.raises(Interrupted):
            stop.check()

    assert reason == "interrupted"
    assert signal.getsignal(number) == before


def test_a_program_that_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    """A missing program names itself."""
    with pytest.raises(EtcdbenchError, match="cannot be started"):
        process.follow(
            [str(tmp_path / "nothing")],
            cwd=tmp_path,
            keep_open=(),
            on_output=lambda _: None,
            on_tick=never,
            stop=StopRequest(),
        )


def test_a_small_program_has_a_time_limit() -> None:
    """A hanging `fio --version` does not hang us."""
    assert process.run([PYTHON, "-c", "import time; time.sleep(60)"], timeout_seconds=0.3) is None
    assert process.run(["/nonexistent/program"], timeout_seconds=1) is None


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """After a SIGKILL of the parent the child is gone: no fio writes on."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from etcdbench import process\n"
        "from etcdbench.stopping import StopRequest\n"
        "process.follow([sys.executable, '-c',\n"
        "    'import os, time; print(os.getpid(), flush=True); time.sleep(60)'],\n"
        "    cwd=Path('.'), keep_open=(), on_output=lambda t: print(t, flush=True),\n"
        "    on_tick=lambda *_: None, stop=StopRequest())\n"
    )
    parent = subprocess.Popen([PYTHON, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
    finally:
        parent.kill()
        parent.communicate()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _lives(child):
        time.sleep(0.02)

    assert not _lives(child)


def _lives(pid: int) -> bool:
    """Say whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_program_may_be_left_the_spare_cpu_only(tmp_path: Path) -> None:
    """A load client stands for one on another machine.

    Idle priority counts within a session, since the kernel shares the CPU out among sessions first.
    """
    code = "import os; print(os.sched_getscheduler(0) == os.SCHED_IDLE, os.getsid(0))"

    polite, _ = follow(code, tmp_path, spare_cpu_only=True)
    ordinary, _ = follow(code, tmp_path)

    ours = os.getsid(0)
    assert (polite.stdout, ordinary.stdout) == (f"True {ours}\n", f"False {ours}\n")


def test_a_ctrl_c_of_the_terminal_is_not_heard(tmp_path: Path) -> None:
    """The terminal sends it to its process group, which is ours; we hand it on."""
    done, _ = follow("import os; print(os.getpgid(0) == os.getpid())", tmp_path)

    assert done.stdout == "True\n"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_program_that_cannot_be_killed_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits in the kernel for a disk: whoever waits for it would hang, too."""
    monkeypatch.setattr(process, "RUN_GRACE_SECONDS", 0.05)
    with monkeypatch.context() as patched:
        patched.setattr(subprocess.Popen, "kill", ignore)
        began = time.monotonic()

        assert process.run(["sleep", "1"], timeout_seconds=0.1) is None
        assert time.monotonic() - began < 0.9
