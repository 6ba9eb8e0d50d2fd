"""The benchmark for GPUs runs where there is none too, tiny and on the CPU, and counts what it says it counts."""

from __future__ import annotations

import re

import pytest

from benchmarks.scoring_gpu import SIZES, Seen, Shape, Work, common, line, main, operations, work_of


def test_it_runs_on_a_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cpu", "--sizes", "tiny", "--items", "6"]) == 0
    first, _, _, apart, behind = capsys.readouterr().out.splitlines()
    assert re.match(r"torch \S+ on the CPU: a product in torch.float32 runs at \S+ TFLOP/s", first)
    assert re.match(r"\| tiny \| apart \| [\d,]+ \| [\d,]+ \| [\d.]+% \| - \| - \|", apart)
    assert behind.startswith("| tiny | behind a prefix |")


def test_without_a_gpu_it_says_that_there_are_no_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("PyTorch finds no CUDA device here, so there are no figures")


ENCODED = [[((1, 2, 3), (4,)), ((1, 2, 3), (5, 6))], [((1, 2, 9), (4,))]]


def test_tokens_are_counted_once_however_many_choices_and_items_have_them() -> None:
    assert common(ENCODED) == 2
    # 1 2 once; 3 and 9; of the choices 5 alone is read. Scored: after 3, after 5, after 9.
    assert work_of(ENCODED, shared=2) == Work(tokens=5, scored=3, looks=1 + 2 + 3 + 4 + 3)
    assert work_of(ENCODED, shared=0) == Work(tokens=7, scored=3, looks=(1 + 2 + 3) * 2 + 4)


def test_operations_are_two_for_each_weight_and_token_and_what_attention_looks_at() -> None:
    shape = Shape(width=4, inner=8, layers=3, heads=2, key_heads=1, vocabulary=10)
    weights = 4 * 4 + 4 * 4 + 2 * 4 * 2 + 3 * 4 * 8
    assert operations(shape, Work(tokens=1, scored=0, looks=0)) == 2 * 3 * weights
    assert operations(shape, Work(tokens=0, scored=1, looks=0)) == 2 * 4 * 10
    assert operations(shape, Work(tokens=0, scored=0, looks=1)) == 3 * 2 * 2 * 4


@pytest.mark.parametrize(("size", "billions"), [("0.1", 0.11), ("1.5", 1.45), ("7", 6.74)])
def test_the_models_have_the_size_that_they_are_named_by(size: str, billions: float) -> None:
    shape = SIZES[size]
    weights = operations(shape, Work(1, 0, 0)) / 2 + shape.width * shape.vocabulary * (1 if size == "0.1" else 2)
    assert weights / 1e9 == pytest.approx(billions, abs=0.01)


def test_the_utilization_is_the_work_in_a_second_over_the_rate() -> None:
    seen = Seen("7", "apart", 100, Work(5_000, 10, 10), 2.0, 6e12, 15.5, 13.5, 0.25)
    assert line(seen, 12e12) == "| 7 | apart | 50 | 2,500 | 25.0% | 15.50 (13.50) | 25% |"
