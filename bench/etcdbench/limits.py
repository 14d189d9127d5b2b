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

# --- doctor -------------------------------------------------------------------------------------

STALL_SOME_MIN = 0.10
STALL_FULL_MIN = 0.05
"""Waiting for I/O is high where some task waited a tenth of the time, or all of them a twentieth
(our own limits: twenty fdatasyncs of 12 ms a second, a quiet etcd on a slow disk, gave 16 %)."""

PRESSURE_GUIDE = "https://docs.kernel.org/accounting/psi.html"

FLUSHES_IN_FDATASYNC = 1.5
"""How many mean flushes one fdatasync takes at least on ext4: its journal is flushed, too. Measured
on simulated disks of 4 to 12 ms: 1.5 to 1.7."""

FLUSH_MEAN_LIMIT_SECONDS = WAL_LIMIT_NS / 1e9 / FLUSHES_IN_FDATASYNC
"""From 6.7 ms on even the mean fdatasync takes 10 ms: etcd's limit for its p99 is lost for certain."""

FLUSH_SHARE_MIN = 0.05
"""Flushes that took less of the time than this tell little, however long each was (our own limit)."""

REQUEST_MEAN_LIMIT_SECONDS = HEARTBEAT_NS / 1e9
"""Where the mean read or write takes over 100 ms, etcd misses its heartbeats."""

DISKSTATS_GUIDE = "https://docs.kernel.org/admin-guide/iostats.html"

SILENT_STALL_MIN = 0.5
"""A disk that finishes nothing hangs if somebody waited half of the time (our own limit)."""

FREE_SHARE_MIN = 0.05
"""Below 5 % free a filesystem is nearly full (our own limit)."""

EVICTION_SHARE = 0.10
EVICTION_GUIDE = "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"
"""Below 10 % free (`nodefs.available`) the kubelet evicts pods."""

MEMORY_FULL_MIN = 0.10
"""All tasks waited for memory a tenth of the time: the machine is busy moving pages (our own limit)."""

SWAP_GUIDE = "https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory"

SLOW_FDATASYNC_SOURCE = "https://github.com/etcd-io/etcd/blob/main/server/storage/wal/wal.go"
"""`warnSyncDuration`: one second."""

SLOW_APPLY_SOURCE = "https://github.com/etcd-io/etcd/blob/main/server/embed/config.go"
"""`DefaultWarningApplyDuration`: 100 ms."""

LATE_HEARTBEAT_SOURCE = "https://github.com/etcd-io/etcd/blob/main/server/etcdserver/raft.go"
"""Two heartbeat intervals, 200 ms."""

SPACE_GUIDE = "https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota"

HUNG_TASK_GUIDE = "https://docs.kernel.org/admin-guide/sysctl/kernel.html#hung-task-timeout-secs"

SMART_GUIDE = "https://www.smartmontools.org/wiki/FAQ"

WORN_PERCENT = 90
"""A disk of whose endurance so much is used up should be replaced soon (our own limit)."""

WCHAN_GUIDE = "https://man7.org/linux/man-pages/man5/proc_pid_wchan.5.html"

EXT4_OPTIONS = "https://docs.kernel.org/admin-guide/ext4.html"
