"""Seconds and bytes as people read and type them."""

import re

_SIZE_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_POWERS: dict[str, int] = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def format_seconds(seconds: float | None) -> str:
    """Give a duration with three significant digits and the unit that fits, `-` for None."""
    if seconds is None:
        return "-"
    if seconds >= 59.95:  # noqa: PLR2004 - where rounding to three digits moves the point
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= factor * 0.9995:
            return f"{_three_digits(seconds / factor)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


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
    if percent > 99.99:  # noqa: PLR2004 - where rounding to three digits moves the point
        return ">99.99 %"
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.1f} %"  # noqa: PLR2004 - where rounding to three digits moves the point


def parse_size(text: str) -> int:
    """Read `500MB`, `64 MiB`, `1024`: powers of 1000, or of 1024 with an `i`.

    Raises:
        ValueError: It is not a size.
    """
    found = _SIZE_PATTERN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a size such as 1024, 64KiB or 500MB")
    number, power, binary = found.groups()
    unit = float(1024 if binary else 1000) ** _POWERS[power.lower()]
    return round(float(number) * unit)


def printable(text: str) -> str:
    """Replace what could command a terminal: names and models come from outside."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _three_digits(number: float) -> str:
    """Format with three significant digits and no exponent."""
    if number >= 99.95:  # noqa: PLR2004 - where rounding to three digits moves the point
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"  # noqa: PLR2004 - where rounding to three digits moves the point
