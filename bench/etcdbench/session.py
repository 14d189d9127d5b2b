"""One measurement from the request to the verdict: the whole program on one screen."""

import datetime
import importlib.metadata
import re
import tempfile
from pathlib import Path
from typing import Literal

from etcdbench import checks, ladder, plan, preflight, profile, system
from etcdbench.assessment import assess, to_json
from etcdbench.errors import EtcdbenchError, PreflightError
from etcdbench.fio import find_fio
from etcdbench.judge import Evidence
from etcdbench.machine import Environment
from etcdbench.measure import Measurement
from etcdbench.model import Result, Settings, Verdict
from etcdbench.mounts import find_mount, memory_scratch
from etcdbench.process import StopRequest
from etcdbench.records import Struct
from etcdbench.store import ResultFile
from etcdbench.terminal import Screen
from etcdbench.units import parse_size
from etcdbench.workspace import workspace


class Request(Struct, frozen=True, kw_only=True):
    """What the user asked for, as typed.

    Attributes:
        path: Directory to measure.
        load: Cluster class.
        rate_per_second: Requests per second instead of a class.
        value_size: Size of a value, as typed.
        mode: How long to measure.
        profile: Name or file of the main profile.
        beside_etcd: Whether to measure gently beside a live etcd.
        output: Where to keep the result; None for a name of our own.
        force: Whether an existing file may be overwritten.
        as_json: Whether to print JSON.
    """

    path: Path
    load: str | None = None
    rate_per_second: float | None = None
    value_size: str | None = None
    mode: Literal["default", "quick", "full"] = "default"
    profile: str = "steady"
    beside_etcd: bool = False
    output: Path | None = None
    force: bool = False
    as_json: bool = False


def measure_disk(request: Request) -> Verdict:
    """Measure, keep the result, print what it means.

    Raises:
        EtcdbenchError: See its subclasses; nothing of ours is left on the disk.
    """
    screen = Screen(as_json=request.as_json)
    with StopRequest().listen() as stop, screen:
        todo = _plan(request)
        target = preflight.find_target(request.path)
        live = preflight.demand_no_live_etcd(target, beside_etcd=request.beside_etcd)
        fio = find_fio(stop=stop)
        scratch_parent = memory_scratch() or Path(tempfile.gettempdir())
        environment = system.environment(
            chain=target.devices,
            fio_version=fio.version_text,
            scratch_filesystem=find_mount(scratch_parent).filesystem,
        )
        keep = ResultFile(request.output or _file_name(environment), force=request.force)
        with (
            workspace(
                Path(target.measured_path), alone=True, on_leftover=screen.warn_of_leftover
            ) as ours,
            workspace(scratch_parent, alone=False, on_leftover=screen.warn_of_leftover) as scratch,
        ):
            preflight.demand_room(target, room_bytes=todo.room_bytes())
            result = Result(
                created_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                etcdbench_version=importlib.metadata.version("etcdbench"),
                settings=todo.settings,
                requests=todo.requests,
                profile_text=todo.profile_text,
                target=preflight.probe_fallocate(target, ours.path),
                environment=environment,
                live_etcd=live,
            )
            screen.announce(result, todo, directory=ours.path)
            stop.check()
            measurement = Measurement(
                plan=todo,
                result=result,
                engine=fio,
                target=ours,
                scratch=scratch,
                decided=lambda known, phase, look: checks.decided(
                    Evidence(
                        result=known,
                        phase=phase,
                        error=todo.errors[min(look, len(todo.errors) - 1)],
                        judge_commits=todo.judge_commits,
                    )
                ),
                failed=lambda known, phase: ladder.why_rung_fails(known, phase) is not None,
                save=keep.save,
                observer=screen,
            )
            try:
                result = measurement.run()
            except EtcdbenchError:
                screen.tell_what_is_kept(keep.path if keep.saved else None)
                raise
    meaning = assess(result, result_file=str(keep.path))
    if request.as_json:
        screen.print_json(to_json(meaning))
    else:
        screen.show(meaning, result)
    return meaning.verdict


def _plan(request: Request) -> plan.Plan:
    """Turn the request into a plan.

    Raises:
        PreflightError: An option's value will not do.
        ProfileError: The profile will not do.
    """
    ladder = profile.load("ladder")
    main = profile.load(request.profile)
    if request.load and request.rate_per_second is not None:
        raise PreflightError(
            "--load and --rate exclude each other", hint="give the class or the rate"
        )
    rates = plan.class_rates(ladder)
    rate = rates[request.load] if request.load else request.rate_per_second
    settings = Settings(
        profile=main.name,
        load=_class_of(rate, main, rates),
        mode=request.mode,
        beside_etcd=request.beside_etcd,
    )
    return plan.make_plan(
        main=main,
        ladder=ladder,
        settings=settings,
        rate_per_second=rate,
        value_size_bytes=_value_size(request.value_size),
    )


def _class_of(
    rate: float | None, main: profile.LoadedProfile, rates: dict[str, float]
) -> str | None:
    """Return the cluster class that a rate is, if it is one."""
    requests = main.profile.requests
    asked = rate if rate is not None else requests.rate_per_second if requests else None
    return next((name for name, known in rates.items() if known == asked), None)


def _value_size(text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise PreflightError(f"--value-size: {error}", hint="give bytes, such as 1024") from error


def _file_name(environment: Environment) -> Path:
    """Return a name that tells host and time, in the current directory."""
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", environment.hostname).strip("-.") or "host"
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    return Path(f"{host}-{now}.etcdbench.json")
