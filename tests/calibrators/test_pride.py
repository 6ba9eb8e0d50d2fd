"""PriDe: a preference for letters is found by moving the options of a few items, and taken off all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, Task, calibrators, load_task
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.pride import PriDe
from pytest_llmcal.tasks import Item, Items

BIAS = np.array([1.5, 0.0, 0.0, -1.0])
SHARES = np.exp(BIAS) / np.exp(BIAS).sum()


def asked(folder: Path, n: int = 800, k: int = 4, **options: object) -> Task:
    """Questions whose options state their own logits; answers are drawn from them."""
    generator = np.random.default_rng(0)
    with (folder / "options.jsonl").open("w") as file:
        for number in range(n):
            count = k - number % 2 if options.get("uneven") else k
            logits = generator.normal(0.0, 1.5, count).round(4)
            answer = int((logits + generator.gumbel(size=count)).argmax())
            row = {"question": f"q{number}", "choices": [str(each) for each in logits], "answer": answer}
            file.write(json.dumps(row) + "\n")
    style = {"template": options["template"]} if "template" in options else {"style": "letters"}
    return load_task(
        folder / "options.jsonl",
        answer_form="index",
        shuffle_choices=False,
        calibration=0.5,
        **style,  # type: ignore[arg-type]
    )


def reader(bias: np.ndarray) -> Callable[[Items], Scores]:
    """A model that knows the options' worth, and prefers some letters whatever stands behind them."""

    def score(items: Items) -> Scores:
        questions = [item for item in items if isinstance(item, Item)]
        rows = np.full((len(questions), max(len(item.choices) for item in questions)), -np.inf)
        for row, item in zip(rows, questions, strict=True):
            stated = [float(line.split(" ")[1]) for line in item.prompt.splitlines()[1:-1]]
            row[: len(stated)] = np.array(stated) + bias[: len(stated)]
        return Scores.from_logits(rows, [item.answer for item in questions], ids=[item.id for item in questions])

    return score


def test_a_planted_preference_is_found_and_taken_off(tmp_path: Path) -> None:
    task = asked(tmp_path)
    clean, biased = reader(np.zeros(4))(task.test), reader(BIAS)(task.test)
    fitted = calibrators.create("pride", scorer=reader(BIAS), items=task, sample=10).fit()
    assert isinstance(fitted, PriDe)
    np.testing.assert_allclose(fitted.prior, SHARES, atol=0.03)
    assert fitted.sampled == 10
    mended = fitted.transform(biased)
    assert mended.accuracy() > clean.accuracy() - 0.01 > biased.accuracy() + 0.05
    assert float(mended.ece()) < float(clean.ece()) + 0.02 < float(biased.ece())
    assert float(mended.nll()) == pytest.approx(float(clean.nll()), abs=0.005)


def test_it_is_what_the_paper_writes(tmp_path: Path) -> None:
    task = asked(tmp_path, n=12)
    assert task.calibration is not None
    priors = []
    for item in task.calibration:
        assert isinstance(item, Item)
        options = [float(line.split(" ")[1]) for line in item.prompt.splitlines()[1:-1]]
        logs = []
        for places in range(4):
            logits = np.array(options[places:] + options[:places]) + BIAS
            logs.append(logits - np.log(np.exp(logits).sum()))
        prior = np.exp(np.mean(logs, axis=0))
        priors.append(prior / prior.sum())
    fitted = PriDe(reader(BIAS), task, sample=99).fit()
    np.testing.assert_allclose(fitted.prior, np.mean(priors, axis=0), rtol=1e-9)
    assert fitted.sampled == len(task.calibration)


def test_a_model_without_a_preference_is_left_alone(tmp_path: Path) -> None:
    task, score = asked(tmp_path, n=60), reader(np.zeros(4))
    fitted = PriDe(score, task, sample=5).fit()
    np.testing.assert_allclose(fitted.prior, 0.25, rtol=1e-9)
    np.testing.assert_allclose(fitted.transform(score(task.test)).confidence, score(task.test).confidence)


def test_only_the_sample_is_asked_in_every_order_and_it_follows_from_the_seed(tmp_path: Path) -> None:
    task = asked(tmp_path, n=60)
    sizes: list[tuple[str, ...]] = []

    def score(items: Items) -> Scores:
        sizes.append(tuple(item.id for item in items))
        return reader(BIAS)(items)

    for seed in (0, 0, 1):
        PriDe(score, task, sample=3, seed=seed).fit()
    assert [len(ids) for ids in sizes] == [12, 12, 12]
    assert sizes[0] == sizes[1] != sizes[2]


def test_items_with_fewer_options_keep_the_shares_of_their_letters(tmp_path: Path) -> None:
    task = asked(tmp_path, n=200, uneven=True)
    clean, biased = reader(np.zeros(4))(task.test), reader(BIAS)(task.test)
    mended = PriDe(reader(BIAS), task, sample=20).fit().transform(biased)
    assert np.array_equal(np.isneginf(mended.choices.values), np.isneginf(biased.choices.values))
    assert float(mended.nll()) == pytest.approx(float(clean.nll()), abs=0.01)


def test_a_preference_for_places_is_found_where_the_wording_is_weighed(tmp_path: Path) -> None:
    listed = "{{ question }}\n{% for choice in choices %}- {{ choice }}\n{% endfor %}Answer:"
    task = asked(tmp_path, n=200, template=listed)
    fitted = PriDe(reader(BIAS), task, sample=20).fit()
    np.testing.assert_allclose(fitted.prior, SHARES, atol=0.03)
    assert fitted.transform(reader(BIAS)(task.test)).nll() < reader(BIAS)(task.test).nll() - 0.05


def test_a_prompt_that_does_not_list_its_options_is_refused(tmp_path: Path) -> None:
    task = asked(tmp_path, n=20, template="{{ question }}")
    with pytest.raises(CalibratorError, match=r"pride: task 'options': the prompt of item .* stays the same"):
        PriDe(reader(BIAS), task).fit()


@pytest.mark.parametrize("sample", [0, -1, 2.0, True, "5"])
def test_a_sample_that_cannot_be_is_refused(sample: object) -> None:
    with pytest.raises(CalibratorError, match="sample must be a whole number of at least one"):
        PriDe(sample=sample)  # type: ignore[arg-type]
