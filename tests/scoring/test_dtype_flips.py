"""What a narrow number format changes is counted, against the same model in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.scoring import ModelError, dtype_flips, score
from pytest_llmcal.scoring.precision import SAMPLE, SAMPLE_OF_TEXTS, flips, is_narrow_on_cpu, sample_of
from pytest_llmcal.tasks import Items, Text

INFINITE = float("inf")


def test_answers_that_change_are_counted_and_the_largest_difference_is_that_of_any_choice() -> None:
    wide = Scores.from_logits([[-1.0, -2.0, -INFINITE], [-1.0, -1.5, -3.0], [-4.0, -1.0, -2.0]], [0, 0, 1])
    narrow = Scores.from_logits([[-1.5, -2.0, -INFINITE], [-1.3, -1.25, -3.0], [-4.0, -1.0, -2.75]], [0, 0, 1])
    found = flips("bfloat16", narrow, wide)
    assert (found.answers, found.flips, found.largest) == (3, 1, 0.75)
    assert str(found) == (
        "bfloat16 beside float32, on a sample: another answer is chosen in 1 of 3, "
        "and a log-likelihood differs by up to 0.75"
    )


def test_of_running_text_tokens_that_become_right_or_wrong_are_counted() -> None:
    found = flips("float16", Scores([0.5, 0.25, 0.75], [1, 0, 0]), Scores([0.5, 0.5, 0.75], [1, 1, 0]))
    assert (found.answers, found.flips, found.largest) == (3, 1, 0.25)
    assert "right and wrong are exchanged in 1 of 3, and a confidence differs by up to 0.25" in str(found)


def test_the_sample_is_the_same_each_time_and_does_not_hang_on_the_order() -> None:
    items = load_task("world/qa", limit=300).test
    drawn = sample_of(items)
    assert len(drawn) == SAMPLE
    assert drawn == sample_of(Items(items.task, items.split, tuple(reversed(items.items))))
    assert drawn.items != items.items[:SAMPLE]
    assert len(sample_of(items, 5)) == 5
    texts = Items("texts", "test", tuple(Text(str(number), "who") for number in range(20)))
    assert len(sample_of(texts)) == SAMPLE_OF_TEXTS


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_embedded_model_is_compared_with_itself_in_float32(dtype: str) -> None:
    items = load_task("world/qa", limit=40).test
    model = load_model("world/gpt2-overfit", device="cpu", dtype=dtype)
    assert is_narrow_on_cpu(model)
    found = dtype_flips(model, items, sample=40)
    narrow, wide = (
        score(one, items, progress=False).choices for one in (model, load_model("world/gpt2-overfit", device="cpu"))
    )
    assert narrow is not None
    assert wide is not None
    assert found.dtype == dtype
    assert found.flips == np.sum(narrow.chosen != wide.chosen)
    offered = np.isfinite(narrow.values)
    assert found.largest == pytest.approx(np.abs(narrow.values[offered] - wide.values[offered]).max(), abs=1e-6)
    assert 0 < found.largest < 1


def test_float32_is_no_narrow_format_and_changes_nothing() -> None:
    model = load_model("world/gpt2", device="cpu")
    assert not is_narrow_on_cpu(model)
    found = dtype_flips(model, load_task("world/qa", limit=10))
    assert (found.flips, found.largest) == (0, 0.0)


def test_a_model_that_cannot_be_loaded_in_float32_is_an_error() -> None:
    class Other:
        facts = load_model("world/gpt2", device="cpu").facts

    other: Any = Other()
    with pytest.raises(ModelError, match="model 'world/gpt2' cannot be loaded in float32 to compare with"):
        dtype_flips(other, load_task("world/qa", limit=10))


def test_an_empty_sample_is_an_error() -> None:
    with pytest.raises(ModelError, match="sample is 0; allowed is 1 or more"):
        dtype_flips(load_model("world/gpt2", device="cpu"), load_task("world/qa", limit=10), sample=0)
