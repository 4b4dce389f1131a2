"""Durations: how long they are, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.duration import seconds

H, D = 3600, 86400
LENGTHS = [
    *(
        ("90", 90),
        ("1", 1),
        ("1s", 1),
        ("2 sec", 2),
        ("2 secs", 2),
        ("1 second", 1),
        ("5 seconds", 5),
        ("1m", 60),
        ("1 min", 60),
    ),
    *(
        ("2 mins", 120),
        ("1 minute", 60),
        ("30 minutes", 1800),
        ("1h", H),
        ("1 hr", H),
        ("2 hrs", 2 * H),
        ("2 hours", 2 * H),
    ),
    *(
        ("1d", D),
        ("1 dy", D),
        ("1 day", D),
        ("2 days", 2 * D),
        ("1w", 7 * D),
        ("1 wk", 7 * D),
        ("2 wks", 14 * D),
        ("1 week", 7 * D),
    ),
    *(
        ("1 mo", 30 * D),
        ("2 mos", 60 * D),
        ("1 month", 30 * D),
        ("1y", 31557600),
        ("10 yrs", 315576000),
        ("1 year", 31557600),
    ),
    *(
        ("1h30m", 5400),
        ("2h20min", 8400),
        ("1h 30", 3630),
        ("1 H 30 MIN", 5400),
        ("3 hours 30 minutes", 12600),
        ("1h1h", 2 * H),
    ),
    *(
        ("2 weeks and 1 day", 15 * D),
        ("1h with 1m plus 1s", 3661),
        ("1 hour, 30 minutes", 5400),
        ("1h, 30m,", 5400),
        ("1 ,h", H),
    ),
    *(("1.5h", 5400), (".5 h", 1800), ("0.5 minutes", 30), ("1.5", 1.5), ("1.0h", H), ("1.5.5h", 1800), ("0h 1s", 1)),
    *(("1:30", 90), ("1:30:00", 5400), ("1:0:0:0", D), ("1:0:0:0:0", 30 * D), ("1:0:0:0:0:0", 31557600), ("0:90", 90)),
    *(("1:30.5", 90.5), ("1 : 30 : 00", 5400), ("100:00", 6000), ("2:2\n:", 122)),
    *(("day", D), ("hour 30 min", 5400), ("hour minute", H), ("30 and 5 minutes", 300), ("10 20", 20), ("1 h and", H)),
    *(("and day", D), ("1 and", 1), ("1\th\n30\nm", 5400), ("  1h  ", H), ("second", 1)),
    *(
        ("two hours and ten minutes", 7800),
        ("twenty-five minutes", 1500),
        ("twentyfive minutes", 1500),
        ("Ninety Seconds", 90),
    ),
    *(
        ("one hundred and fifty minutes", 9000),
        ("hundred seconds", 100),
        ("2 hundred seconds", 200),
        ("one thousand seconds", 1000),
    ),
    *(
        ("two and a half hours", 9000),
        ("1 and a half hours", 5400),
        ("1 1/2 hours", 5400),
        ("three and three quarters hours", 13500),
    ),
    *(
        ("two thousand three hundred and five seconds", 2305),
        ("zero hours one minute", 60),
        ("twenty five thousand seconds", 25000),
        ("twelve 1\n quarter", 12.25),
        ("nineteen hours", 19 * H),
    ),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_length(text: str, length: float) -> None:
    assert seconds(text) == length


NONE = [
    *(
        "",
        " ",
        "0",
        "0s",
        "0h 0m",
        "zero hours",
        ".0",
        "0:00",
        "and",
        ",",
        "a",
        "soon",
        "forever",
        "never",
        "1 fortnight",
        "$T",
    ),
    *(
        "1 hour ago",
        "an hour",
        "half an hour",
        "half hour",
        "one half hour",
        "-1h",
        "- 1 h",
        "+1h",
        "1h-30m",
        "1h30m!",
        "1,5h",
    ),
    *(
        "1h , 30m",
        ",1h",
        "1h,,",
        "5.",
        "1..5.",
        "1h/2",
        "1_000",
        "1:30:",
        ":30",
        "1:30:00.",
        "1:2:3:4:5:6:7",
        "1::30",
        "1:30 pm",
    ),
    *(
        "1:30\nx",
        "\u0663 hours",
        "1\u00a0h",
        "1 \u00fc",
        "1 hour\u200b",
        "100%",
        "1e3 s",
        "0x10",
        "1 ms",
        "1 decade",
        "P1D",
        "1hh",
    ),
    *(90, 1.5, True, None, ["1h"]),
]


@pytest.mark.parametrize("value", NONE)
def test_no_duration(value: object) -> None:
    assert seconds(value) is None


@pytest.mark.parametrize(
    "text", ["9" * 5000, "9" * 5000 + "h", "one " * 5000, "1:" * 5000 + "1", "a" * 50000, "1h" * 20000]
)
def test_what_is_long_is_answered(text: str) -> None:
    length = seconds(text)
    assert length is None or length > 0


PIECES = st.sampled_from(
    [*"0159.:,-/ \n", "h", "min", "day", "second", "a", "and", "two", "twenty", "hundred", "half", "x", "\u00e9"]
)


@given(st.lists(PIECES, max_size=10).map("".join))
def test_any_text_is_a_length_or_none(text: str) -> None:
    length = seconds(text)
    assert length is None or length > 0
