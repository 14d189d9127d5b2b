"""Tasks in uninterruptible sleep."""

from pathlib import Path

import pytest

from etcdbench import waiting
from etcdbench.disk_model import WaitingTask
from etcdbench.waiting import waiting_tasks
from trees import write_files


def add_task(root: Path, process: int, thread: int, stat: str, wchan: str = "0") -> None:
    """Add a thread of a process."""
    folder = f"proc/{process}/task/{thread}"
    write_files(root, {f"{folder}/stat": f"{thread} {stat} 1 2\n", f"{folder}/wchan": wchan})


def test_threads_that_wait_for_a_disk_are_found(tmp_path: Path) -> None:
    """In every process, with what they wait in; names may hold anything."""
    add_task(tmp_path, 7, 7, "(etcd) S")
    add_task(tmp_path, 7, 8, "(etcd) D", "jbd2_log_wait_commit")
    add_task(tmp_path, 9, 9, "(a) D (b) D")
    add_task(tmp_path, 10, 10, "(a D b) R")

    found = sorted(waiting_tasks(root=tmp_path), key=lambda task: task.thread_id)

    assert found == [
        WaitingTask(thread_id=8, name="etcd", wchan="jbd2_log_wait_commit"),
        WaitingTask(thread_id=9, name="a) D (b"),
    ]


def test_without_proc_there_are_none(tmp_path: Path) -> None:
    """And a task that ends meanwhile is no error."""
    (tmp_path / "proc/7/task/8").mkdir(parents=True)

    assert waiting_tasks(root=tmp_path) == ()
    assert waiting_tasks(root=tmp_path / "nothing") == ()


def test_no_more_are_looked_at_than_there_is_time_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may have a hundred thousand threads."""
    monkeypatch.setattr(waiting, "TASKS_MAX", 2)
    for number in range(5):
        add_task(tmp_path, 7, number, "(x) D")

    assert len(waiting_tasks(root=tmp_path)) == 2
