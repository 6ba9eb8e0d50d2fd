"""Calibrators by name: our own, and those of packages that registered theirs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pytest_llmcal.calibrators.calibrator import Calibrator
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.storage import read_name

GROUP = "pytest_llmcal.calibrators"
"""Entry point group; each entry is a name and a subclass of ``Calibrator``."""

_OURS = "pytest_llmcal.calibrators"
# Where each class is; a module is imported when its calibrator is first asked for.
_BY_NAME: Mapping[str, str] = {
    "annealing": "annealing.annealing:Annealing",
    "auto": "auto:Auto",
    "batch": "batch:BatchCalibration",
    "bbq": "bbq:BBQ",
    "beta": "beta:Beta",
    "centered-isotonic": "centered_isotonic:CenteredIsotonic",
    "contextual": "contextual:ContextualCalibration",
    "dirichlet": "dirichlet:Dirichlet",
    "ensemble-temperature": "ensemble_temperature:EnsembleTemperature",
    "histogram": "histogram_binning:HistogramBinning",
    "isotonic": "isotonic:Isotonic",
    "matrix": "matrix:Matrix",
    "platt": "platt:Platt",
    "pmi": "pmi:PMI",
    "pride": "pride:PriDe",
    "scaling-binning": "scaling_binning:ScalingBinning",
    "spline": "spline:Spline",
    "structured-matrix": "structured_matrix:StructuredMatrix",
    "temperature": "temperature:Temperature",
    "vector": "vector:Vector",
    "venn-abers": "venn_abers:VennAbers",
}


def names() -> list[str]:
    """Return the names that ``create`` knows, sorted."""
    return sorted({*_BY_NAME, *_registered()})


def create(name: str, **options: Any) -> Calibrator:
    """Make an unfitted calibrator.

    Parameters
    ----------
    name : str
        One of ``names()``.
    **options
        Passed to its constructor.

    Raises
    ------
    CalibratorError
        If there is no calibrator of that name, or it has no such option.

    Examples
    --------
    >>> create("temperature")
    Temperature(unfitted)
    """
    kind = _kind(name)
    try:
        return kind(**options)
    except TypeError as error:
        raise CalibratorError(f"calibrator {name!r}: {error}") from None


def load(folder: str | Path) -> Calibrator:
    """Read a calibrator of whatever kind from the folder it was saved to.

    ``Abstention`` and ``ConformalSets`` change no probabilities and are no calibrators: each has a ``load`` of its own.
    """
    return _kind(read_name(folder)).load(folder)


def _kind(name: str) -> type[Calibrator]:
    if name in _BY_NAME:
        module, _, attribute = _BY_NAME[name].partition(":")
        ours: type[Calibrator] = getattr(import_module(f"{_OURS}.{module}"), attribute)
        return ours
    found = {entry.value: entry for entry in _registered().get(name, ())}
    if len(found) > 1:
        raise CalibratorError(f"calibrator {name!r}: {' and '.join(sorted(found))} are both registered for it")
    if name == "distillation" and not found:
        raise CalibratorError(
            "distillation makes a model, no map of scores: see pytest_llmcal.calibrators.distillation.distill, "
            "or the command llmcal distill"
        )
    for place, entry in found.items():
        kind = entry.load()
        if not (isinstance(kind, type) and issubclass(kind, Calibrator)):
            raise CalibratorError(
                f"calibrator {name!r}: {place} is no subclass of pytest_llmcal.calibrators.Calibrator"
            )
        return kind
    raise CalibratorError(f"there is no calibrator {name!r}; known are {', '.join(map(repr, names()))}")


def _registered() -> dict[str, list[EntryPoint]]:
    by_name: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        by_name.setdefault(entry.name, []).append(entry)
    return by_name
