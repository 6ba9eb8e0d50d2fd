"""A student learns its teacher's probabilities, and becomes a model like any other."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import rel_entr

from pytest_llmcal import Scores, calibrators, load_model
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.calibrators.distillation import distill
from pytest_llmcal.calibrators.distillation.divergence import collate, divergence
from pytest_llmcal.calibrators.distillation.lessons import lessons
from pytest_llmcal.calibrators.distillation.teachers import probabilities_by_id
from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.tasks import Item, Items, Task, Text

FAST: dict[str, Any] = {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "lora": False}


def mean_divergence(folder: Path, items: Items, teacher: Scores) -> float:
    """KL(teacher || student) from what the scorer says, with SciPy."""
    _, student = probabilities_by_id(score(load_model(folder, device="cpu"), items, progress=False), "a student")
    _, wanted = probabilities_by_id(teacher, "a teacher")
    return float(rel_entr(wanted, student).sum(axis=1).mean())


@pytest.fixture(scope="module")
def made(student_folder: Path, items: Items, teacher: Scores, tmp_path_factory: pytest.TempPathFactory) -> Path:
    student = load_model(student_folder, device="cpu")
    return distill(student, items, teacher, output=tmp_path_factory.mktemp("made") / "one", **FAST)


def test_the_student_comes_nearer_to_its_teacher(
    made: Path, student_folder: Path, items: Items, teacher: Scores
) -> None:
    assert mean_divergence(made, items, teacher) < 0.7 * mean_divergence(student_folder, items, teacher)


def test_the_loss_is_the_divergence_of_what_the_scorer_says(
    student_folder: Path, items: Items, teacher: Scores
) -> None:
    student = load_model(student_folder, device="cpu")
    read = lessons(student, [(items, teacher)])
    with student.lent() as (network, _), torch.no_grad():
        loss = divergence(network, collate(read), positions=True).item()
    assert loss == pytest.approx(mean_divergence(student_folder, items, teacher), abs=1e-5)


def test_a_choice_of_no_probability_leaves_the_gradient_a_number(student_folder: Path, items: Items) -> None:
    odds = np.zeros((2, 6))
    odds[:, 0] = 1.0
    pair = [item for item in items if isinstance(item, Item)][:2]
    sure = Scores.from_probabilities(odds, [item.answer for item in pair], ids=[item.id for item in pair])
    student = load_model(student_folder, device="cpu")
    read = lessons(student, [(items[:2], sure)])
    with student.lent() as (network, _):
        divergence(network, collate(read), positions=True).backward()
        assert all(torch.isfinite(weight.grad).all() for weight in network.parameters() if weight.grad is not None)
        assert any(weight.grad is not None for weight in network.parameters())


def test_the_same_seed_gives_the_same_weights(
    made: Path, student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    again = distill(load_model(student_folder, device="cpu"), items, teacher, output=tmp_path / "again", **FAST)
    other = distill(load_model(student_folder, device="cpu"), items, teacher, output=tmp_path / "other", seed=1, **FAST)
    weights = (made / "model.safetensors").read_bytes()
    assert (again / "model.safetensors").read_bytes() == weights
    assert (other / "model.safetensors").read_bytes() != weights


def test_right_answers_are_not_looked_at(
    made: Path, student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    from dataclasses import replace

    unknown = Items(items.task, "unlabelled", tuple(replace(item, answer=0) for item in items))  # type: ignore[type-var]
    _, odds = probabilities_by_id(teacher, "a teacher")
    unlabelled = Scores.from_probabilities(odds, [0] * len(items), ids=teacher.ids)
    student = load_model(student_folder, device="cpu")
    blind = distill(student, unknown, unlabelled, output=tmp_path / "blind", **FAST)
    assert (blind / "model.safetensors").read_bytes() == (made / "model.safetensors").read_bytes()


def test_nothing_is_printed_and_no_generator_is_moved(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student = load_model(student_folder, device="cpu")
    capsys.readouterr()
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    expected = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    steps: list[tuple[int, int]] = []
    options = FAST | {"epochs": 1, "progress": lambda done, total: steps.append((done, total))}
    distill(student, items, teacher, output=tmp_path / "quiet", **options)
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])  # noqa: NPY002
    printed = capsys.readouterr()
    assert printed.out == printed.err == ""
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_the_student_is_closed_for_it_is_no_longer_the_model_of_its_name(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    student = load_model(student_folder, device="cpu")
    distill(student, items, teacher, output=tmp_path / "one", **FAST | {"epochs": 1})
    with pytest.raises(ModelError, match="was closed; load it again"):
        score(student, items, progress=False)


def test_the_folder_says_what_was_taught(made: Path, items: Items) -> None:
    source = json.loads((made / "distillation.json").read_text(encoding="utf-8"))
    assert source["taught"][0]["task"] == "world/translation"
    assert source["taught"][0]["split"] == "calibration"
    assert source["taught"][0]["data"] == items.fingerprint
    assert source["course"] == {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "seed": 0}
    divergences = source["divergence_by_epoch"]
    assert len(divergences) == 4
    assert divergences[-1] < divergences[0]


def test_adapters_are_merged_into_a_plain_model(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    pytest.importorskip("peft", reason="low-rank adapters need peft, which is not installed")
    student = load_model(student_folder, device="cpu")
    adapted = distill(student, items, teacher, output=tmp_path / "lora", **FAST | {"lora": True, "learning_rate": 1e-2})
    assert not list(adapted.glob("adapter*"))
    assert mean_divergence(adapted, items, teacher) < 0.9 * mean_divergence(student_folder, items, teacher)


def refused(student_folder: Path, asked: Any, teacher: Any, output: Path, **options: Any) -> str:
    with pytest.raises(CalibratorError) as refusal:
        distill(load_model(student_folder, device="cpu"), asked, teacher, output=output, **FAST | options)
    assert not (output / "config.json").exists()
    return str(refusal.value)


def test_the_test_split_is_refused_unless_that_is_asked_for(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    judged = Items(items.task, "test", items.items)
    assert "cannot be judged on it" in refused(student_folder, judged, teacher, tmp_path / "one")
    student = load_model(student_folder, device="cpu")
    distill(student, judged, teacher, output=tmp_path / "one", allow_test=True, **FAST | {"epochs": 1})


def test_of_a_task_the_calibration_split_is_taught(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    test = Items(items.task, "test", items.items[20:])
    without = Task("mine", None, test, "here")
    assert "task 'mine' keeps no calibration split" in refused(student_folder, without, teacher, tmp_path / "one")
    mixed = Task("mine", items, test, "here")
    message = refused(student_folder, mixed, teacher, tmp_path / "one")
    assert message == f"task 'mine': item '{items[20].id}' is in its calibration and its test split"
    clean = Task("mine", items[:20], test, "here")
    student = load_model(student_folder, device="cpu")
    made = distill(student, clean, teacher, output=tmp_path / "one", **FAST | {"epochs": 1})
    assert json.loads((made / "distillation.json").read_text())["taught"][0]["items"] == 20


def test_a_teacher_of_other_items_is_refused(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    message = refused(student_folder, items, teacher._take(np.arange(20)), tmp_path / "one")
    assert message == f"task 'world/translation': the teacher says nothing of item '{items[20].id}'"


def test_a_teacher_of_other_choices_is_refused(student_folder: Path, items: Items, tmp_path: Path) -> None:
    questions = [item for item in items if isinstance(item, Item)]
    ids = [item.id for item in questions]
    labels = [item.answer for item in questions]
    wide = Scores.from_probabilities(np.full((24, 8), 0.125), labels, ids=ids)
    narrow = Scores.from_probabilities(np.full((24, 2), 0.5), [min(label, 1) for label in labels], ids=ids)
    turned = Scores.from_logits(np.zeros((24, 6)), [(label + 1) % 6 for label in labels], ids=ids)
    for teacher in (wide, narrow, turned):
        assert "with other choices, or in another order" in refused(student_folder, items, teacher, tmp_path / "one")


def test_a_teacher_without_choices_or_ids_is_refused(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    assert "one confidence per item" in refused(student_folder, items, teacher.top_label(), tmp_path / "one")
    nameless = Scores.from_logits(np.zeros((24, 2)), [0] * 24)
    assert "by id, and" in refused(student_folder, items, nameless, tmp_path / "one")


def test_each_task_needs_its_teacher(student_folder: Path, items: Items, teacher: Scores, tmp_path: Path) -> None:
    message = refused(student_folder, [items, items], teacher, tmp_path / "one")
    assert message == "each task needs the scores of its teacher: got 2 tasks and 1 scores"


def test_running_text_is_refused(student_folder: Path, teacher: Scores, tmp_path: Path) -> None:
    texts = Items("prose", "calibration", (Text("one", "Some text."),))
    assert "task 'prose' is running text" in refused(student_folder, texts, teacher, tmp_path / "one")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number of at least 1, got 1.5"),
        ({"batch_size": True}, "batch_size must be a whole number of at least 1, got True"),
        ({"learning_rate": 0.0}, "learning_rate must be a number above 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number above 0, got nan"),
        ({"lora": "maybe"}, "lora is 'maybe'; allowed are True, False and 'auto'"),
    ],
)
def test_an_option_out_of_range_is_named(
    options: dict[str, Any], text: str, student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    assert refused(student_folder, items, teacher, tmp_path / "one", **options) == text


def test_a_folder_in_use_is_left_alone(student_folder: Path, items: Items, teacher: Scores, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    assert "is there already" in refused(student_folder, items, teacher, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_training_that_breaks_down_says_so(student_folder: Path, items: Items, teacher: Scores, tmp_path: Path) -> None:
    message = refused(student_folder, items, teacher, tmp_path / "one", learning_rate=1e30, epochs=8)
    assert "the divergence from the teacher is nan; a lower learning_rate than 1e+30 may help" in message


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_all_weights_are_not_trained_in_half_precision(
    dtype: str, student_folder: Path, items: Items, teacher: Scores, tmp_path: Path
) -> None:
    student = load_model(student_folder, device="cpu", dtype=dtype)
    with pytest.raises(CalibratorError, match=f"lost in the rounding of {dtype}; load it with"):
        distill(student, items, teacher, output=tmp_path / "one", **FAST)


def test_what_cannot_be_trained_is_refused(items: Items, teacher: Scores, tmp_path: Path) -> None:
    with pytest.raises(CalibratorError, match="cannot be trained; a student is what load_model gives"):
        distill("world/gpt2", items, teacher, output=tmp_path / "one", **FAST)  # type: ignore[arg-type]


def test_a_missing_accelerate_is_named(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["pytest_llmcal.calibrators.distillation.distill"], "find_spec", lambda _: None)
    assert 'pip install "pytest-llmcal[train]"' in refused(student_folder, items, teacher, tmp_path / "one")


def test_a_missing_peft_is_named_or_done_without(
    student_folder: Path, items: Items, teacher: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys.modules["pytest_llmcal.calibrators.distillation.lora"],
        "find_spec",
        lambda name: None if name == "peft" else find_spec(name),
    )
    message = refused(student_folder, items, teacher, tmp_path / "one", lora=True)
    assert message == "lora=True needs the package peft (pip install peft); without it, all weights can be trained"
    student = load_model(student_folder, device="cpu")
    made = distill(student, items, teacher, output=tmp_path / "one", **FAST | {"lora": "auto", "epochs": 1})
    assert json.loads((made / "distillation.json").read_text())["lora"] is False


def test_the_registry_of_calibrators_points_the_way() -> None:
    with pytest.raises(CalibratorError, match=r"makes a model, no map of scores: see .*distill"):
        calibrators.create("distillation")
    assert "distillation" not in calibrators.names()


def test_calibrators_are_known_without_torch() -> None:
    import subprocess

    program = (
        "import sys; from pytest_llmcal import calibrators; calibrators.names(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
