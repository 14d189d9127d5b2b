"""Every limit that a disk is held against, with the address of its source."""

WAL_LIMIT_NS = 10_000_000
"""WAL fsync p99 < 10 ms: etcd's FAQ, "failed to send out heartbeat on time"."""

COMMIT_LIMIT_NS = 25_000_000
"""Backend commit p99 < 25 ms: etcd's FAQ, "apply entries took too long"."""

FAQ = "https://etcd.io/docs/v3.6/faq/"

HEARTBEAT_NS = 100_000_000
"""etcd's default heartbeat interval."""

ELECTION_NS = 1_000_000_000
"""etcd's default election timeout; a WAL flush over one second is also what etcd logs as "slow
fdatasync" (server/storage/wal/wal.go)."""

TUNING_GUIDE = "https://etcd.io/docs/v3.6/tuning/"

HARDWARE_GUIDE = "https://etcd.io/docs/v3.6/op-guide/hardware/"

RECIPE_THREAD = "https://github.com/etcd-io/etcd/issues/10577"
"""Where the recipe was asked for as a prediction of both metrics, and declined."""

LIVE_STALL_SHARE = 1 / 10_000
"""A live etcd's metrics may be those of months. Up to so many flushes over a second, about one in a
measurement of ours, are then a warning (our own limit)."""

ROUNDS_RATIO_MAX = 3.0
"""Rounds whose mean flush times differ by more than this factor are not alike (our own limit)."""

QUIET_RATIO_MAX = 2.0
"""Flushes that take over twice as long while nodes join are worth a warning (our own limit)."""

BYSTANDER_WARN_SECONDS = 1.0
BYSTANDER_FAIL_SECONDS = 5.0
"""What somebody who logs in notices, and what he takes for a machine that hangs (our own limits)."""

JOURNAL_THREAD = "https://github.com/systemd/systemd/issues/20473"
"""Logins that wait for a journal that waits for the disk's fsync."""

PROMOTION_RATIO_MAX = 2.0
"""A member whose disk takes twice as long for the database as the network is worth a warning (our
own limit)."""

SNAPSHOT_SOURCE = "https://github.com/etcd-io/etcd/blob/main/server/etcdserver/api/snap/db.go"
"""`SaveDBFrom`: the whole database is received into a file, and flushed once."""

RECOVERY_SECONDS_MAX = 10.0
"""Controllers that cannot renew their lock for so long give it up (`--leader-elect-renew-deadline`)."""

LEADER_ELECTION = (
    "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/"
)
