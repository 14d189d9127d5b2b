"""A result as text: the verdict first, the checks as a table, the reasons, the caveats.

It shows and does not judge. Names from outside (models, mounts, hosts) are printed as plain text.
"""

from collections.abc import Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from etcdbench import advice
from etcdbench.assessment import Assessment
from etcdbench.join_view import join_blocks
from etcdbench.machine import Device
from etcdbench.model import Caveat, Finding, Origin, Result, Verdict
from etcdbench.units import format_bytes, format_interval, format_seconds, printable

STYLES = {
    Verdict.PASS: "bold green",
    Verdict.WARN: "bold yellow",
    Verdict.INCONCLUSIVE: "bold magenta",
    Verdict.FAIL: "bold red",
}

SENTENCES = {
    Verdict.PASS: "this disk is fast enough for etcd at this load",
    Verdict.WARN: "this disk is fast enough for etcd at this load, with the warnings below",
    Verdict.INCONCLUSIVE: "this does not decide whether the disk is fast enough for etcd",
    Verdict.FAIL: "this disk is too slow for etcd at this load, by etcd's own limits",
}
WATCH_SENTENCES = {
    Verdict.PASS: "etcd kept its limits while it was watched",
    Verdict.WARN: "etcd kept its limits while it was watched, with the warnings below",
    Verdict.INCONCLUSIVE: "this does not decide whether etcd kept its limits",
    Verdict.FAIL: "the disk let etcd wait for longer than etcd's own limits allow",
}
LIVE_SENTENCES = {
    Verdict.PASS: "so far this disk was fast enough for this etcd",
    Verdict.WARN: "so far this disk was fast enough for this etcd, with the warnings below",
    Verdict.INCONCLUSIVE: "this does not decide whether the disk is fast enough for this etcd",
    Verdict.FAIL: "so far this disk was too slow for this etcd, by etcd's own limits",
}
RECIPE_FAIL_SENTENCE = "this disk is too slow for etcd, by etcd's own limits"
SENTENCES_BY_ORIGIN: dict[Origin, dict[Verdict, str]] = {
    "run": SENTENCES,
    "fio": {**SENTENCES, Verdict.FAIL: RECIPE_FAIL_SENTENCE},
    "metrics": LIVE_SENTENCES,
    "watch": WATCH_SENTENCES,
}
QUICK_SENTENCE = "the WAL is fast enough for etcd at this load; commits were not judged"

SEARCH_SENTENCES = {
    Verdict.PASS: "nodes may join here, as many at once as is said below",
    Verdict.WARN: "nodes may join here, with the warnings below",
    Verdict.INCONCLUSIVE: "this does not decide how many nodes may join here at once",
    Verdict.FAIL: "not even one node may join here without a check failing",
}
FAIL_SENTENCES = (
    ({"join_bystander"}, "etcd keeps its limits here, but logins hang while images are pulled"),
    ({"promotion_ready"}, "this disk takes a new member's database too slowly"),
    (
        {"join_wal_fsync_p99", "join_backend_commit_p99", "join_stall_election", "join_bystander"},
        "this disk is too slow for etcd while nodes join, by etcd's own limits",
    ),
)
"""What is said where only these checks fail: the first that fits."""

BOUNDING_CAVEATS = ("incomplete", "beside_etcd")
"""Caveats of results that can never pass."""

NAMES = {
    "wal_fsync_p99": "WAL fsync p99",
    "backend_commit_p99": "backend commit p99",
    "wal_stall_heartbeat": "longest flush",
    "wal_stall_election": "longest flush",
    "spread": "spread of rounds",
    "join_wal_fsync_p99": "join: WAL p99",
    "join_backend_commit_p99": "join: commit p99",
    "join_stall_heartbeat": "join: longest",
    "join_stall_election": "join: longest",
    "join_against_quiet": "join: against quiet",
    "join_bystander": "join: login waits",
    "join_recovery": "join: recovery",
    "promotion_ready": "member ready",
    "join_capacity_flannel": "Flannel nodes at once",
    "join_capacity_cilium": "Cilium nodes at once",
    "join_capacity_calico": "Calico nodes at once",
    "live_etcd_wal": "the live etcd",
    "cluster_class": "cluster class",
    "watch_stalls": "stalls",
}


def blocks(meaning: Assessment, result: Result) -> list[RenderableType]:
    """Return the report as renderables, in order."""
    parts: list[RenderableType] = [
        Text(),
        Text.assemble(
            (f" {meaning.verdict.upper()} ", f"{STYLES[meaning.verdict]} reverse"),
            " ",
            (headline(meaning, result), "bold"),
        ),
    ]
    if meaning.verdict is not Verdict.PASS:
        parts.append(Padding(Text(why(meaning)), (0, 0, 0, 2)))
    parts += [Text(), *disk_lines(result), Text()]
    if any(finding.limit_seconds is not None for finding in meaning.checks):
        parts += [checks_table(meaning.checks), Text()]
    parts += reasons(meaning.checks)
    parts += join_blocks(meaning.joins, meaning.capacities)
    parts += caveat_lines(meaning.caveats)
    if not result.is_foreign:
        parts += [
            Text(),
            Text(
                f"measured in {format_seconds(meaning.wall_seconds)}, "
                f"{format_bytes(meaning.bytes_written)} written by {result.environment.fio_version}"
                f"; kept in {printable(meaning.result_file or '-')}",
                style="dim",
            ),
        ]
    return parts


def disk_lines(result: Result) -> list[Text]:
    """Say in a line or two what disk this is, or where the figures of others come from."""
    if result.is_foreign:
        return _foreign_lines(result)
    target, machine = result.target, result.environment
    chain = " on ".join(device_words(device) for device in target.devices) or target.mount_source
    where = Text.assemble(
        (printable(target.measured_path), "bold"),
        f" is on {target.filesystem} ({printable(target.mount_point)}), ",
        printable(chain),
    )
    virtual = f", {machine.virtualization}" if machine.virtualization else ""
    return [
        where,
        Text(
            f"load: {_load(result)}; {machine.cpu_count} CPUs, {format_bytes(machine.memory_bytes)} of "
            f"memory, Linux {printable(machine.kernel)}{virtual}, {machine.fio_version}"
        ),
    ]


def _foreign_lines(result: Result) -> list[Text]:
    name = (printable(result.target.path), "bold")
    if result.origin == "metrics":
        return [Text.assemble("from etcd's metrics in ", name)]
    job, *options = (result.runs[0].job_file if result.runs else "").splitlines() or [""]
    return [
        Text.assemble("from fio's output in ", name),
        Text(
            f"{printable(result.environment.fio_version)}, job {printable(job.strip('[]'))}: "
            f"{printable(', '.join(options)) or 'its options are unknown'}"
        ),
    ]


def device_words(device: Device) -> str:
    """Say what a device is, in a few words."""
    facts = [
        device.model,
        device.bus if device.kind == "disk" else device.kind,
        format_bytes(device.size_bytes) if device.size_bytes else None,
        "spinning" if advice.spins(device) else None,
        f"cache {device.write_cache}" if device.write_cache and device.kind == "disk" else None,
    ]
    return f"{device.name} ({', '.join(fact for fact in facts if fact)})"


def checks_table(findings: Sequence[Finding]) -> Table:
    """Show the checks that have a limit, in columns."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("check", no_wrap=True)
    for heading in ("measured", "interval", "limit", "etcd shows"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for finding in findings:
        if finding.limit_seconds is None:
            continue
        table.add_row(
            NAMES.get(finding.id, finding.id),
            format_seconds(finding.measured_seconds),
            format_interval(finding.low_seconds, finding.high_seconds),
            format_seconds(finding.limit_seconds),
            format_seconds(finding.etcd_would_report_seconds),
            Text(finding.verdict, style=STYLES[finding.verdict]),
        )
    return table


def headline(meaning: Assessment, result: Result) -> str:
    """Say the verdict in a sentence that claims no more than was measured."""
    if meaning.capacities:
        return SEARCH_SENTENCES[meaning.verdict]
    if meaning.verdict is Verdict.PASS and result.settings.mode == "quick":
        return QUICK_SENTENCE
    failed = {one.id for one in meaning.checks if one.verdict is Verdict.FAIL}
    for ids, sentence in FAIL_SENTENCES:
        if failed and failed <= ids:
            return sentence
    return SENTENCES_BY_ORIGIN[result.origin][meaning.verdict]


def why(meaning: Assessment) -> str:
    """Return the sentence that decides: of the worst check, or of what bounds the verdict."""
    worst = [_sentence(one) for one in meaning.checks if one.verdict is meaning.verdict]
    bounds = [printable(one.message) for one in meaning.caveats if one.code in BOUNDING_CAVEATS]
    return next(iter([*worst, *bounds]), "nothing was measured")


def reasons(findings: Sequence[Finding]) -> list[RenderableType]:
    """Give each check's reason, and each piece of advice once."""
    parts: list[RenderableType] = []
    advised: set[str] = set()
    for finding in findings:
        name = NAMES.get(finding.id, finding.id)
        label = f"{name}: " if finding.limit_seconds is not None else f"{name}, {finding.verdict}: "
        parts.append(Text.assemble((label, STYLES[finding.verdict]), _sentence(finding)))
        if finding.advice and finding.advice not in advised:
            advised.add(finding.advice)
            parts.append(Padding(Text(f"-> {finding.advice}"), (0, 0, 0, 2)))
        if finding.reference and finding.verdict is not Verdict.PASS:
            parts.append(Padding(Text(finding.reference, style="dim"), (0, 0, 0, 2)))
    return parts


def _load(result: Result) -> str:
    requests = result.requests
    if requests is not None:
        size = format_bytes(requests.value_size_bytes)
        return f"{requests.rate_per_second:g} requests/s of {size}"
    return "the popular recipe" if result.is_recipe else "that of a live etcd"


def _sentence(finding: Finding) -> str:
    return printable(finding.because)


def caveat_lines(caveats: Sequence[Caveat]) -> list[RenderableType]:
    """Say what limits the figures, and what to do about it; nothing where nothing does."""
    lines: list[RenderableType] = [Text(), Text("Keep in mind", style="bold")] if caveats else []
    for caveat in caveats:
        lines.append(Text(f"* {printable(caveat.message)}"))
        lines.append(Padding(Text(f"-> {printable(caveat.advice)}"), (0, 0, 0, 2)))
    return lines
