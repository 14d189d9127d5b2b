"""Will etcd be healthy on this disk? Ask before Kubernetes runs there.

For notebooks and scripts: `read_result`, `latency_table`, `assess`, `compare`. They are loaded when
they are used, so that `import etcdbench` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etcdbench.api import assess, compare, latency_table, read_result

__all__ = ["assess", "compare", "latency_table", "read_result"]


def __getattr__(name: str) -> object:
    """Load what is asked for."""
    if name in __all__:
        return getattr(importlib.import_module("etcdbench.api"), name)
    raise AttributeError(f"module 'etcdbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what can be asked for."""
    return sorted([*globals(), *__all__])
