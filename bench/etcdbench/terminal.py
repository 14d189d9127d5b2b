"""A result as text: the verdict first, the checks as a table, the reasons, the caveats.

It shows and does not judge. Names from outside (models, mounts, hosts) are printed as plain text.
"""

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from etcdbench import advice
from etcdbench.assessment import Assessment
from etcdbench.machine import Device
from etcdbench.model import Caveat, Finding, Result, Verdict
from etcdbench.units import format_bytes, format_interval, format_seconds, printable

STYLES = {
    Verdict.PASS: "bold green",
    Verdict.WARN: "bold yellow",
    Verdict.INCONCLUSIVE: "bold magenta",
    Verdict.FAIL: "bold red",
}

SENTENCES = {
    Verdict.PASS: "etcd will be healthy on this disk at this load",
    Verdict.WARN: "etcd will run on this disk, with the warnings below",
    Verdict.INCONCLUSIVE: "this measurement does not decide whether etcd will be healthy here",
    Verdict.FAIL: "etcd will not be healthy on this disk at this load",
}

NAMES = {
    "wal_fsync_p99": "WAL fsync p99",
    "backend_commit_p99": "backend commit p99",
    "wal_stall_heartbeat": "flush over 100 ms",
    "wal_stall_election": "flush over 1 s",
    "spread": "spread of rounds",
    "cluster_class": "cluster class",
}


def blocks(meaning: Assessment, result: Result) -> list[RenderableType]:
    """Return the report as renderables, in order."""
    parts: list[RenderableType] = [
        Text(),
        Text.assemble(
            (f" {meaning.verdict.upper()} ", f"{STYLES[meaning.verdict]} reverse"),
            " ",
            (f"{SENTENCES[meaning.verdict]}", "bold"),
        ),
    ]
    worst = [one for one in meaning.checks if one.verdict is meaning.verdict]
    if worst and meaning.verdict is not Verdict.PASS:
        parts.append(Padding(Text(_sentence(worst[0])), (0, 0, 0, 2)))
    parts += [Text(), *disk_lines(result), Text(), _table(meaning.checks), Text()]
    parts += [_reason(finding) for finding in meaning.checks]
    if meaning.caveats:
        parts += [Text(), Text("Keep in mind", style="bold")]
        parts += [_caveat(caveat) for caveat in meaning.caveats]
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
    """Say in a line or two what disk this is."""
    target, machine = result.target, result.environment
    chain = " on ".join(_device(device) for device in target.devices) or target.mount_source
    where = Text.assemble(
        (printable(target.measured_path), "bold"),
        f" is on {target.filesystem} ({printable(target.mount_point)}), ",
        printable(chain),
    )
    requests = result.requests
    load = (
        "the popular recipe"
        if requests is None
        else f"{requests.rate_per_second:g} requests/s of {format_bytes(requests.value_size_bytes)}"
    )
    virtual = f", {machine.virtualization}" if machine.virtualization else ""
    return [
        where,
        Text(
            f"load: {load}; {machine.cpu_count} CPUs, {format_bytes(machine.memory_bytes)} of "
            f"memory, Linux {printable(machine.kernel)}{virtual}, {machine.fio_version}"
        ),
    ]


def _device(device: Device) -> str:
    facts = [
        device.model,
        device.bus if device.kind == "disk" else device.kind,
        format_bytes(device.size_bytes) if device.size_bytes else None,
        "spinning" if advice.spins(device) else None,
        f"cache {device.write_cache}" if device.write_cache and device.kind == "disk" else None,
    ]
    return f"{device.name} ({', '.join(fact for fact in facts if fact)})"


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("check", no_wrap=True)
    for heading in ("measured", "interval", "limit", "etcd shows"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for finding in findings:
        table.add_row(
            NAMES.get(finding.id, finding.id),
            format_seconds(finding.measured_seconds),
            format_interval(finding.low_seconds, finding.high_seconds),
            format_seconds(finding.limit_seconds),
            format_seconds(finding.etcd_would_report_seconds),
            Text(finding.verdict, style=STYLES[finding.verdict]),
        )
    return table


def _reason(finding: Finding) -> RenderableType:
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{NAMES.get(finding.id, finding.id)}: ", STYLES[finding.verdict]),
            _sentence(finding),
        )
    ]
    if finding.advice:
        lines.append(Padding(Text(f"-> {finding.advice}"), (0, 0, 0, 2)))
    if finding.reference and finding.verdict is not Verdict.PASS:
        lines.append(Padding(Text(finding.reference, style="dim"), (0, 0, 0, 2)))
    return Group(*lines)


def _sentence(finding: Finding) -> str:
    return printable(finding.because)


def _caveat(caveat: Caveat) -> RenderableType:
    return Group(
        Text(f"* {printable(caveat.message)}"),
        Padding(Text(f"-> {printable(caveat.advice)}"), (0, 0, 0, 2)),
    )
