"""How numbers are written in a report: the one place that decides on digits."""

from __future__ import annotations

import math
from datetime import datetime

MINUS = "\N{MINUS SIGN}"
INFINITY = "\N{INFINITY}"


def number(value: float) -> str:
    """Write an estimate or an end of an interval: four decimals where they say something.

    Examples
    --------
    >>> number(0.03124), number(0.0), number(12.3456), number(0.0000123), number(float("inf"))
    ('0.0312', '0', '12.35', '1.2e-05', '∞')
    """
    size = abs(value)
    if math.isinf(value):
        text = INFINITY
    elif size == 0:
        text = "0"
    elif size < 5e-4:
        text = f"{size:.1e}"
    elif size < 10:
        text = f"{size:.4f}"
    else:
        text = f"{size:,.2f}" if size < 1e6 else f"{size:.4g}"
    return MINUS + text if value < 0 else text


def limit(value: float) -> str:
    """Write a limit as briefly as it was given.

    Examples
    --------
    >>> limit(0.05), limit(0.123456), limit(20000)
    ('0.05', '0.1235', '20,000')
    """
    if math.isinf(value):
        return number(value)
    text = f"{value:,.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.4g}"
    return text.replace("-", MINUS, 1) if value < 0 else text


def count(value: int) -> str:
    """Write a whole number.

    Examples
    --------
    >>> count(2000)
    '2,000'
    """
    return f"{value:,}"


def percent(value: float) -> str:
    """Write a level of confidence.

    Examples
    --------
    >>> percent(0.95), percent(0.999)
    ('95%', '99.9%')
    """
    return f"{100 * value:.4g}%"


def share(value: float) -> str:
    """Write a probability or an accuracy, with more digits where it is nearly none or all.

    Examples
    --------
    >>> share(0.676), share(0.99976), share(0.0002), share(1.0), share(0.0)
    ('67.6%', '99.98%', '0.02%', '100%', '0%')
    """
    if value in {0.0, 1.0}:
        return f"{100 * value:.0f}%"
    return f"{100 * value:.1f}%" if 0.005 <= value <= 0.995 else f"{100 * value:.2f}%"


def plural(value: int, singular: str, several: str | None = None) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "gate"), plural(2000, "item")
    ('1 gate', '2,000 items')
    """
    return f"{count(value)} {singular if value == 1 else several or singular + 's'}"


def duration(seconds: float) -> str:
    """Write a wall time.

    Examples
    --------
    >>> duration(0.34), duration(41.7), duration(754), duration(7384)
    ('0.3 s', '42 s', '12 min 34 s', '2 h 3 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(started: str) -> str:
    """Write an ISO 8601 time for people; what is none is left as it is.

    Examples
    --------
    >>> moment("2026-11-23T13:38:27+00:00")
    '23 November 2026, 13:38 UTC'
    """
    try:
        time = datetime.fromisoformat(started.replace("Z", "+00:00"))
    except ValueError:
        return started
    zone = "" if time.tzinfo is None else f" {time:%Z}"
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}, {time:%H:%M}{zone}"


# Not by strftime, which follows the locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
