"""``llmcal calibrate`` fits, judges on unseen items, and writes what goes home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import Calibrator
from pytest_llmcal.cli import calibrate, main
from pytest_llmcal.measurement import About


def answers(split: str, items: int, boldness: float, seed: int) -> Scores:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (items, 3))
    labels = (logits + random.gumbel(0, 1, logits.shape)).argmax(axis=1)
    about = About("world/gpt2", "3f9c", "world/qa", split, f"data of {split}")
    return Scores.from_logits(boldness * logits, labels, ids=[f"{split}-{i}" for i in range(items)], about=about)


class Worse(Calibrator):
    """Makes everything certain, whatever was learnt; cannot be said to a server."""

    name = "worse"

    def _learn(self, scores: Scores) -> None: ...

    def _apply(self, scores: Scores) -> Scores:
        return scores.recalibrated_confidence(np.full(len(scores), 0.999), self.label)

    def _learnt(self) -> dict[str, Any]:
        return {}

    def _restore(self, learnt: object) -> None: ...

    def _summary(self) -> dict[str, float]:
        return {}


@pytest.fixture
def bold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is three times too bold, without a model."""
    splits = (answers("calibration", 600, 3.0, 1), answers("test", 1000, 3.0, 2))
    monkeypatch.setattr(calibrate, "_scores", lambda *_: splits)


def run(out: Path, *more: str) -> int:
    return main(["calibrate", "--model", "world/gpt2", "--task", "world/qa", "--out", str(out), *more])


@pytest.mark.usefixtures("bold")
def test_a_repaired_model_is_written_and_exits_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "home") == 0
    printed = capsys.readouterr().out
    assert "for world/gpt2, fitted on 600 items of world/qa (calibration split)." in printed
    assert "It may be used: that NLL is worse by at most 0.01 holds" in printed
    loaded = calibrators.load(tmp_path / "home")
    assert loaded.summary()["T"] == pytest.approx(3.0, rel=0.15)


@pytest.mark.usefixtures("bold")
def test_a_server_is_told_the_temperature_and_whose_it_is(tmp_path: Path) -> None:
    run(tmp_path)
    told = json.loads((tmp_path / "server.json").read_text(encoding="utf-8"))
    assert told["schema"] == 1
    assert told["temperature"] == calibrators.load(tmp_path).summary()["T"]
    assert (told["scale"], told["bias"]) == (None, None)
    assert (told["model"], told["revision"], told["data"]) == ("world/gpt2", "3f9c", "data of calibration")


@pytest.mark.usefixtures("bold")
def test_the_card_has_both_numbers_with_their_intervals_and_the_verdict(tmp_path: Path) -> None:
    run(tmp_path)
    card = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    before, after = answers("test", 1000, 3.0, 2), calibrators.load(tmp_path).transform(answers("test", 1000, 3.0, 2))
    for scores in (before, after):
        ece = scores.ece()
        assert f"{float(ece):.4f} [{ece.low:.4f}, {ece.high:.4f}]" in card
    assert "`data of calibration`" in card
    assert "It may be used" in card
    assert "`server.json` holds the numbers (schema 1)" in card


@pytest.mark.usefixtures("bold")
def test_a_calibrator_that_harms_exits_with_one_and_leaves_no_numbers_for_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path) == 0
    monkeypatch.setattr(calibrators, "create", lambda _: Worse())
    assert run(tmp_path, "--method", "worse") == 1
    printed = capsys.readouterr().out
    assert "It must not be used: that NLL is worse by at most 0.01 is refuted" in printed
    assert "There is no server.json: worse is no map of each option's logit" in printed
    assert not (tmp_path / "server.json").exists()
    assert "There is no server.json" in (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_too_few_items_to_say_exit_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = (answers("calibration", 30, 1.0, 1), answers("test", 30, 1.0, 2))
    monkeypatch.setattr(calibrate, "_scores", lambda *_: splits)
    assert run(tmp_path, "--margin", "0", "--by", "brier") == 1
    assert "Nobody can say yet: that Brier score is worse by at most 0 is undecided" in capsys.readouterr().out


def test_splits_that_share_items_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = answers("calibration", 300, 3.0, 1)
    monkeypatch.setattr(calibrate, "_scores", lambda *_: (both, both))
    assert run(tmp_path / "home") == 2
    assert "the calibration split and the test split of 'world/qa' share items" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--method", "magic"], "there is no calibrator 'magic'; known are "),
        (["--method", "contextual"], "contextual asks the model with prompts of its own"),
        (["--option", "spell=1"], "calibrator 'temperature': "),
        (["--margin", "-1"], "the margin for NLL is -1; allowed is zero or more"),
        (["--margin", "nan"], "the margin for NLL is nan; allowed is zero or more"),
    ],
)
@pytest.mark.usefixtures("bold")
def test_misuse_exits_with_two_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert run(tmp_path / "home", *more) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""
    assert not (tmp_path / "home").exists()


def test_a_task_without_a_calibration_split_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.jsonl").write_text('{"question": "Sky?", "choices": ["blue", "red"], "answer": 0}\n', "utf-8")
    (tmp_path / "one.toml").write_text('source = "one.jsonl"\ncalibration = 0\n', encoding="utf-8")
    asked = ["calibrate", "--model", "x", "--task", str(tmp_path / "one.toml"), "--out", str(tmp_path / "home")]
    assert main(asked) == 2
    assert "keeps no calibration split" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "read"), [("a=1", ("a", 1)), ("a=0.5", ("a", 0.5)), ("a=true", ("a", True)), ("a=b=c", ("a", "b=c"))]
)
def test_values_of_options_are_numbers_where_they_can_be(text: str, read: tuple[str, object]) -> None:
    assert calibrate._option(text) == read


@pytest.mark.parametrize("text", ["a", "=1", "a b=1"])
def test_an_option_without_key_and_value_is_a_usage_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        run(tmp_path, "--option", text)
    assert left.value.code == 2


def test_the_overfit_model_of_the_world_is_repaired(tmp_path: Path) -> None:
    asked = ["calibrate", "--model", "world/gpt2-overfit", "--task", "world/qa", "--device", "cpu", "--limit", "300"]
    assert main([*asked, "--out", str(tmp_path)]) == 0
    fitted_on = calibrators.load(tmp_path).fitted_on
    assert fitted_on is not None
    assert (fitted_on.model, fitted_on.split) == ("world/gpt2-overfit", "calibration")


def test_a_calibrator_of_another_confidence_is_written(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows, asked = [], []
    for number in range(800):
        odds = random.uniform(0.3, 1.0)
        said = "bees" if random.uniform() < odds else "wasps"
        rows.append({"id": str(number), "text": said, "token_log_probabilities": [float(np.log(odds))] * 2})
        asked.append({"id": str(number), "question": f"What hums {number}?", "answer": "bees"})
    for name, lines in (("said.jsonl", rows), ("asked.jsonl", asked)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (tmp_path / "t.toml").write_text(
        'source = "asked.jsonl"\nid = "id"\nreferences = "answer"\ncalibration = 0.5\n', encoding="utf-8"
    )
    command = ["calibrate", "--model", f"recorded:{tmp_path / 'said.jsonl'}", "--task", str(tmp_path / "t.toml")]
    command += ["--method", "platt", "--out", str(tmp_path / "home")]
    assert main([*command, "--confidence", "sequence_mean", "--margin", "0.1"]) == 0
    fitted_on = calibrators.load(tmp_path / "home").fitted_on
    assert fitted_on is not None
    assert fitted_on.confidence_method == "sequence_mean"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--confidence", "p_true"], "'p_true' is for answers that the model writes, and these items have choices"),
        (["--system", "Be brief."], "system is 'Be brief.', and only a chat template has a place for it"),
        (["--chat"], "chat"),
    ],
)
def test_what_is_said_of_prompts_and_confidence_reaches_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert run(tmp_path, "--device", "cpu", "--limit", "5", *more) == 2
    assert said in capsys.readouterr().err
