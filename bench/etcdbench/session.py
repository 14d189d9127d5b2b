"""One measurement from the request to the verdict: the whole program on one screen."""

from pathlib import Path
from typing import Literal

from etcdbench import (
    capacity,
    checks,
    join_checks,
    ladder,
    plan,
    planning,
    preflight,
    profile,
    rivals,
    scrape,
    sparing,
)
from etcdbench.assessment import assess, to_json
from etcdbench.errors import EtcdbenchError, UsageError
from etcdbench.images import Joining, images_beside
from etcdbench.invocation import Invoker
from etcdbench.joining import JoinRequest, capacities, joining
from etcdbench.judge import Evidence
from etcdbench.machine import Target
from etcdbench.measure import Measurement
from etcdbench.model import Settings, Verdict
from etcdbench.profile import LoadedProfile
from etcdbench.reading import write_page
from etcdbench.records import Struct
from etcdbench.screen import Screen
from etcdbench.site import survey
from etcdbench.stopping import StopRequest
from etcdbench.store import OutputFile, encode, file_name
from etcdbench.units import parse_size
from etcdbench.workload import Requests
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
        join: The burst of joining nodes.
        join_capacity: Whether to look for how many nodes may join at once, and nothing else.
        beside_etcd: Whether to measure gently beside a live etcd.
        metrics: Where that etcd serves its metrics, as typed; None to look where kubeadm has them.
        output: Where to keep the result; None for a name of our own.
        page: Where to write a page; None for none.
        force: Whether an existing file may be overwritten.
        as_json: Whether to print JSON.
    """

    path: Path
    load: str | None = None
    rate_per_second: float | None = None
    value_size: str | None = None
    mode: Literal["default", "quick", "full"] = "default"
    profile: str = "steady"
    join: JoinRequest = JoinRequest()
    join_capacity: bool = False
    beside_etcd: bool = False
    metrics: str | None = None
    output: Path | None = None
    page: Path | None = None
    force: bool = False
    as_json: bool = False


def measure_disk(request: Request) -> Verdict:
    """Measure, keep the result, print what it means.

    Raises:
        EtcdbenchError: See its subclasses; nothing of ours is left on the disk.
    """
    screen = Screen()
    with StopRequest().listen() as stop, screen:
        load, address = _load(request), _metrics_address(request)
        here = survey(request.path, beside_etcd=request.beside_etcd, stop=stop)
        todo, images = _plan(request, load, here.target)
        keep = OutputFile(request.output or file_name(here.environment), force=request.force)
        page = OutputFile(request.page, force=request.force) if request.page else None
        with (
            rivals.present(here.disks) as presence,
            workspace(here.directory, alone=True, on_leftover=screen.warn_of_leftover) as ours,
            workspace(
                here.scratch_parent, alone=False, on_leftover=screen.warn_of_leftover
            ) as scratch,
            images_beside(ours, images, on_leftover=screen.warn_of_leftover) as image_place,
        ):
            preflight.demand_room(here.target, room_bytes=todo.room_bytes())
            result = here.result(todo, preflight.probe_fallocate(here.target, ours.path))
            screen.announce(result, todo, directory=ours.path, images=image_place)
            stop.check()
            guard = (
                sparing.guard_of(
                    address, presence, on_watch=screen.announce_watch, check_stop=stop.check
                )
                if request.beside_etcd
                else None
            )
            measurement = Measurement(
                plan=todo,
                result=result,
                invoker=Invoker(
                    engine=here.fio,
                    target=ours,
                    scratch=scratch,
                    observer=screen,
                    guard=guard,
                    alone=presence.alone,
                ),
                decided=lambda known, phase, look: checks.decided(
                    Evidence(
                        result=known,
                        phase=phase,
                        error=todo.errors[min(look, len(todo.errors) - 1)],
                        judge_commits=todo.judge_commits,
                    )
                ),
                joined=join_checks.decided,
                check_stop=stop.check,
                answer=lambda known: (
                    capacity.answer(capacity.alike(known, known.bursts[-1]), known).answer
                ),
                failed=lambda known, phase: ladder.why_rung_fails(known, phase) is not None,
                save=lambda known: keep.write(encode(sparing.told(known, guard))),
            )
            try:
                result = sparing.told(measurement.run(), guard)
            except EtcdbenchError:
                screen.tell_what_is_kept(keep.path if keep.written else None)
                raise
    meaning = assess(result, result_file=str(keep.path))
    if page:
        write_page({keep.path.name: result}, page)
        screen.tell_page(page.path)
    if request.as_json:
        screen.print_json(to_json(meaning))
    else:
        screen.show(meaning, result)
    return meaning.verdict


def _metrics_address(request: Request) -> scrape.Address | None:
    """Return where a live etcd serves its metrics, if it was said.

    Raises:
        UsageError: It is no address, or nothing is measured beside an etcd.
    """
    if request.metrics is None:
        return None
    if not request.beside_etcd:
        raise UsageError(
            "--metrics is the address of an etcd that is measured beside",
            hint="add --beside-etcd, or leave --metrics out",
        )
    return scrape.read_address(request.metrics)


def _joins(
    request: Request, target: Target, requests: Requests | None
) -> tuple[Joining | None, tuple[Joining, ...]]:
    """Return the bursts that were asked for, or the searches.

    Raises:
        UsageError: Options do not go together, or a number will not do.
    """
    without = _without_join(request, requests)
    full = request.mode == "full"
    if not request.join_capacity:
        return joining(request.join, target, requests=requests, full=full, without=without), ()
    without = without or ("--full" if full else None)
    if without:
        raise UsageError(
            f"{without} and --join-capacity exclude each other", hint=f"leave {without} out"
        )
    return None, capacities(request.join, target)


class Load(Struct, frozen=True, kw_only=True):
    """What the cluster writes on a quiet day, as it was asked for.

    Attributes:
        main: The main profile.
        ladder: The ladder.
        rate_per_second: Its rate where the profile's is not wanted.
        value_size_bytes: Its values' size where the profile's is not wanted.
        requests: What comes of that; None for a recipe.
    """

    main: LoadedProfile
    ladder: LoadedProfile
    rate_per_second: float | None
    value_size_bytes: int | None
    requests: Requests | None


def _load(request: Request) -> Load:
    """Turn the request into a load.

    Raises:
        UsageError: Options do not go together, or a value will not do.
        ProfileError: The profile will not do.
    """
    ladder = profile.load("ladder")
    main = profile.load(request.profile)
    rate_is_given = request.load is not None or request.rate_per_second is not None
    if request.load and request.rate_per_second is not None:
        raise UsageError("--load and --rate exclude each other", hint="give the class or the rate")
    if request.profile == profile.LADDER:
        raise UsageError(
            "the ladder runs at the end of every measurement", hint="choose the load with --load"
        )
    if rate_is_given and any(phase.rate_per_second for phase in main.profile.phases):
        raise UsageError(
            f"the phases of {main.name} have rates of their own", hint="leave --load and --rate out"
        )
    if main.profile.join:
        raise UsageError(
            f"{main.name} is a join, which is no load of its own",
            hint=f"give --join N --cni {main.profile.join.cni}",
        )
    if main.profile.recipe and _is_shaped(request):
        raise UsageError(
            "a recipe has no load, rate, value size or length to choose",
            hint="leave --load, --rate, --value-size, --quick and --full out",
        )
    rate = plan.class_rates(ladder)[request.load] if request.load else request.rate_per_second
    size = _value_size(request.value_size)
    return Load(
        main=main,
        ladder=ladder,
        rate_per_second=rate,
        value_size_bytes=size,
        requests=planning.requests_of(main, rate_per_second=rate, value_size_bytes=size),
    )


def _plan(request: Request, load: Load, target: Target) -> tuple[plan.Plan, Joining | None]:
    """Plan the measurement; also say where images go, if any are written.

    Raises:
        UsageError: Options do not go together, or a value will not do.
    """
    join, searches = _joins(request, target, load.requests)
    todo = planning.make_plan(
        main=load.main,
        ladder=load.ladder,
        settings=Settings(
            profile=load.main.name, mode=request.mode, beside_etcd=request.beside_etcd
        ),
        rate_per_second=load.rate_per_second,
        value_size_bytes=load.value_size_bytes,
        joins=join.bursts if join else None,
        capacities=tuple(one.bursts for one in searches),
    )
    return todo, join or next(iter(searches), None)


def _without_join(request: Request, requests: Requests | None) -> str | None:
    """Return the option that leaves no room for a join burst, if one was given."""
    if request.mode == "quick":
        return "--quick"
    if request.beside_etcd:
        return "--beside-etcd"
    return None if requests else f"--profile {request.profile}"  # a recipe


def _is_shaped(request: Request) -> bool:
    """Say whether any option that shapes the load was given."""
    options = (request.load, request.rate_per_second, request.value_size)
    return any(option is not None for option in options) or request.mode != "default"


def _value_size(text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise UsageError(f"--value-size: {error}", hint="give bytes, such as 1024") from error
