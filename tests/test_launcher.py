"""The `etcdbench` script in the clone: on machines that lack this or that, it helps or says how.

Each test makes a machine of its own: a clone, and a PATH on which only what the test puts there
is found. Its Python is a shell script that writes down how it was called.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FILE_TOOLS = ("chmod", "cp", "find", "mkdir", "mktemp", "mv", "readlink", "rm")
TEXT_TOOLS = ("cat", "cksum", "cut", "sync", "tail", "tr")
NOBODY = 65534

# Answers the launcher's question ("good 3.12"), makes an environment with itself as the Python,
# and shows the arguments that etcdbench gets.
PYTHON = """#!/bin/sh
[ "$1" != -c ] || {{ echo "{answer}"; exit; }}
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-I -m pip "*) {pip} ;;
    "-I -m etcdbench"*) shift 3 && printf '<%s>' "$@" ;;
esac
"""
FIO = "#!/bin/sh\necho fio-3.33\n"
FIONA = "#!/bin/sh\necho 'fio, version 1.10.1'\n"
# Knows no package before `apt-get update`, like a fresh machine.
APT = """#!/bin/sh
printf 'apt-get %s\\n' "$*" >>"$CALLS"
case "$*" in
    update) >"$CALLS.updated" ;;
    *" fio") [ -e "$CALLS.updated" ] && printf '#!/bin/sh\\necho fio-3.33\\n' >"$PATH/fio" && chmod 755 "$PATH/fio" ;;
esac
"""


class Machine:
    """A clone in a folder with a space in its name, and an empty PATH beside it."""

    def __init__(self, folder: Path) -> None:
        """Lay out the clone and link the few programs that every system has."""
        self.clone = folder / "a clone"
        self.path = folder / "bin"
        self.temporary = folder / "tmp"
        self.environment = self.clone / ".venv-run"
        for made in (self.clone, self.path, self.temporary):
            made.mkdir()
        for name in ("etcdbench", "requirements.lock", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, self.clone)
        for tool in FILE_TOOLS + TEXT_TOOLS:
            real = shutil.which(tool)
            assert real is not None, tool
            (self.path / tool).symlink_to(real)
        self.add("sleep", "#!/bin/sh\n")  # nobody waits here
        self.add("id", "#!/bin/sh\necho 0\n")
        self.calls_file = folder / "calls"
        self.variables = {
            "PATH": str(self.path),
            "CALLS": str(self.calls_file),
            "TMPDIR": str(self.temporary),
        }

    def add(self, name: str, script: str) -> None:
        """Put a program on the machine's PATH."""
        program = self.path / name
        program.unlink(missing_ok=True)
        program.write_text(script)
        program.chmod(0o755)

    def add_python(self, name: str = "python3", answer: str = "good 3.12", pip: str = ":") -> None:
        """Put a Python on PATH that answers so, and whose pip does so."""
        self.add(name, PYTHON.format(answer=answer, pip=pip))

    def start(self, *arguments: str, program: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher from another folder."""
        return subprocess.Popen(
            [program or self.clone / "etcdbench", *arguments],
            cwd="/",
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, program: Path | None = None) -> tuple[int, str, str]:
        """Run the launcher to its end: its exit status, its output, its messages."""
        process = self.start(*arguments, program=program)
        output, messages = process.communicate(timeout=20)
        return process.returncode, output, messages

    def calls(self) -> list[str]:
        """Say how Python and the package manager were called since the last question."""
        text = self.calls_file.read_text() if self.calls_file.exists() else ""
        self.calls_file.unlink(missing_ok=True)
        return text.splitlines()


def said(message: str, hint: str) -> str:
    """Put the two lines of a refusal together."""
    return f"etcdbench: {message}\nhint: {hint}\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Make a machine without Python, fio or package manager."""
    return Machine(tmp_path)


def test_no_python_is_said_in_a_line_and_a_hint(machine: Machine) -> None:
    """Nothing is made or installed; the user learns what to do."""
    assert machine.run("run", "/data") == (
        1,
        "",
        said(
            "needs Python 3.11 or newer",
            "install it, or name one: ETCDBENCH_PYTHON=/path/to/python3",
        ),
    )
    assert not machine.environment.exists()


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install python3-venv"),
        ("dnf", "dnf install python3.12"),
        ("zypper", "zypper install python311"),
        ("apk", "apk add python3"),
    ],
)
def test_hint_names_the_command_of_this_system(
    machine: Machine, manager: str, command: str
) -> None:
    """What one types differs between distributions."""
    machine.add(manager, APT)
    status, _, messages = machine.run("--version")
    assert status == 1
    assert f"hint: {command}" in messages
    assert machine.calls() == []


def test_old_python_is_named(machine: Machine) -> None:
    """A Python that is too old explains more than none."""
    machine.add_python(answer="old 3.9")
    status, _, messages = machine.run("--version")
    assert status == 1
    assert "needs Python 3.11 or newer; found only 3.9 (python3)\n" in messages


def test_pyenv_launcher_of_an_unused_version_is_skipped(machine: Machine) -> None:
    """A file called python3.14 is no Python until it runs."""
    machine.add(
        "python3.14", "#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2; exit 127\n"
    )
    machine.add_python("python3")
    status, output, messages = machine.run("--version")
    assert (status, output) == (0, "<--version>")
    assert "command not found" not in messages


def test_chosen_python_goes_first(machine: Machine) -> None:
    """ETCDBENCH_PYTHON wins over a newer one on PATH."""
    machine.add_python("python3.14", pip="exit 1")
    machine.add_python("mine")
    machine.variables["ETCDBENCH_PYTHON"] = str(machine.path / "mine")
    assert machine.run("--version")[:2] == (0, "<--version>")


def test_debian_python_without_venv_is_completed_by_root(machine: Machine) -> None:
    """Debian keeps a part of Python in a package of its own, one for each version."""
    machine.add_python(answer="bare 3.13")
    machine.add("apt-get", APT)
    status, _, messages = machine.run("--version")
    assert status == 0
    assert "Python 3.13 cannot make environments yet; installing python3.13-venv" in messages
    assert machine.calls()[0].endswith(" python3.13-venv")


def test_debian_python_without_venv_is_explained_to_others(machine: Machine) -> None:
    """The launcher never becomes root by itself."""
    machine.add_python(answer="bare 3.13")
    machine.add("apt-get", APT)
    machine.add("id", "#!/bin/sh\necho 1000\n")
    status, _, messages = machine.run("--version")
    assert status == 1
    assert messages.endswith("hint: as root: apt-get install python3.13-venv\n")
    assert machine.calls() == []


def test_complete_python_goes_before_an_incomplete_one(machine: Machine) -> None:
    """Nothing is installed where another Python will do."""
    machine.add_python("python3.13", answer="bare 3.13")
    machine.add_python("python3.12")
    assert machine.run("--version")[0] == 0


def test_missing_fio_without_package_manager(machine: Machine) -> None:
    """One line says what is missing, one what to do, and the long part has not begun."""
    machine.add_python()
    assert machine.run("run", "/data") == (
        1,
        "",
        said(
            "fio, which does the measuring, is not installed",
            "install fio with this system's package manager",
        ),
    )
    assert machine.calls() == []


@pytest.mark.parametrize("command", ["run", "validate"])
def test_missing_fio_without_root(machine: Machine, command: str) -> None:
    """The command to type is named, and not tried."""
    machine.add_python()
    machine.add("apt-get", APT)
    machine.add("id", "#!/bin/sh\necho 1000\n")
    status, _, messages = machine.run(command, "/data")
    assert status == 1
    assert messages.endswith("hint: as root: apt-get install fio\n")
    assert machine.calls() == []


def test_missing_fio_is_installed_by_root(machine: Machine) -> None:
    """A fresh machine needs `apt-get update` first, which is tried only then."""
    machine.add_python()
    machine.add("apt-get", APT)
    status, output, messages = machine.run("run", "/data")
    assert (status, output) == (0, "<run></data>")
    assert "is not installed; installing fio\n" in messages
    first, second, third = machine.calls()[:3]
    assert first == third
    assert first.endswith(" install -y --no-install-recommends fio")
    assert second == "apt-get update"


def test_failed_installation_shows_why(machine: Machine) -> None:
    """The package manager's last lines are shown, and no file is left behind."""
    machine.add_python()
    machine.add("apk", "#!/bin/sh\necho 'ERROR: no such package'; exit 1\n")
    status, _, messages = machine.run("run", "/data")
    assert status == 1
    assert "ERROR: no such package\netcdbench: could not install fio\n" in messages
    assert list(machine.temporary.iterdir()) == []


def test_fiona_is_not_fio(machine: Machine) -> None:
    """The Python package Fiona installs another program called fio."""
    machine.add_python()
    machine.add("fio", FIONA)
    status, _, messages = machine.run("run", "/data")
    assert status == 1
    assert "fio, which does the measuring, is not installed" in messages


def test_fio_behind_fiona_is_found(machine: Machine, tmp_path: Path) -> None:
    """A real fio later on PATH counts, as it does for etcdbench itself."""
    machine.add_python()
    machine.add("fio", FIONA)
    later = tmp_path / "later bin"
    later.mkdir()
    (later / "fio").write_text(FIO)
    (later / "fio").chmod(0o755)
    machine.variables["PATH"] += f":{later}"
    assert machine.run("run", "/data")[:2] == (0, "<run></data>")


@pytest.mark.parametrize("arguments", [["report", "x"], ["run", "--help"], []])
def test_fio_is_not_asked_for_where_nothing_is_measured(
    machine: Machine, arguments: list[str]
) -> None:
    """Reading a result or the help needs no fio."""
    machine.add_python()
    assert machine.run(*arguments)[0] == 0


def test_arguments_are_passed_untouched(machine: Machine) -> None:
    """Spaces, patterns, quotes, line ends and empty arguments arrive as they were given."""
    machine.add_python()
    arguments = ["report", "a b", "", "*", "$HOME", "it's", '"', "two\nlines", "-o", "\\n"]
    status, output, _ = machine.run(*arguments)
    assert (status, output) == (0, "".join(f"<{one}>" for one in arguments))


def test_second_call_makes_nothing(machine: Machine) -> None:
    """It starts Python once, without a message."""
    machine.add_python()
    first = machine.run("report")
    assert "making its Python environment" in first[2]
    assert len(machine.calls()) == 4  # venv, the locked packages, the project, etcdbench itself
    assert machine.run("report") == (0, "<report>", "")
    assert machine.calls() == ["-I -m etcdbench report"]


def test_link_to_the_launcher_works(machine: Machine, tmp_path: Path) -> None:
    """One may link it into a folder on PATH; HOME is not needed either."""
    machine.add_python()
    link = tmp_path / "etcdbench"
    link.symlink_to(machine.clone / "etcdbench")
    assert "HOME" not in machine.variables
    assert machine.run("report", program=link)[:2] == (0, "<report>")
    assert (machine.environment / "stamp").exists()


def test_changed_lock_file_makes_the_environment_anew(machine: Machine) -> None:
    """After `git pull` the packages are those of the new lock file."""
    machine.add_python()
    machine.run("report")
    machine.calls()
    with (machine.clone / "requirements.lock").open("a") as file:
        file.write("another==1.0\n")
    assert machine.run("report")[:2] == (0, "<report>")
    assert len(machine.calls()) == 4


def test_vanished_python_makes_the_environment_anew(machine: Machine) -> None:
    """When the system's Python moved on, the old environment has lost its own."""
    machine.add_python()
    machine.run("report")
    (machine.environment / "bin" / "python").unlink()
    (machine.environment / "bin" / "python").symlink_to("/nonexistent/python3.11")
    assert machine.run("report")[:2] == (0, "<report>")


def test_killed_call_is_made_good(machine: Machine) -> None:
    """Killed in the middle it leaves half an environment and a lock; neither stops the next call."""
    machine.add_python(pip="kill -KILL $PPID")
    assert machine.run("report")[0] == -9
    assert (machine.environment / "bin").exists()
    assert (machine.clone / ".venv-run.lock").exists()
    machine.add_python()
    assert machine.run("report")[:2] == (0, "<report>")
    assert not (machine.clone / ".venv-run.lock").exists()


def test_interrupted_call_leaves_no_lock(machine: Machine) -> None:
    """Ctrl-C gives the usual status, and takes the lock and the log away."""
    machine.add_python(pip="kill -INT $PPID")
    status, _, messages = machine.run("report")
    assert (status, messages.count("\n")) == (130, 1)
    assert not (machine.clone / ".venv-run.lock").exists()
    assert not (machine.environment / "stamp").exists()
    assert list(machine.temporary.iterdir()) == []


def test_failed_pip_shows_why(machine: Machine) -> None:
    """Its last lines are shown, with what most often helps; the next call tries again."""
    machine.add_python(pip="echo 'ERROR: no route to host'; exit 1")
    status, output, messages = machine.run("report")
    assert (status, output) == (1, "")
    assert "ERROR: no route to host\netcdbench: could not install the Python packages\n" in messages
    assert list(machine.temporary.iterdir()) == []
    machine.add_python()
    assert machine.run("report")[:2] == (0, "<report>")


def test_simultaneous_first_calls_make_one_environment(machine: Machine) -> None:
    """One builds, the others wait for it, and all of them work."""
    machine.add_python()
    sleep = shutil.which("sleep")
    machine.add("sleep", f"#!/bin/sh\nexec {sleep} 0.1\n")
    processes = [machine.start("report") for _ in range(4)]
    results = [process.communicate(timeout=20) for process in processes]
    assert [output for output, _ in results] == ["<report>"] * 4
    assert sum(call.startswith("-m venv") for call in machine.calls()) == 1


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """Make a folder that another user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_clone_of_another_user_is_left_alone(public_folder: Path) -> None:
    """The environment then lies in one's own cache, and follows changes of the code."""
    machine = Machine(public_folder)
    machine.add_python()
    module = machine.clone / "bench" / "module.py"
    module.parent.mkdir()
    module.touch()
    cache = public_folder / "my cache"
    cache.mkdir()
    for own in (cache, machine.temporary):
        os.chown(own, NOBODY, NOBODY)
    machine.variables |= {"XDG_CACHE_HOME": str(cache), "CALLS": str(cache / "calls")}
    machine.calls_file = cache / "calls"

    def run() -> int:
        return subprocess.run(
            [machine.clone / "etcdbench", "report"],
            env=machine.variables,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            check=False,
        ).returncode

    assert [run(), len(machine.calls())] == [0, 4]
    assert [run(), len(machine.calls())] == [0, 1]
    module.write_text("changed = True\n")
    os.utime(module, (2e9, 2e9))
    assert [run(), len(machine.calls())] == [0, 4]
    assert not machine.environment.exists()


@pytest.mark.parametrize("script", ["etcdbench", "check", ".ci/run"])
def test_scripts_are_clean(script: str) -> None:
    """Shellcheck knows the traps of shell scripts better than we do."""
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("needs shellcheck")
    done = subprocess.run(
        [shellcheck, REPOSITORY / script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
