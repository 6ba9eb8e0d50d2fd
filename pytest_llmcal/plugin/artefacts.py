"""Calibrators that models are gated together with: which is whose, and what they make of scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.shelves import AnswerError
from pytest_llmcal.plugin.stash import ATTEMPT, CALIBRATORS

if TYPE_CHECKING:
    from pytest_llmcal.calibrators import Calibrator
    from pytest_llmcal.plugin.settings import Settings
    from pytest_llmcal.scores import Scores

_FLAG = "--llmcal-calibrator"


def read_calibrators(settings: Settings) -> dict[str, Calibrator]:
    """Read the calibrators that the options name, by the name of the model that each is for.

    Where nothing says which model, it is the only one there is, or else the one that the calibrator was fitted for.

    Raises
    ------
    pytest.UsageError
        If a folder holds no calibrator, or it is for none of the models, or for one that has another.
    """
    found: dict[str, Calibrator] = {}
    for named, folder in settings.calibrators:
        calibrator = _read(folder)
        model = named or _whose(calibrator, folder, settings)
        if model in found:
            raise pytest.UsageError(f"{_FLAG}: the model {model!r} is given two calibrators.")
        found[model] = calibrator
    return found


def _read(folder: Path) -> Calibrator:
    from pytest_llmcal import calibrators

    try:
        return calibrators.load(folder)
    except (calibrators.CalibratorError, OSError) as error:
        raise pytest.UsageError(f"{_FLAG}: {error}") from None


def _whose(calibrator: Calibrator, folder: Path, settings: Settings) -> str:
    if len(settings.models) == 1:
        return settings.models[0]
    fitted_for = calibrator.fitted_on.model if calibrator.fitted_on else None
    gated = ", ".join(map(repr, settings.models))
    if fitted_for is None:
        raise pytest.UsageError(
            f"{_FLAG}: the calibrator in {folder} does not say which model it was fitted for; write MODEL=DIR, MODEL "
            f"one of {gated}."
        )
    for name in settings.models:
        if name == fitted_for or _is_same_folder(settings.root / name, Path(fitted_for)):
            return name
    raise pytest.UsageError(
        f"{_FLAG}: the calibrator in {folder} was fitted for {fitted_for!r}, which is none of the models gated here: "
        f"{gated}; MODEL=DIR applies it to one of them all the same."
    )


def _is_same_folder(one: Path, other: Path) -> bool:
    return one.is_dir() and one.resolve() == other.resolve()


def calibrated(request: pytest.FixtureRequest, scores: Scores) -> Scores:
    """Return what the current model's calibrator makes of its scores; the scores themselves where it has none.

    Items that it was fitted on come out marked as such, so that a gate on them fails.
    """
    calibrator = calibrator_of(request)
    if calibrator is None:
        return scores
    from pytest_llmcal.calibrators import CalibratorError

    note = _other_weights(calibrator, scores)
    notes = request.node.stash[ATTEMPT].notes
    if note is not None and note not in notes:
        notes.append(note)
    try:
        return calibrator.transform(scores)
    except CalibratorError as error:
        raise AnswerError(f"The calibrator {calibrator.label} cannot be applied: {error}") from None


def calibrator_of(request: pytest.FixtureRequest) -> Calibrator | None:
    """Return the calibrator that the current model is gated with, if there is one."""
    known = request.config.stash[CALIBRATORS]
    return known.get(request.getfixturevalue("llmcal_model_name")) if known else None


def _other_weights(calibrator: Calibrator, scores: Scores) -> str | None:
    """Say that a calibrator was fitted for other weights: it may still do, and the gates tell whether it does."""
    on, now = calibrator.fitted_on, scores.about
    if on is None or on.revision is None or now.revision is None or on.revision == now.revision:
        return None
    return (
        f"The calibrator {calibrator.label} was fitted for {on.model} (revision {on.revision}) and is applied to "
        f"{now.model} (revision {now.revision})."
    )
