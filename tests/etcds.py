"""An etcd that flushes as a test says, its page of metrics, and a clock to move."""

from etcdbench import metrics
from etcdbench.errors import EtcdError
from etcdbench.histogram import ETCD_BUCKET_EDGES_NS

NAMES = (metrics.WAL_FSYNC, metrics.BACKEND_COMMIT)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Begin some time after the machine did."""
        self.now_seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_seconds += seconds


class Etcd:
    """An etcd that has flushed as often as a test says.

    Attributes:
        asked: How long each page might have taken.
        silent: Whether it answers at all.
    """

    def __init__(self) -> None:
        """It has not flushed yet."""
        self.asked: list[float] = []
        self.silent = False
        self._flushes: dict[str, list[int]] = {name: [] for name in NAMES}

    def flush(self, name: str, latency_ns: int, *, times: int = 1) -> None:
        """Flush."""
        self._flushes[name] += [latency_ns] * times

    def restart(self) -> None:
        """Forget all."""
        self._flushes = {name: [] for name in NAMES}

    def fetch(self, timeout_seconds: float) -> metrics.Samples:
        """Give the page."""
        self.asked.append(timeout_seconds)
        if self.silent:
            raise EtcdError("no answer", hint="x")
        samples: dict[tuple[str, str], float] = {}
        for name, seen in self._flushes.items():
            for edge in ETCD_BUCKET_EDGES_NS:
                label = f"{edge / 1e9:g}"
                samples[f"{name}_bucket", label] = sum(one <= edge for one in seen)
            samples[f"{name}_bucket", "+Inf"] = len(seen)
            samples[f"{name}_sum", ""] = sum(seen) / 1e9
        return samples


def text_of(samples: metrics.Samples) -> str:
    """Return a page as etcd serves it."""
    edges = (
        (name, f'{{le="{edge}"}}' if edge else "", value) for (name, edge), value in samples.items()
    )
    types = [f"# TYPE {name} histogram" for name in NAMES]
    return "\n".join([*types, *(f"{name}{edge} {value}" for name, edge, value in edges)]) + "\n"
