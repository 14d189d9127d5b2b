"""Where it will be measured: everything that is found out before a byte is written."""

import datetime
import importlib.metadata
import tempfile
from dataclasses import dataclass
from pathlib import Path

from etcdbench import preflight, system
from etcdbench.devices import disk_names
from etcdbench.fio import Fio, find_fio
from etcdbench.machine import Environment, LiveEtcd, Target
from etcdbench.model import Result
from etcdbench.mounts import find_mount, memory_scratch
from etcdbench.plan import Plan
from etcdbench.stopping import StopRequest


@dataclass(frozen=True, kw_only=True)
class Site:
    """A target that may be measured, and the tools to do it.

    Attributes:
        target: The directory and what lies below it.
        live: Processes of a live control plane that are to be spared.
        fio: The program that measures.
        scratch_parent: Where job files and logs go.
        environment: The machine.
    """

    target: Target
    live: tuple[LiveEtcd, ...]
    fio: Fio
    scratch_parent: Path
    environment: Environment

    @property
    def disks(self) -> frozenset[str]:
        """Return what tells the disks below from others: names, or the filesystem's number."""
        return disk_names(self.target.devices) or frozenset({f"{self.directory.stat().st_dev:#x}"})

    @property
    def directory(self) -> Path:
        """Return the directory that is written to."""
        return Path(self.target.measured_path)

    def result(self, plan: Plan, target: Target) -> Result:
        """Return a result of this site without any run."""
        return Result(
            created_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            etcdbench_version=importlib.metadata.version("etcdbench"),
            settings=plan.settings,
            requests=plan.requests,
            profile_text=plan.profile_text,
            target=target,
            environment=self.environment,
            live_etcd=self.live,
        )


def survey(path: Path, *, beside_etcd: bool, stop: StopRequest) -> Site:
    """Look at a path, the machine and fio; nothing is written.

    Raises:
        PreflightError: The path cannot, or must not, be measured.
        FioError: There is no usable fio.
    """
    target = preflight.find_target(path)
    live = preflight.demand_no_live_etcd(target, beside_etcd=beside_etcd)
    fio = find_fio(stop=stop)
    scratch_parent = memory_scratch() or Path(tempfile.gettempdir())
    return Site(
        target=target,
        live=live,
        fio=fio,
        scratch_parent=scratch_parent,
        environment=system.environment(
            chain=target.devices,
            fio_version=fio.version_text,
            scratch_filesystem=find_mount(scratch_parent).filesystem,
        ),
    )
