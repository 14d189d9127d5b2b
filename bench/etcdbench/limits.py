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

VENDOR_LIMITS = (
    ("etcd, FAQ", "99 % of WAL fsyncs under 10 ms, of backend commits under 25 ms", FAQ),
    (
        "etcd, hardware guide",
        "50 sequential writes a second (20 ms each), 500 on a busy cluster (2 ms)",
        HARDWARE_GUIDE,
    ),
    (
        "OpenShift 4.14 and later",
        "p99 of 8 kB writes with fdatasync under 10 ms",
        "https://docs.redhat.com/ja/documentation/openshift_container_platform/4.21/html/etcd/etcd-practices",
    ),
    (
        "OpenShift before, and examples still",
        "under 20 ms; the sample output of 4.21 calls 15.87 ms more than the recommended 20 ms",
        "https://docs.redhat.com/zh-cn/documentation/openshift_container_platform/4.21/html/etcd/etcd-disk-latency_etcd-performance",
    ),
    (
        "Replicated Embedded Cluster",
        "refuses to install at a p99 of 10 ms",
        "https://github.com/replicatedhq/embedded-cluster/blob/main/pkg-new/preflights/specs/host-preflight-common.yaml",
    ),
    (
        "Gravity",
        "warns over 50 ms, fails over 150 ms, to ease development and tests",
        "https://github.com/gravitational/gravity/blob/master/lib/checks/disks.go",
    ),
    (
        "etcd's own alerts",
        "WAL fsync p99 over 0.5 s for ten minutes warns, over 1 s is critical; commits over 0.25 s",
        "https://github.com/etcd-io/etcd/blob/main/contrib/mixin/alerts/alerts.libsonnet",
    ),
)
"""Who asks for what of the same disk: they disagree by a factor of fifteen."""

ODD_RATIO_MIN = 1.5
"""A node stands out whose p99 is this many times the nearest other's, for certain (our own limit)."""

WORSE_RATIO_MIN = 1.25
"""A disk has become worse whose p99 is this many times what it was, for certain (our own limit):
two measurements of one healthy disk, hours apart, differ by less."""
