"""Seconds, bytes and shares as people read and type them."""

import pytest

from etcdbench import units


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.0, "0 s"),
        (0.0000000005, "0.50 ns"),
        (0.000000123, "123 ns"),
        (0.0000123, "12.3 µs"),
        (0.00999, "9.99 ms"),
        (0.009999, "10.0 ms"),
        (0.9999, "1.00 s"),
        (59.94, "59.9 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (7199, "119 min 59 s"),
        (7500, "2 h 5 min"),
        (172_799, "47 h 59 min"),
        (266_400, "3 d 2 h"),
        (864_000, "10 d"),
    ],
)
def test_a_duration_has_three_digits_and_the_unit_that_fits(
    seconds: float | None, text: str
) -> None:
    """No duration is shown in a unit that makes it hard to read."""
    assert text == units.format_seconds(seconds)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.000627, 0.000913, "627..913 µs"),
        (0.00302, 0.00557, "3.02..5.57 ms"),
        (0.0009, 0.012, "0.9..12 ms"),
        (0.006, None, "over 6 ms"),
        (None, None, "-"),
    ],
)
def test_an_interval_has_one_unit(low: float | None, high: float | None, text: str) -> None:
    """Both ends can be compared at a glance; an unknown one is said to be unknown."""
    assert text == units.format_interval(low, high)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (64_000_000, "64.0 MB"), (2e12, "2.00 TB")],
)
def test_a_size_is_in_powers_of_a_thousand(size: float, text: str) -> None:
    """Sizes read as disk makers write them."""
    assert text == units.format_bytes(size)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.00001, "<0.01 %"),
        (0.99999, ">99.9 %"),
        (0.9996, ">99.9 %"),
        (0.9994, "99.9 %"),
        (0.0052, "0.52 %"),
        (0.1234, "12.3 %"),
    ],
)
def test_a_share_never_rounds_to_a_false_nothing_or_all(share: float | None, text: str) -> None:
    """Only a true 0 is 0 %, and only a true 1 is 100 %."""
    assert text == units.format_share(share)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1024", 1024), ("64KiB", 65536), ("500MB", 500_000_000), (" 1.5 k ", 1500), ("2GiB", 2**31)],
)
def test_a_size_can_be_typed_in_the_usual_ways(text: str, size: int) -> None:
    """Powers of 1000 without an i, of 1024 with one."""
    assert size == units.parse_size(text)


@pytest.mark.parametrize("text", ["", "a", "-1", "1X", "1e9", "nan", "1 MB MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """A typing error never becomes a number."""
    with pytest.raises(ValueError, match="not a size"):
        units.parse_size(text)


def test_names_from_outside_cannot_command_the_terminal() -> None:
    """Escape sequences and line breaks are replaced."""
    assert "disk?[31m?name" == units.printable("disk\x1b[31m\nname")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), (" 2 H ", 7200), ("3d", 259_200), ("1.5m", 90)]
)
def test_durations_are_read_as_people_type_them(text: str, seconds: float) -> None:
    """One number and its unit."""
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "m", "-5s", "5 years", "1h30m", "1e9s", "nan", "9" * 30 + "d"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A number without a unit may mean anything."""
    with pytest.raises(ValueError, match="duration"):
        units.parse_duration(text)
