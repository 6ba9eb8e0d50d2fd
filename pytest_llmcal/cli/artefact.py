"""What a calibrator is taken home as: the calibrator itself, numbers for a server, words for a model card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmcal.calibrators import Calibrator
from pytest_llmcal.measurement import Measurement, Verdict, metric_of, title
from pytest_llmcal.scores import Scores

SERVER_SCHEMA = 1
SERVER, CARD = "server.json", "MODEL_CARD.md"
_FORMULA = "softmax(scale * log p / temperature + bias) over the options; p: the model's probabilities of the options"
_METRICS = ("ece", "nll", "brier", "accuracy")


@dataclass(frozen=True)
class Trial:
    """A calibrator judged on items that it has not seen.

    Attributes
    ----------
    before, after : tuple of Measurement
        ECE, NLL, Brier score and accuracy.
    verdict : Verdict
        Whether it is no worse than before by more than a margin: what decides.
    """

    before: tuple[Measurement, ...]
    after: tuple[Measurement, ...]
    verdict: Verdict


def judge(before: Scores, after: Scores, *, by: str, margin: float) -> Trial:
    """Judge calibrated scores beside the uncalibrated ones, both on the same items.

    Parameters
    ----------
    before, after : Scores
        Of items that the calibrator was not fitted on.
    by : {"nll", "brier"}
        The proper score that decides.
    margin : float
        By how much it may be worse, at least zero.
    """
    like = before if after.choices is not None else before.top_label()
    return Trial(
        _measured(like), _measured(after._with(before=None)), after.compare(like).not_worse_than(margin, metric=by)
    )


def _measured(scores: Scores) -> tuple[Measurement, ...]:
    return tuple(getattr(scores, metric)() for metric in _METRICS)


@dataclass(frozen=True)
class Artefact:
    """A fitted calibrator with all that is said of it.

    Attributes
    ----------
    calibrator : Calibrator
        Fitted.
    fitted_items : int
        Number of items that it was fitted on.
    trial : Trial
        How it did on others.
    notes : tuple of str
        What the fit warned of.
    """

    calibrator: Calibrator
    fitted_items: int
    trial: Trial
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the calibrator, ``server.json`` where it can be said so, and ``MODEL_CARD.md``."""
        self.calibrator.save(folder)
        server = self.server()
        if server is None:
            (folder / SERVER).unlink(missing_ok=True)  # one of an earlier calibrator would be believed
        else:
            (folder / SERVER).write_text(json.dumps(server, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (folder / CARD).write_text("\n".join(self.card()) + "\n", encoding="utf-8")

    def server(self) -> dict[str, Any] | None:
        """Return what a server can apply, as plain values; None where the calibrator is no map of each logit."""
        known, on = self.calibrator.logit_map(), self.calibrator.fitted_on
        if known is None or on is None:
            return None
        return {
            "schema": SERVER_SCHEMA,
            "calibrator": self.calibrator.name,
            "formula": _FORMULA,
            "temperature": known.temperature,
            "scale": known.scale,
            "bias": known.bias,
            "model": on.model,
            "revision": on.revision,
            "task": on.task,
            "data": on.data,
        }

    def lines(self, folder: Path) -> list[str]:
        """Return what the command prints."""
        wrote = [CARD] if self.server() is None else [SERVER, CARD]
        return [
            f"{self._what()}.",
            f"On {self._unseen()}, before and after:",
            *(f"  {name:<12}{before:<26}{after}" for name, before, after in self._table()),
            *self.notes,
            self._decided(),
            f"Wrote {folder} with the calibrator, {' and '.join(wrote)}.",
            *([] if self.server() else [self._no_server()]),
        ]

    def card(self) -> Iterator[str]:
        """Yield the lines of a section for a model card, in Markdown."""
        on = self.calibrator.fitted_on
        yield "## Calibration"
        yield ""
        yield self._what()
        yield f"(fingerprint `{on and on.data}`, weights `{on and on.revision}`)."
        yield ""
        yield f"Measured on {self._unseen()}, which it was not fitted on:"
        yield ""
        confidence = self.trial.after[0].confidence
        yield f"| | before [{100 * confidence:g}% interval] | after |"
        yield "|---|---|---|"
        yield from (f"| {name} | {before} | {after} |" for name, before, after in self._table())
        yield ""
        yield from (f"Note: {note}." for note in self.notes)
        yield self._decided()
        yield ""
        yield from self._use()

    def _what(self) -> str:
        on = self.calibrator.fitted_on
        assert on is not None
        items = f"{self.fitted_items:,} {'item' if self.fitted_items == 1 else 'items'}"
        return f"{self.calibrator.label} for {on.model}, fitted on {items} of {on.task} ({on.split} split)"

    def _unseen(self) -> str:
        first = self.trial.after[0]
        items = f"{first.n:,} {'item' if first.n == 1 else 'items'}"
        return f"{items} of {first.about.task} ({first.about.split} split, fingerprint {first.about.data})"

    def _table(self) -> Iterator[tuple[str, str, str]]:
        for before, after in zip(self.trial.before, self.trial.after, strict=True):
            yield title(after.name), _number(before), _number(after)

    def _decided(self) -> str:
        verdict = self.trial.verdict
        change = verdict.measurement
        metric = title(metric_of(change.name) or change.name)
        worth = {"holds": "It may be used", "refuted": "It must not be used", "undecided": "Nobody can say yet"}
        needed = f"; about {verdict.items_needed:,} items would decide it" if verdict.items_needed else ""
        return (
            f"{worth[verdict.status]}: that {metric} is worse by at most {verdict.limit:g} {_says(verdict.status)}; "
            f"after less before it is {float(change):.4f}, and with {100 * change.confidence:g}% confidence between "
            f"{change.low:.4f} and {change.high:.4f}{needed}."
        )

    def _no_server(self) -> str:
        return (
            f"There is no {SERVER}: {self.calibrator.name} is no map of each option's logit; apply it with "
            "pytest_llmcal.calibrators.load(folder).transform(scores)."
        )

    def _use(self) -> Iterator[str]:
        yield "In Python: `pytest_llmcal.calibrators.load(folder).transform(scores)`."
        if self.server() is None:
            yield self._no_server()
        else:
            yield f"In a server: `{SERVER}` holds the numbers (schema {SERVER_SCHEMA}): {_FORMULA}."


def _says(status: str) -> str:
    return {"holds": "holds", "refuted": "is refuted", "undecided": "is undecided"}[status]


def _number(measured: Measurement) -> str:
    return f"{float(measured):.4f} [{measured.low:.4f}, {measured.high:.4f}]"
