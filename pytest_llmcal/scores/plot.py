"""The reliability diagram of scores, for notebooks, files and matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmcal.charts import Diagram, diagram_of, is_outside, reliability_svg
from pytest_llmcal.measurement import Bin, Pool
from pytest_llmcal.metrics.bins import Binning
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.portrait import pools_of

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


@dataclass(frozen=True)
class ReliabilityPlot:
    """The reliability diagram of scores. A notebook shows it; ``save`` and ``figure`` take it elsewhere.

    Attributes
    ----------
    bins : tuple of Bin
        By rising confidence, with the 95% band of a calibrated model; dots, or diamonds outside of the band.
    before : tuple of Bin
        The same before calibration; empty where there was none.
    pools : tuple of Pool
        The line: the rising curve that is nearest to the answers (CORP).
    title : str
        Whose answers.
    """

    bins: tuple[Bin, ...]
    before: tuple[Bin, ...]
    pools: tuple[Pool, ...]
    title: str

    @cached_property
    def _diagram(self) -> Diagram:
        diagram = diagram_of(self.bins, self.before, self.pools)
        assert diagram is not None, "scores hold at least one item"
        return diagram

    def _repr_html_(self) -> str:
        """Return the picture as part of a page, in the colours of its text."""
        return reliability_svg(self._diagram, self.title)

    def _repr_svg_(self) -> str:
        """Return the picture as a file of its own, light or dark as the reader's screen."""
        return reliability_svg(self._diagram, self.title, alone=True)

    def save(self, path: str | Path) -> Path:
        """Write the picture to an SVG file, making its folder where needed, and return the path.

        Raises
        ------
        ScoresError
            If the name does not end in ``.svg``; other formats are matplotlib's.
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise ScoresError(
                f"save writes .svg files, got {str(path)!r}; for other formats, plot.figure().savefig({path.name!r})"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._repr_svg_(), encoding="utf-8")
        return path

    def figure(self) -> Any:
        """Return the picture as a new ``matplotlib.figure.Figure``.

        Raises
        ------
        ScoresError
            If matplotlib is not installed.
        """
        if find_spec("matplotlib") is None:
            raise ScoresError(
                "a figure needs the package matplotlib: pip install 'pytest-llmcal[plots]'; "
                "without it, save writes SVG files and a notebook shows the plot itself"
            )
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.5, 4.5), layout="constrained")  # not pyplot's, which would keep it for ever
        self.draw(figure.subplots())
        return figure

    def draw(self, ax: Any) -> None:
        """Draw band, curve and points on the ``matplotlib.axes.Axes`` given."""
        for entry in self.bins:
            ax.fill_between([entry.low, entry.high], entry.band_low, entry.band_high, color="0.5", alpha=0.2, lw=0)
        ax.plot([0, 1], [0, 1], ":", color="0.5")
        if self.before:
            ax.plot(*_through(self.before), "--", color="0.5", lw=1, label="before calibration")
        ends = [(end, pool.accuracy) for pool in self.pools for end in (pool.low, pool.high)]
        ax.plot(*zip(*ends, strict=True), color=_ACCENT, label="nearest rising curve")
        for marker, color, label, outside in _MARKS:
            some = [entry for entry in self.bins if is_outside(entry) is outside]
            if some:
                ax.plot(*_through(some), marker, color=color, label=label)
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="confidence", ylabel="accuracy")
        ax.legend(frameon=False, fontsize="small", loc="upper left")


_ACCENT = "#3b82c4"
_MARKS = (
    ("o", _ACCENT, "as a calibrated model's", False),
    ("D", "#d9534f", "outside a calibrated model's band", True),
)


def _through(bins: tuple[Bin, ...] | list[Bin]) -> tuple[list[float], list[float]]:
    return [entry.confidence for entry in bins], [entry.accuracy for entry in bins]


def plot_reliability(
    self: Scores, bins: int = 15, *, binning: Binning | Literal["corp"] = "uniform", ax: Any = None
) -> ReliabilityPlot:
    """Return the reliability diagram: accuracy against confidence, and how many answers have which.

    Parameters
    ----------
    bins, binning
        As for ``reliability``.
    ax : matplotlib.axes.Axes, optional
        Where to draw it too.

    Raises
    ------
    ScoresError
        If an argument is none of those allowed.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> plot = Scores([0.5, 0.6, 0.7, 0.9], [0, 1, 0, 1]).plot_reliability()
    >>> len(plot.bins), [(pool.low, pool.high, pool.accuracy) for pool in plot.pools]
    (4, [(0.5, 0.5, 0.0), (0.6, 0.7, 0.5), (0.9, 0.9, 1.0)])
    """
    before = () if self.before is None else self.before.reliability(bins, binning=binning).bins
    drawn = ReliabilityPlot(
        self.reliability(bins, binning=binning).bins,
        before,
        tuple(pools_of(self)),
        _whose(self) or f"{len(self)} answers",
    )
    if ax is not None:
        drawn.draw(ax)
    return drawn


def _whose(scores: Scores) -> str:
    about = scores.about
    known = (about.model, about.task, about.group, about.confidence_method, about.calibrator)
    return ", ".join(part for part in known if part is not None)
