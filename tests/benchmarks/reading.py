"""How long results take to be shown: `report` of one, `compare --html` of 100, a table of 1,000.

    python tests/benchmarks/reading.py RESULT

RESULT is a result of `etcdbench run`; it is copied under other names. Prints seconds and the peak
of memory, as whole processes.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TABLE = """
import sys, etcdbench
from pathlib import Path
paths = sorted(Path(sys.argv[1]).glob("*.json"))
results = ((path.name, etcdbench.read_result(path)) for path in paths)
print(len(etcdbench.latency_table(results)))
"""


def main() -> None:
    """Measure the three."""
    data = Path(sys.argv[1]).read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / f"node{number:04}.etcdbench.json" for number in range(1000)]
        for path in paths:
            path.write_bytes(data)
        program = [sys.executable, "-m", "etcdbench"]
        page = str(folder / "page.html")
        _measure("report, 1", [*program, "report", str(paths[0]), "-o", page])
        hundred = [str(path) for path in paths[:100]]
        _measure("compare --html, 100", [*program, "compare", *hundred, "--html", page, "--force"])
        _measure("latency_table, 1000", [sys.executable, "-c", TABLE, name])


def _measure(what: str, argv: list[str]) -> None:
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{what:<22} {seconds:6.2f} s, {peak / 1e6:.0f} MB at most until now")


if __name__ == "__main__":
    main()
