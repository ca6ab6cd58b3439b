"""Numbers about models in words: sizes, speeds, times, ages and fits, as the terminal and the window show them."""

from __future__ import annotations

import pytest

from graphide.models.wording import age, amount, context, duration, left, quantity, short_size, size, speed


def test_sizes_are_in_the_units_of_file_managers() -> None:
    sizes = (0, 999, 1000, 98_362_432, 4_683_074_240, 2_000_000_000_000)
    assert [size(each) for each in sizes] == ["0 B", "999 B", "1 kB", "98.4 MB", "4.68 GB", "2.0 TB"]
    assert [short_size(each) for each in sizes] == ["0 B", "999 B", "1 kB", "98 MB", "4.7 GB", "2000.0 GB"]


def test_a_speed_keeps_one_digit_from_a_megabyte_on() -> None:
    assert [speed(each) for each in (0, 999_000, 8_440_000, 1_250_000_000)] == [
        "0 B/s", "999 kB/s", "8.4 MB/s", "1.2 GB/s",
    ]  # fmt: skip


def test_without_a_total_only_what_is_done_is_said() -> None:
    assert (amount(5_000, 0), amount(0, 10)) == ("5 kB", "0 B of 10 B (0 %)")
    assert amount(43_100_000, 98_400_000) == "43.1 MB of 98.4 MB (43 %)"


def test_counts_are_said_as_models_are_named() -> None:
    assert [quantity(each) for each in (0, 800, 135e6, 7.24e9)] == ["", "800", "135M", "7.24B"]
    assert [context(each) for each in (0, 512, 8192, 131_072)] == ["", "512", "8k", "128k"]


def test_times_are_said_as_people_do() -> None:
    assert [duration(seconds) for seconds in (0, 4.4, 99, 100, 3000, 7500)] == [
        "0 s", "4 s", "99 s", "2 min", "50 min", "2 h 5 min",
    ]  # fmt: skip
    assert [age(seconds) for seconds in (1, 90, 3600, 7199, 7200, 86_400, 200_000)] == [
        "1 minute", "2 minutes", "60 minutes", "2 hours", "2 hours", "24 hours", "2 days",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "rest", "text"),
    [
        ("fits", 3_100_000_000, "fits, leaves 3.1 GB"),
        ("tight", 0, "tight, leaves 0 B"),
        ("does not fit", -2_000_000_000, "does not fit, 2 GB too much"),
    ],
)
def test_a_fit_says_what_stays_free_or_is_missing(verdict: str, rest: int, text: str) -> None:
    assert left(verdict, rest) == text  # type: ignore[arg-type]
