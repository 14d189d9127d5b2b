"""What differs between versions of etcd and moves the figures. Pure."""

import re
from collections.abc import Iterable

from etcdbench.model import Caveat

WAITS_FOR_WAL_SINCE = {(3, 4): 21, (3, 5): 5}
"""Release -> the first patch version in which an etcd without other members applies a put when the WAL
with it is on the disk, and not meanwhile (https://github.com/etcd-io/etcd/issues/14370). Releases
before these never do, later ones always do."""


def applies_beside_flush(version: str) -> bool:
    """Say whether such an etcd, alone in its cluster, applies and answers puts while it flushes them.

    On two cores its flushes share the CPU with that work: with 3.5.1 0.42 ms of it falls into a flush at
    load s, with 3.4.23 and 3.5.16 0.16 ms, and a flush takes 0.1 to 0.2 ms longer (traced). So the
    prediction, which stands for an etcd that waits, is too fast for it.

    Args:
        version: `3.5.1`; one that is no version waits.
    """
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        return False
    major, minor, patch = (int(part) for part in found.groups())
    since = WAITS_FOR_WAL_SINCE.get((major, minor))
    return (major, minor) < min(WAITS_FOR_WAL_SINCE) if since is None else patch < since


def caveats(version: str) -> Iterable[Caveat]:
    """Say what a version of etcd does that the prediction does not stand for."""
    if applies_beside_flush(version):
        yield Caveat(
            code="applies_beside_flush",
            message=f"alone in its cluster, etcd {version} applies and answers puts before they are on "
            "the disk (etcd issue 14370): that work is done during its flushes, which take longer "
            "than a later etcd's, and than predicted, on a fast disk",
            advice="validate with 3.5.5 or later, or 3.4.21 or later: --etcd BIN; a cluster of one "
            "member should not run this one, which can lose what it has answered",
        )
