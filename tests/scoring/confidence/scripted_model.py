"""A model that writes what it was told to, and notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError, Progress, Prompts


def written(text: str, *log_probabilities: float, finish_reason: str = "stop") -> Generation:
    logs = log_probabilities or (-1.0,)
    return Generation(text, tuple(range(len(logs))), logs, finish_reason)  # type: ignore[arg-type]


class ScriptedModel:
    """Greedy texts and samples by the item's id; a function of the prompt writes what is in neither."""

    facts = ModelFacts("scripted", "r1", "float32", "cpu")

    def __init__(
        self,
        *,
        greedy: Mapping[str, Generation] | None = None,
        samples: Mapping[str, Sequence[Generation]] | None = None,
        replies: Callable[[str], Generation] | None = None,
    ) -> None:
        self._greedy, self._samples, self._replies = greedy or {}, samples or {}, replies
        self.asked: list[tuple[list[tuple[str, str]], GenerationOptions]] = []

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        pairs = prompts_of(prompts)
        self.asked.append((pairs, options))
        if progress is not None:
            progress(len(pairs) * options.samples, len(pairs) * options.samples)
        return [self._of(prompt_id, text, options) for prompt_id, text in pairs]

    def _of(self, prompt_id: str, text: str, options: GenerationOptions) -> list[Generation]:
        if options.samples > 1:
            return list(self._samples[prompt_id][: options.samples])
        if self._replies is None or (len(self.asked) == 1 and prompt_id in self._greedy):
            return [self._greedy[prompt_id]]
        return [self._replies(text)]

    def log_likelihoods(self, requests, progress=None):  # noqa: ARG002  # the protocol's
        raise ModelError("not scripted")

    def next_tokens(self, texts, progress=None):  # noqa: ARG002  # the protocol's
        raise ModelError("not scripted")

    def close(self) -> None:
        pass
