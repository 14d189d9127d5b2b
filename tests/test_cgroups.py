"""Control groups: the limits of our own, in v2, in v1, and in both at once."""

from pathlib import Path

import pytest

from etcdbench.cgroups import cgroup_limits
from etcdbench.devices import number_chain
from etcdbench.machine import CgroupLimits, Device
from etcdbench.mounts import device_number
from trees import add_nvme_disk, mount_line, write_files, write_mounts

V2 = "sys/fs/cgroup"
V2_LINE = mount_line("/sys/fs/cgroup", "cgroup2", "cgroup2", "0:26")


def v1_line(controllers: str, subtree: str = "/") -> str:
    """Return the mount of a v1 hierarchy."""
    at = f"/sys/fs/cgroup/{controllers}"
    return f"34 31 0:32 {subtree} {at} rw - cgroup cgroup rw,{controllers}\n"


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Device, ...]:
    """Make an NVMe disk of number 259:0 and return its chain."""
    add_nvme_disk(tmp_path)
    return number_chain(device_number("259:0"), root=tmp_path)


def test_the_tightest_limit_on_the_way_up_counts(tmp_path: Path, chain: tuple[Device, ...]) -> None:
    """Groups above ours limit us, too, and lines about other disks are left out."""
    write_mounts(tmp_path, V2_LINE)
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user.slice/bench.scope\n",
            f"{V2}/user.slice/bench.scope/memory.max": "max\n",
            f"{V2}/user.slice/bench.scope/cpu.max": "max 100000\n",
            f"{V2}/user.slice/bench.scope/io.max": "8:16 rbps=1 wbps=2\n259:0 wbps=1048576\n",
            f"{V2}/user.slice/bench.scope/io.weight": "default 100\n",
            f"{V2}/user.slice/memory.max": "536870912\n",
            f"{V2}/user.slice/cpu.max": "50000 100000\n",
            f"{V2}/user.slice/io.max": "259:0 wiops=120\n",
            f"{V2}/user.slice/io.weight": "default 50\n",
        },
    )
    expected = CgroupLimits(
        io_max=("259:0 wbps=1048576", "259:0 wiops=120"),
        io_weight="50",
        memory_max_bytes=536_870_912,
        cpu_max="50000 100000",
    )
    assert expected == cgroup_limits(chain, root=tmp_path)


def test_the_tightest_of_several_quotas_counts(tmp_path: Path) -> None:
    """Quotas are compared by the share of a CPU that they leave, memory by bytes."""
    write_mounts(tmp_path, V2_LINE)
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            f"{V2}/a/b/cpu.max": "200000 100000\n",
            f"{V2}/a/cpu.max": "30000 20000\n",
            f"{V2}/a/b/memory.max": "1000\n",
            f"{V2}/a/memory.max": "2000\n",
        },
    )
    limits = cgroup_limits((), root=tmp_path)
    assert (limits.cpu_max, limits.memory_max_bytes) == ("30000 20000", 1000)


@pytest.mark.parametrize(
    ("name", "content", "weight"),
    [
        ("io.weight", "default 100\n259:0 200\n8:0 300\n", "200"),
        ("io.weight", "default 50\n259:0 100\n", None),
        ("io.bfq.weight", "default 10\n", "10"),
        ("io.weight", "default 100\n", None),
    ],
)
def test_the_weight_for_our_disk_counts(
    tmp_path: Path, chain: tuple[Device, ...], name: str, content: str, weight: str | None
) -> None:
    """A weight for our disk overrides the default one; BFQ has a file of its own."""
    write_mounts(tmp_path, V2_LINE)
    write_files(tmp_path, {"proc/self/cgroup": "0::/a\n", f"{V2}/a/{name}": content})
    assert weight == cgroup_limits(chain, root=tmp_path).io_weight


def test_v1_speaks_in_the_words_of_v2(tmp_path: Path, chain: tuple[Device, ...]) -> None:
    """Throttles of v1 read like io.max, and its quota like cpu.max."""
    lines = [v1_line(name) for name in ("cpu,cpuacct", "blkio", "memory")]
    write_mounts(tmp_path, *lines)
    base = "sys/fs/cgroup"
    groups = "5:cpu,cpuacct:/pod\n4:blkio:/pod\n3:memory:/pod\n2:name=systemd:/x\n"
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": groups,
            f"{base}/cpu,cpuacct/pod/cpu.cfs_quota_us": "50000\n",
            f"{base}/cpu,cpuacct/pod/cpu.cfs_period_us": "100000\n",
            f"{base}/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            f"{base}/blkio/pod/blkio.throttle.write_bps_device": "259:0 1048576\n8:0 5\n",
            f"{base}/blkio/pod/blkio.throttle.read_iops_device": "259:0 100\n",
            f"{base}/memory/pod/memory.limit_in_bytes": "1073741824\n",
            f"{base}/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    expected = CgroupLimits(
        io_max=("259:0 wbps=1048576", "259:0 riops=100"),
        memory_max_bytes=1_073_741_824,
        cpu_max="50000 100000",
    )
    assert expected == cgroup_limits(chain, root=tmp_path)


def test_the_default_of_v1_is_no_limit(tmp_path: Path) -> None:
    """The huge number that v1 shows without a limit, and a quota of -1, are none."""
    write_mounts(tmp_path, v1_line("memory"), v1_line("cpu"))
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/\n2:cpu:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        },
    )
    assert CgroupLimits() == cgroup_limits((), root=tmp_path)


def test_a_container_sees_only_its_own_subtree(tmp_path: Path) -> None:
    """Where our group's own directory is what is mounted, its name is not below the mount."""
    write_mounts(tmp_path, v1_line("memory", "/docker/abc"))
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/docker/abc/inner\n",
            "sys/fs/cgroup/memory/inner/memory.limit_in_bytes": "4096000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "8192000\n",
        },
    )
    assert cgroup_limits((), root=tmp_path).memory_max_bytes == 4_096_000


def test_what_is_outside_of_our_namespace_is_not_looked_for(tmp_path: Path) -> None:
    """A path with `..` ends at the mount."""
    write_mounts(tmp_path, V2_LINE)
    write_files(tmp_path, {"proc/self/cgroup": "0::/../../x\n", f"{V2}/memory.max": "4096000\n"})
    assert cgroup_limits((), root=tmp_path).memory_max_bytes == 4_096_000


def test_both_versions_at_once_are_read(tmp_path: Path, chain: tuple[Device, ...]) -> None:
    """In hybrid mode a controller is in one of the two, and each is looked for in both."""
    unified = mount_line("/sys/fs/cgroup/unified", "cgroup2", "cgroup2", "0:38")
    write_mounts(tmp_path, v1_line("memory"), unified)
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/a\n0::/b\n",
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "4096000\n",
            "sys/fs/cgroup/unified/b/io.max": "259:0 rbps=5\n",
        },
    )
    expected = CgroupLimits(io_max=("259:0 rbps=5",), memory_max_bytes=4_096_000)
    assert expected == cgroup_limits(chain, root=tmp_path)


@pytest.mark.parametrize("groups", ["", "3:cpuset:/a\n", "0::/a\n"])
def test_without_control_groups_there_are_no_limits(tmp_path: Path, groups: str) -> None:
    """No file, none of our controllers, or nothing mounted: no limits that we know of."""
    write_files(tmp_path, {"proc/self/cgroup": groups})
    assert CgroupLimits() == cgroup_limits((), root=tmp_path)
