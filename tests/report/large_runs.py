"""Runs as large as a lab's: many models, each with the gates of several suites, and what stands behind them."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmcal.measurement import Calibration, GroupResult, Pool, Portrait, Risk
from pytest_llmcal.records import Choice, Example, Gate, Record, Run, Subject
from tests.sample_runs import REFUTED, curve, gate, record, run

# What the ready-made suites measure; no truth is known of a real model.
_KINDS = (
    record(exact=None),
    record(metric="auroc", relation="above", estimate=0.778, low=0.75, high=0.81, limit=0.6, exact=None,
           noise_floor_mean=None, noise_floor_p95=None, debiased=None, method="score interval of placements"),
    record(metric="largest_drop", estimate=0.012, low=0.0, high=0.03, exact=None, noise_floor_mean=None,
           noise_floor_p95=None, debiased=None, method="the largest of all differences"),
    record(metric="nll", relation="<=", outcome="true", estimate=0.61, low=0.58, high=0.65, limit=0.7, exact=None,
           noise_floor_mean=None, noise_floor_p95=None, debiased=None, method="skewness-corrected t interval"),
    record(calibrator="temperature(T=1.8)", before_estimate=0.12, before_low=0.09, before_high=0.14, exact=None),
)  # fmt: skip


def portrait(n: int = 2000, *, before: bool = False, groups: int = 0) -> Portrait:
    """What answers look like that are a little too sure."""
    return Portrait(
        n=n,
        accuracy=0.676,
        confidence=0.837,
        bins=curve(0.8)[4:],  # the surest of four choices has a quarter at least
        before=curve(0.5)[4:] if before else (),
        pools=tuple(Pool(step / 20 + 0.001, step / 20 + 0.04, 0.8 * step / 20) for step in range(20)),
        risks=tuple(Risk(step / 20, 0.3 * step / 20) for step in range(1, 21)),
        groups=tuple(
            GroupResult("region", f"north {number}", 300, 0.7, 0.8, 0.1, 0.06, 0.13) for number in range(groups)
        ),
        calibration=Calibration("temperature", {"T": "1.8"}, "world/qa, calibration split") if before else None,
    )


def examples(number: int) -> tuple[Example, ...]:
    """Half of them sure and wrong, half right and unsure."""
    choices = (Choice(0.97, False, True, "the Tumble"), Choice(0.03, True, False, "the Little Ease"))
    return tuple(
        Example(
            f"qa-{place:04}", 0.97, place >= number / 2, choices, f"Question {place}: What runs through Kest? Answer:"
        )
        for place in range(number)
    )


def many(models: int, gates: int, *, items: int = 10, subjects: int = 2) -> Run:
    """Models with so many gates each, every tenth refuted, and so many sets of answers each with items behind it."""
    whole: list[Gate] = []
    described: list[Subject] = []
    for number in range(models):
        model = f"organisation/model-{number:03}"
        own = [
            Subject(f"{number:03}-{place}", portrait(before=place % 2 == 1), model, task="world/qa", split="test",
                    data="9b1c3f5a7d2e4680", calibrator="temperature(T=1.8)" if place % 2 else None,
                    examples=examples(items), seconds=12.5)
            for place in range(subjects)
        ]  # fmt: skip
        described += own
        whole += [_gate(model, place, own) for place in range(gates)]
    return replace(run(*whole), subjects=tuple(described))


def _gate(model: str, place: int, own: list[Subject]) -> Gate:
    kind = _KINDS[place % len(_KINDS)]
    bad = place % 50 == 0
    spoken: Record = replace(REFUTED, exact=None) if bad else kind
    subject = own[place % len(own)].key if own else None
    return gate(
        f"test_number_{place:04}_can_be_trusted",
        replace(spoken, curve=(), subject=subject),
        outcome="failed" if bad else "passed",
        message="AssertionError: no" if bad else "",
        model=model,
        suite=f"suites/application_{place % 5}",
    )
