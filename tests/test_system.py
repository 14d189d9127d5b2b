"""The machine: what it is, what others do to the disk, and how busy it was."""

import time
from pathlib import Path

import pytest

from etcdbench import system
from etcdbench.devices import number_chain
from etcdbench.diskstats import DiskCounters
from etcdbench.machine import Environment, MachineLoad, Pressure
from etcdbench.mounts import device_number
from etcdbench.system import LoadSample, environment, load_sample, machine_load, pressure
from trees import add_nvme_disk, write_files

PSI = "some avg10=1.50 avg60=0.20 avg300=0.27 total={some}\nfull avg10=0.50 avg60=0 total={full}\n"
DISKSTATS = "259 0 nvme0n1 1 2 3 4 5 6 {sectors} 8 0 {busy_ms} 11 0 0 0 0 0 0\n8 0 sda 9 9\n"


def environment_of(root: Path, *, with_disk: bool = False) -> Environment:
    """Return what a tree says, without waiting."""
    chain = number_chain(device_number("259:0"), root=root) if with_disk else ()
    return environment(
        chain=chain,
        fio_version="fio-3.36",
        scratch_filesystem="tmpfs",
        root=root,
        sample_seconds=0.001,
    )


def test_the_machine_is_described(tmp_path: Path) -> None:
    """Name, system, kernel and memory are those of the tree."""
    write_files(
        tmp_path,
        {
            "proc/sys/kernel/hostname": "cp-1\n",
            "proc/sys/kernel/osrelease": "6.8.0-generic\n",
            "proc/meminfo": "MemTotal:       16384 kB\nMemFree:        1 kB\n",
            "etc/os-release": 'NAME=Debian\nPRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n',
        },
    )
    found = environment_of(tmp_path)
    assert (found.hostname, found.kernel) == ("cp-1", "6.8.0-generic")
    assert (found.operating_system, found.memory_bytes) == ("Debian GNU/Linux 12", 16_777_216)
    assert (found.fio_version, found.scratch_filesystem) == ("fio-3.36", "tmpfs")
    assert found.cpu_count >= 1


def test_an_empty_tree_gives_what_python_knows(tmp_path: Path) -> None:
    """Nothing readable is no error: unknown facts are None, 0 or the kernel's own answer."""
    found = environment_of(tmp_path)
    assert found.hostname
    assert found.kernel
    assert (found.operating_system, found.memory_bytes) == ("Linux", 0)
    assert (found.virtualization, found.device_busy_share) == (None, None)
    assert Pressure() == found.pressure


def test_os_release_may_be_in_usr_lib(tmp_path: Path) -> None:
    """Without /etc/os-release the one of /usr/lib counts."""
    write_files(tmp_path, {"usr/lib/os-release": "PRETTY_NAME='Talos (v1.7.0)'\n"})
    assert environment_of(tmp_path).operating_system == "Talos (v1.7.0)"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n"}, "wsl"),
        ({"sys/hypervisor/type": "xen\n"}, "xen"),
        ({"proc/cpuinfo": "flags : fpu hypervisor\n"}, "unknown hypervisor"),
        ({"proc/cpuinfo": "flags : fpu\n", "sys/class/dmi/id/sys_vendor": "QEMU\n"}, None),
        (
            {"proc/cpuinfo": "flags : hypervisor\n", "sys/class/dmi/id/sys_vendor": "QEMU\n"},
            "kvm",
        ),
        (
            {"proc/cpuinfo": "flags : hypervisor\n", "sys/class/dmi/id/product_name": "KVM\n"},
            "kvm",
        ),
        (
            {"proc/cpuinfo": "flags : hypervisor\n", "sys/class/dmi/id/sys_vendor": "Hetzner\n"},
            "Hetzner",
        ),
        ({"sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, "amazon"),
        (
            {
                "sys/class/dmi/id/sys_vendor": "Amazon EC2\n",
                "sys/class/dmi/id/product_name": "m7g.metal\n",
            },
            None,
        ),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0TERM=x\0"}, "lxc"),
        ({"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"proc/self/cgroup": "0::/kubepods.slice/pod1\n"}, "kubepods"),
        ({"run/.containerenv": ""}, "podman"),
        ({".dockerenv": "", "sys/hypervisor/type": "xen\n"}, "docker on xen"),
    ],
)
def test_virtualization_is_named(
    tmp_path: Path, files: dict[str, str], expected: str | None
) -> None:
    """Containers are known by the marks of their manager, hypervisors by CPU flag and firmware."""
    write_files(tmp_path, {"proc/sys/kernel/osrelease": "6.8.0\n", **files})
    assert expected == environment_of(tmp_path).virtualization


def test_a_leftover_of_docker_makes_no_container(tmp_path: Path) -> None:
    """In the first pid namespace /.dockerenv only tells what the machine's image was made from."""
    write_files(tmp_path, {".dockerenv": "", "proc/self/ns/x": ""})
    (tmp_path / "proc/self/ns/pid").symlink_to("pid:[4026531836]")
    assert environment_of(tmp_path).virtualization is None


def test_pressure_is_read(tmp_path: Path) -> None:
    """The averages of ten seconds are kept, in percent."""
    content = PSI.format(some=5, full=7)
    write_files(tmp_path, {f"proc/pressure/{name}": content for name in ("io", "cpu", "memory")})
    expected = Pressure(
        io_some_avg10=1.5, io_full_avg10=0.5, cpu_some_avg10=1.5, memory_some_avg10=1.5
    )
    assert expected == pressure(root=tmp_path)


def test_a_line_of_pressure_may_be_missing(tmp_path: Path) -> None:
    """Old kernels have no `full` line, and many none of the files."""
    some = PSI.format(some=5, full=7).splitlines()[0]
    write_files(tmp_path, {"proc/pressure/io": f"{some}\n"})
    assert Pressure(io_some_avg10=1.5) == pressure(root=tmp_path)


def test_what_others_do_to_the_disk_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Growth of the counters while we watch becomes a share and bytes per second."""
    add_nvme_disk(tmp_path)
    write_files(tmp_path, {"proc/diskstats": DISKSTATS.format(sectors=100, busy_ms=1000)})
    moments = iter([10.0, 10.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))

    def write_meanwhile(_seconds: float) -> None:
        write_files(tmp_path, {"proc/diskstats": DISKSTATS.format(sectors=300, busy_ms=1125)})

    monkeypatch.setattr(time, "sleep", write_meanwhile)
    found = environment_of(tmp_path, with_disk=True)
    assert found.device_busy_share == 0.25
    assert found.device_write_bytes_per_second == 200 * 512 / 0.5


def test_the_busiest_disk_counts() -> None:
    """The legs of a mirror get the same writes, which are not added up."""
    before = {name: DiskCounters(busy_ms=0, bytes_written=0) for name in ("a", "b")}
    after = {
        "a": DiskCounters(busy_ms=500, bytes_written=100),
        "b": DiskCounters(busy_ms=200, bytes_written=300),
    }
    assert system._busiest(before, after, 1.0) == (0.5, 300.0)
    assert system._busiest(before, {}, 1.0) == (None, None)
    assert system._busiest(before, after, 0.0) == (None, None)


def test_a_load_sample_holds_the_counters(tmp_path: Path) -> None:
    """Idle includes waiting for I/O, and guests are not counted twice."""
    stat = "cpu  100 1 20 800 50 2 3 4 9 9\ncpu0 1 1\n"
    files = {"proc/stat": stat, "proc/pressure/cpu": PSI.format(some=5000, full=0)}
    write_files(tmp_path, {**files, "proc/pressure/io": PSI.format(some=1, full=700)})
    found = load_sample(root=tmp_path)
    assert (found.cpu_ticks, found.cpu_idle_ticks, found.cpu_steal_ticks) == (980, 850, 4)
    assert (found.cpu_stall_us, found.io_stall_us) == (5000, 700)


def test_a_load_sample_may_know_nothing_but_the_time(tmp_path: Path) -> None:
    """Without /proc nothing is counted, and the load is unknown."""
    sample = load_sample(root=tmp_path)
    assert LoadSample(monotonic_seconds=sample.monotonic_seconds) == sample
    assert MachineLoad() == machine_load(sample, sample)


def test_the_load_is_the_growth_between_two_samples() -> None:
    """Shares of CPU time are of ticks, stalls of the time between the samples."""
    before = LoadSample(
        monotonic_seconds=10,
        cpu_ticks=1000,
        cpu_idle_ticks=500,
        cpu_steal_ticks=10,
        cpu_stall_us=0,
        io_stall_us=1_000_000,
    )
    after = LoadSample(
        monotonic_seconds=14,
        cpu_ticks=1200,
        cpu_idle_ticks=550,
        cpu_steal_ticks=20,
        cpu_stall_us=1_000_000,
        io_stall_us=9_000_000,
    )
    expected = MachineLoad(
        cpu_busy_share=0.75, cpu_steal_share=0.05, cpu_stall_share=0.25, io_stall_share=1.0
    )
    assert expected == machine_load(before, after)


def test_counters_that_go_backwards_give_no_negative_share() -> None:
    """The kernel's iowait may shrink; the share stays between 0 and 1."""
    before = LoadSample(monotonic_seconds=0, cpu_ticks=100, cpu_idle_ticks=50, io_stall_us=5)
    after = LoadSample(monotonic_seconds=1, cpu_ticks=110, cpu_idle_ticks=49, io_stall_us=4)
    expected = MachineLoad(cpu_busy_share=1.0, io_stall_share=0.0)
    assert expected == machine_load(before, after)


def test_this_machine_can_be_read() -> None:
    """The real /proc has a kernel, memory and CPU counters."""
    found = environment_of(Path("/"))
    assert found.memory_bytes > 0
    assert load_sample().cpu_ticks is not None
