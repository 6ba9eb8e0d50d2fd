"""What is packed together or shared on a GPU comes out as if each request were asked by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal import load_model
from tests.gpu.asking import FAMILIES, largest_difference, one_by_one, random_model, requests, shared_prefix

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("batch_tokens", [64, 4096, None])
@pytest.mark.parametrize("family", FAMILIES)
def test_requests_asked_together_are_answered_as_those_asked_alone(
    family: str, batch_tokens: int | None, cuda: str, tmp_path: Path
) -> None:
    model = load_model(random_model(family, tmp_path), device=cuda, dtype="float32", batch_tokens=batch_tokens)
    asked = shared_prefix()
    assert largest_difference(model.log_likelihoods(asked), one_by_one(model, asked)) < 1e-4


def test_their_order_does_not_matter(cuda: str) -> None:
    model = load_model("world/gpt2", device=cuda, dtype="float32")
    asked = requests(limit=100)
    backwards = list(reversed(model.log_likelihoods(asked[::-1])))
    assert largest_difference(model.log_likelihoods(asked), backwards) < 1e-4
