"""What a file of others' cannot tell."""

import msgspec

from etcdbench import caveats
from etcdbench.model import Run
from fakes import result_of, run_of, stream

MS = 1_000_000


def test_what_a_file_of_others_cannot_tell_is_told() -> None:
    """Without a timeline, with ranges, without commits, under one load."""
    block = stream("wal", [{MS: 150}])
    ranged = msgspec.structs.replace(block, edges_ns=(MS,))
    timeline = run_of("fio", stream("wal", [{MS: 150}] * 2))

    def seen(origin: str, run: Run) -> set[str]:
        found = caveats.of(result_of(run, requests=None, origin=origin))
        return {caveat.code for caveat in found}

    assert seen("fio", timeline) == {"recipe", "only_flushes"}
    assert seen("fio", run_of("fio", block)) == {"recipe", "only_flushes", "one_block"}
    assert seen("fio", run_of("fio", ranged)) == {"recipe", "only_flushes", "one_block", "ranges"}
    assert seen("metrics", run_of("live", ranged)) == {"live_load", "one_block", "ranges"}
