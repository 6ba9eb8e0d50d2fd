"""The reliability diagram as SVG text, for places where no stylesheet reaches: notebooks and files."""

from __future__ import annotations

from pytest_llmcal.charts.markup import escaped
from pytest_llmcal.charts.reliability import COUNTS_HEIGHT, COUNTS_TOP, LEFT, SIDE, TOP, Diagram, x, y

WIDTH, HEIGHT = 304, 378

# What is drawn of no colour of its own takes that of the text around it, so that it is seen on any ground;
# these stand out on a white one and on a black one alike.
ACCENT, ALARM = "#3b82c4", "#d9534f"

_ALONE = (
    "<style>svg{color:#21252b;background:#fff}"
    "@media (prefers-color-scheme:dark){svg{color:#e5e3de;background:#14171b}}</style>"
)

_SIZES = {"small": "4", "medium": "6.5", "large": "9"}


def reliability_svg(diagram: Diagram, title: str, *, alone: bool = False) -> str:
    """Draw a reliability diagram.

    Parameters
    ----------
    diagram : Diagram
        What ``diagram_of`` placed.
    title : str
        Whose answers; escaped here.
    alone : bool
        Whether the picture is a file of its own, which brings its ground along, or part of a page.

    Returns
    -------
    str
        One ``svg`` element: valid XML, without script, links or ids.
    """
    strays = f"{diagram.strays} of {len(diagram.bins)} bins outside the band of a calibrated model"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" fill="none" stroke="currentColor" font-family="sans-serif" font-size="11">',
        f"<title>Reliability diagram of {escaped(title)}</title>",
        f"<desc>Accuracy against confidence of {diagram.items:,} items: {strays}.</desc>",
        _ALONE if alone else "",
        _path(diagram.band, 'stroke="none" fill="currentColor" fill-opacity="0.16"'),
        _AXES,
        _path(diagram.before, 'stroke-opacity="0.75" stroke-width="1.3" stroke-dasharray="5 3"'),
        _path(diagram.line, f'stroke="{ACCENT}" stroke-width="1.8" stroke-linejoin="round"'),
        *(_points(kind, path) for kind, path in diagram.points),
        _path(diagram.right, f'stroke="none" fill="{ACCENT}" fill-opacity="0.6"'),
        _path(diagram.wrong, f'stroke="none" fill="{ALARM}" fill-opacity="0.75"'),
        _text(LEFT - 6, COUNTS_TOP + 9, f"{diagram.fullest:,}", "end"),
        "</svg>",
    ]
    return "".join(parts)


def _points(kind: str, path: str) -> str:
    """Draw points within the band as dots and others as diamonds: the caps of lines of next to no length."""
    name, _, size = kind.partition(" ")
    colour, cap = (ALARM, "square") if name == "stray" else (ACCENT, "round")
    return _path(path, f'stroke="{colour}" stroke-linecap="{cap}" stroke-width="{_SIZES[size]}"')


def _path(path: str, look: str) -> str:
    return f'<path {look} d="{path}"/>' if path else ""


def _text(left: float, top: float, words: str, anchor: str = "start") -> str:
    return f'<text stroke="none" fill="currentColor" x="{left:g}" y="{top:g}" text-anchor="{anchor}">{words}</text>'


def _axes() -> str:
    bottom = COUNTS_TOP + COUNTS_HEIGHT
    quarters = "".join(f"M{x(q):g} {TOP:g}V{y(0):g}M{LEFT:g} {y(q):g}H{x(1):g}" for q in (0.25, 0.5, 0.75))
    middle = TOP + SIDE / 2
    return "".join(
        [
            _path(quarters, 'stroke-opacity="0.12"'),
            _path(
                f"M{x(0):g} {y(1):g}H{x(1):g}V{y(0):g}H{x(0):g}zM{x(0):g} {bottom:g}H{x(1):g}", 'stroke-opacity="0.4"'
            ),
            _path(f"M{x(0):g} {y(0):g}L{x(1):g} {y(1):g}", 'stroke-opacity="0.75" stroke-dasharray="1 4"'),
            *(_text(LEFT - 6, y(share) + 4, f"{share:g}", "end") for share in (0, 0.5, 1)),
            *(
                _text(x(share), bottom + 14, f"{share:g}", anchor)
                for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end"))
            ),
            _text(x(0.5), bottom + 32, "confidence", "middle"),
            _text(LEFT - 6, bottom, "items", "end"),
            f'<text stroke="none" fill="currentColor" text-anchor="middle" '
            f'transform="translate(9 {middle:g}) rotate(-90)">accuracy</text>',
        ]
    )


_AXES = _axes()
