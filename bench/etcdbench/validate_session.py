"""One validation from the request to the table: predict, observe, compare, show."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from etcdbench import etcd_programs, etcd_versions, plan, planning, preflight, profile, validation
from etcdbench.burst import Bursts
from etcdbench.errors import UsageError
from etcdbench.histogram import Histogram, merge
from etcdbench.join_profile import Cni
from etcdbench.joining import JoinRequest, bursts_of
from etcdbench.limits import COMMIT_LIMIT_NS, WAL_LIMIT_NS
from etcdbench.model import Settings
from etcdbench.records import Struct
from etcdbench.screen import Screen
from etcdbench.site import survey
from etcdbench.stopping import StopRequest
from etcdbench.store import OutputFile
from etcdbench.validate_view import Flow, Proof, blocks
from etcdbench.validating import LOAD_SECONDS, Kind, Round, Validation
from etcdbench.watching import Observer
from etcdbench.workload import Requests
from etcdbench.workspace import workspace

REPEATS_MAX = 20
RECIPE_SECONDS = 20.0


class Request(Struct, frozen=True, kw_only=True):
    """What the user asked for.

    Attributes:
        path: Directory to measure.
        load: Cluster class.
        etcd: A server of the user's choice.
        repeats: How often fio and etcd take turns.
        as_json: Whether to print JSON.
        page: Where to write an HTML page; None for none.
        force: Whether an existing page may be overwritten.
        nodes: How many nodes join; None for an even load instead.
        cni: Their network plugin.
        jitter_seconds: Within which they start.
    """

    path: Path
    load: Literal["s", "m"] = "s"
    etcd: Path | None = None
    repeats: int = 1
    as_json: bool = False
    page: Path | None = None
    force: bool = False
    nodes: int | None = None
    cni: Cni | None = None
    jitter_seconds: float | None = None


def validate_disk(request: Request) -> bool:
    """Predict and observe in turn, print the comparison; say whether all verdicts agree.

    Raises:
        EtcdbenchError: See its subclasses; nothing runs on and nothing of ours is left.
    """
    if not 1 <= request.repeats <= REPEATS_MAX:
        raise UsageError(
            f"--repeat {request.repeats} is out of range", hint=f"give 1 to {REPEATS_MAX}"
        )
    joins = _joins(request)
    screen = Screen()
    with StopRequest().listen() as stop, screen:
        page = OutputFile(request.page, force=request.force) if request.page else None
        work = prepare(request, observer=screen, on_leftover=screen.warn_of_leftover, stop=stop)
        screen.announce_validation(
            work.blank, work.programs.version, seconds=_seconds(request.repeats, joins)
        )
        stop.check()
        rounds: list[Round] = []
        recipes: list[Histogram] = []
        for number in range(1, request.repeats + 1):
            if joins:
                rounds.append(work.join_round(joins, number=number))
                continue
            rounds += [work.round("regular"), work.round("poisson")]
            recipes.append(work.recipe())
    proof = _proof(request, joins, work.programs, rounds, merge(recipes))
    if page:
        from etcdbench import render, validate_page  # noqa: PLC0415 - matplotlib is heavy

        page.write(render.render(validate_page.page(proof, work.blank)).encode())
    if request.as_json:
        screen.print_json(msgspec.json.encode(proof).decode())
    else:
        screen.print_blocks(blocks(proof, work.blank))
    return all(
        comparison.verdict_agrees
        for part in (proof.metrics, proof.poisson)
        for comparison in part.values()
    )


def prepare(
    request: Request,
    *,
    observer: Observer,
    on_leftover: Callable[[Path], None],
    stop: StopRequest,
) -> Validation:
    """Find etcd, fio and the disk, and see that there is room; nothing is measured yet.

    Raises:
        EtcdbenchError: Something is missing, or the disk must not be measured.
    """
    todo = _plan(request)
    programs = etcd_programs.find_etcd(request.etcd)
    here = survey(request.path, beside_etcd=False, stop=stop)
    preflight.demand_room(here.target, room_bytes=2 * todo.room_bytes())
    with workspace(here.directory, alone=True, on_leftover=on_leftover) as ours:
        target = preflight.probe_fallocate(here.target, ours.path)
    return Validation(
        blank=here.result(todo, target),
        load=request.load,
        requests=_requests(todo),
        programs=programs,
        engine=here.fio,
        directory=here.directory,
        scratch_parent=here.scratch_parent,
        observer=observer,
        stop=stop,
        on_leftover=on_leftover,
    )


def _plan(request: Request) -> plan.Plan:
    """Return a plan of the asked class, for its requests and its bytes."""
    ladder = profile.load("ladder")
    return planning.make_plan(
        main=profile.load("steady"),
        ladder=ladder,
        settings=Settings(profile="validate", load=request.load),
        rate_per_second=plan.class_rates(ladder)[request.load],
    )


def _requests(todo: plan.Plan) -> Requests:
    if todo.requests is None:
        raise AssertionError("a class has requests")
    return todo.requests


def _joins(request: Request) -> Bursts | None:
    """Return the burst that was asked for; images stay elsewhere, as etcd's own disk is compared.

    Raises:
        UsageError: A number will not do.
    """
    if request.nodes is None:
        if request.cni or request.jitter_seconds is not None:
            raise UsageError("--cni and --jitter shape joining nodes", hint="give --join N as well")
        return None
    wanted = JoinRequest(
        nodes=request.nodes,
        cni=request.cni,
        jitter_seconds=request.jitter_seconds,
        topology="dedicated",
    )
    return bursts_of(wanted, times=1)


def _seconds(repeats: int, joins: Bursts | None) -> float:
    if joins:
        return (2 * joins.seconds + sum(plan.CALIBRATE_SECONDS)) * repeats
    one = 2 * (sum(plan.CALIBRATE_SECONDS) + 2 * LOAD_SECONDS) + RECIPE_SECONDS
    return one * repeats


def _proof(
    request: Request,
    joins: Bursts | None,
    programs: etcd_programs.Programs,
    rounds: Sequence[Round],
    recipe: Histogram,
) -> Proof:
    kinds: tuple[Kind, ...] = ("regular", "poisson") if request.nodes is None else ("join",)
    return Proof(
        etcd_version=programs.version,
        etcd_flags=rounds[0].observed.flags,
        load=request.load,
        repeats=request.repeats,
        join=_join_in_words(joins),
        metrics=compare_rounds(rounds, kinds[0], recipe),
        poisson=compare_rounds(rounds, "poisson", recipe) if request.nodes is None else {},
        flow={kind: _flow(rounds, kind) for kind in kinds},
        caveats=tuple(etcd_versions.caveats(programs.version)),
    )


def _join_in_words(joins: Bursts | None) -> str | None:
    if joins is None:
        return None
    burst = joins.burst
    nodes = "1 node" if burst.nodes == 1 else f"{burst.nodes} nodes"
    return f"{nodes} joining with {joins.join.cni} within {burst.jitter_seconds:g} s"


def compare_rounds(
    rounds: Sequence[Round], arrivals: Kind, recipe: Histogram
) -> dict[str, validation.Comparison]:
    """Compare both metrics over all rounds of one kind of arrivals."""
    chosen = [one for one in rounds if one.arrivals == arrivals]
    return {
        "wal_fsync": validation.compare(
            [stream for one in chosen for stream in one.streams("wal")],
            [one.observed.wal_fsync for one in chosen],
            limit_ns=WAL_LIMIT_NS,
            recipe=recipe,
        ),
        "backend_commit": validation.compare(
            [stream for one in chosen for stream in one.streams("commit")],
            [one.observed.backend_commit for one in chosen],
            limit_ns=COMMIT_LIMIT_NS,
        ),
    }


def _flow(rounds: Sequence[Round], arrivals: Kind) -> Flow:
    """Add up how often and how much both sides wrote."""
    chosen = [one for one in rounds if one.arrivals == arrivals]
    observed_seconds = sum(one.observed.seconds for one in chosen)
    seconds = observed_seconds if arrivals == "join" else LOAD_SECONDS * len(chosen)
    fsyncs = sum(one.observed.wal_fsync.histogram.count for one in chosen)
    commits = sum(one.observed.backend_commit.histogram.count for one in chosen)
    ours, our_commits = (
        sum(stream.histogram().count for one in chosen for stream in one.streams(name))
        for name in ("wal", "commit")
    )
    return Flow(
        predicted_flushes_per_second=ours / seconds,
        observed_flushes_per_second=fsyncs / observed_seconds,
        predicted_batch_bytes=_ratio(sum(one.wal_bytes for one in chosen), ours),
        observed_metric_bytes_per_flush=_ratio(
            sum(one.observed.wal_metric_bytes or 0.0 for one in chosen), fsyncs
        ),
        predicted_commits_per_second=our_commits / seconds,
        observed_commits_per_second=commits / observed_seconds,
        predicted_growth_bytes_per_commit=_ratio(
            sum(one.growth_bytes for one in chosen), our_commits
        ),
        observed_growth_bytes_per_commit=_ratio(
            sum(one.observed.database_growth_bytes or 0.0 for one in chosen), commits
        ),
    )


def _ratio(whole: float, parts: int) -> float | None:
    return whole / parts if parts else None
