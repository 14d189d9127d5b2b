"""Seconds, bytes and lists as people read and type them."""

import re
from collections.abc import Iterable

_SIZE_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_DURATION_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", re.IGNORECASE)
DIGITS_MAX = 20

_POWERS: dict[str, int] = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def format_seconds(seconds: float | None) -> str:
    """Give a duration with three significant digits and the unit that fits, `-` for None."""
    if seconds is None:
        return "-"
    if not seconds:
        return "0 s"
    if seconds >= 59.95:  # noqa: PLR2004 - where rounding to three digits moves the point
        return _two_units(round(seconds))
    factor, unit = _unit_of(seconds)
    return f"{_three_digits(seconds / factor)} {unit}"


def format_interval(low: float | None, high: float | None) -> str:
    """Give two durations in one unit (`3.0..5.6 ms`); an unknown end is not made up."""
    known = high if high is not None else low
    if known is None:
        return "-"
    factor, unit = _unit_of(known)
    if high is None:
        return f"over {known / factor:.3g} {unit}"
    ends = ["?" if end is None else f"{end / factor:.3g}" for end in (low, high)]
    return f"{ends[0]}..{ends[1]} {unit}"


def format_bytes(size_bytes: float) -> str:
    """Give a size in powers of 1000 with three significant digits (`64 MB`)."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:  # noqa: PLR2004 - where rounding to three digits moves the point
            return f"{size:.0f} B" if unit == "B" else f"{_three_digits(size)} {unit}"
        size /= 1000
    return f"{_three_digits(size)} TB"


def format_share(share: float | None) -> str:
    """Give a share as a percentage that never rounds to a false 0 % or 100 %."""
    if share is None:
        return "-"
    percent = share * 100
    if share in (0.0, 1.0):
        return f"{percent:.0f} %"
    if percent < 0.01:  # noqa: PLR2004 - where rounding to three digits moves the point
        return "<0.01 %"
    if percent >= 99.95:  # noqa: PLR2004 - would round to 100.0
        return ">99.9 %"
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.1f} %"  # noqa: PLR2004 - where rounding to three digits moves the point


def parse_duration(text: str) -> float:
    """Read `90s`, `10m`, `2h`, `3d` as seconds.

    Raises:
        ValueError: It is not a duration.
    """
    found = _DURATION_PATTERN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m, 2h or 3d")
    number, unit = found.groups()
    if len(number) > DIGITS_MAX:
        raise ValueError("that duration has too many digits")
    return float(number) * _SECONDS[unit.lower()]


def parse_size(text: str) -> int:
    """Read `500MB`, `64 MiB`, `1024`: powers of 1000, or of 1024 with an `i`.

    Raises:
        ValueError: It is not a size.
    """
    found = _SIZE_PATTERN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a size such as 1024, 64KiB or 500MB")
    number, power, binary = found.groups()
    if len(number) > DIGITS_MAX:
        raise ValueError("that size has too many digits")
    unit = float(1024 if binary else 1000) ** _POWERS[power.lower()]
    return round(float(number) * unit)


def listed(names: Iterable[str]) -> str:
    """Join names as a sentence does, each once: `a, b and c`."""
    *first, last = dict.fromkeys(names) or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def printable(text: str) -> str:
    """Replace what could command a terminal: names and models come from outside."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _two_units(seconds: int) -> str:
    """Give whole seconds as minutes and seconds, from two hours on coarser (`3 d 2 h`)."""
    units = (
        (172_800, 86_400, "d", 3600, "h"),
        (7200, 3600, "h", 60, "min"),
        (0, 60, "min", 1, "s"),
    )
    _, large, large_name, small, small_name = next(row for row in units if seconds >= row[0])
    many, rest = seconds // large, seconds % large // small
    return f"{many} {large_name} {rest} {small_name}" if rest else f"{many} {large_name}"


def _unit_of(seconds: float) -> tuple[float, str]:
    """Return the unit in which a duration reads best."""
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
    return next((unit for unit in units if seconds >= unit[0] * 0.9995), units[-1])


def _three_digits(number: float) -> str:
    """Format with three significant digits and no exponent."""
    if number >= 99.95:  # noqa: PLR2004 - where rounding to three digits moves the point
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"  # noqa: PLR2004 - where rounding to three digits moves the point
