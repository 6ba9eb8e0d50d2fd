"""A model that says again what was written down: answers of a system that is not here to be asked."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    LogLikelihood,
    ModelError,
    NextToken,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.tasks import OpenItem, TaskError
from pytest_llmcal.tasks.rows import Row, read_file

RECORDED = "recorded:"
"""How the name of such a model begins; behind it stands the file."""

_OF_TEXTS = ("text", "token_log_probabilities", "finish_reason")
_REASONS: dict[Any, Literal["stop", "length"]] = {None: "stop", "stop": "stop", "length": "length"}


class RecordedModel:
    """Replays a file of answers; `load_model` gives it for ``"recorded:answers.jsonl"``.

    Each row has an ``id`` or a ``prompt``, or both, and what was answered: ``text``, the answer itself, perhaps with
    ``token_log_probabilities`` (natural logarithms, one for each of its tokens) and ``finish_reason`` (``"stop"``, or
    ``"length"`` where it was cut off); and ``samples``, answers drawn at a temperature, each a text or an object with
    the same three keys. Further columns are passed over.

    A prompt is found by its item's id, and where no row has that, by its text. A row with both answers that prompt
    alone, so that one id may stand for several; one without a prompt answers the item's own prompt, or where a prompt
    is asked without its item, the first that its id is asked with.
    Answers are given as they are, whatever length, stop texts, temperature or seed are asked for; a prompt, a number of
    samples or a kind of answer that was not recorded is refused.

    Parameters
    ----------
    path : str or Path
        A JSON Lines or JSON file, ``.gz`` or not.
    name : str, optional
        What the model is called; by default ``"recorded:"`` and the path.

    Raises
    ------
    ModelError
        The file is not there or not usable; the text names line and column.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self._path = Path(path)
        try:
            self._answers = _answers(read_file(self._path))
            content = self._path.read_bytes()
        except TaskError as error:
            raise ModelError(str(error)) from None
        self._by_prompt = _by_prompt(self._answers)
        self._asked: dict[str, str] = {}
        self.facts = ModelFacts(
            name=name or f"{RECORDED}{path}",
            revision=hashlib.sha256(content).hexdigest()[:16],
            dtype="as recorded",
            device="no device",
        )

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Give the texts that were recorded, in the order given; those drawn at a temperature above 0 are the samples.

        Raises
        ------
        ModelError
            A prompt was not recorded, or less of it than is asked for.
        """
        pairs = prompts_of(prompts)
        # an item brings its own prompt; a bare one may be the first question about it or a second
        self._asked |= {prompt.id: prompt.prompt for prompt in prompts if isinstance(prompt, OpenItem)}
        found = [self._texts(prompt_id, prompt, options) for prompt_id, prompt in pairs]
        if progress is not None:
            progress(len(pairs) * options.samples, len(pairs) * options.samples)
        return found

    def log_likelihoods(
        self,
        requests: Sequence[Request],
        progress: Progress | None = None,  # noqa: ARG002  # the protocol's
    ) -> list[LogLikelihood]:
        """Refuse: what the model thinks of other texts than its own was not recorded."""
        for request in requests:
            self._refuse(request.item, f"how likely {request.continuation!r} is")
        return []

    def next_tokens(
        self,
        texts: Sequence[tuple[str, str]],
        progress: Progress | None = None,  # noqa: ARG002  # the protocol's
    ) -> list[Sequence[NextToken]]:
        """Refuse: guesses of next tokens were not recorded."""
        for text_id, _ in texts:
            self._refuse(text_id, "guesses of next tokens")
        return []

    def close(self) -> None:
        """Do nothing: there is little to free."""

    def _texts(self, prompt_id: str, prompt: str, options: GenerationOptions) -> list[Generation]:
        row = self._row(prompt_id, prompt)
        if options.temperature == 0:
            if row.text is None:
                self._refuse(prompt_id, "a text that was not drawn (column 'text')")
            return [row.text]
        if len(row.samples) < options.samples:
            self._refuse(prompt_id, f"{options.samples} samples; {len(row.samples)} were recorded")
        return row.samples[: options.samples]

    def _row(self, prompt_id: str, prompt: str) -> _Answer:
        if (prompt_id, prompt) in self._answers:
            return self._answers[prompt_id, prompt]
        # a method may ask a second question about an item: what was recorded is no answer to that
        if (prompt_id, None) in self._answers and self._asked.setdefault(prompt_id, prompt) == prompt:
            return self._answers[prompt_id, None]
        found = self._by_prompt.get(prompt, ())
        if len(found) == 1:
            return found[0]
        if (prompt_id, None) in self._answers:
            raise ModelError(
                f"item {prompt_id!r}: the row of this id in {self._path} has no prompt, so it answers the item's own, "
                f"{_end(self._asked[prompt_id])!r}, and none of another, which is {_end(prompt)!r}; record that with "
                f"columns id and prompt"
            )
        which = f"{len(found)} rows have" if found else "no row has"
        raise ModelError(
            f"item {prompt_id!r}: {self._path} has no row of this id and prompt, and {which} "
            f"the prompt {_end(prompt)!r}"
        )

    def _refuse(self, prompt_id: str, what: str) -> NoReturn:
        raise ModelError(f"item {prompt_id!r}: {self._path} cannot answer what was not recorded: {what}")


@dataclass(frozen=True)
class _Answer:
    """What one row says: the answer, and those that were drawn."""

    text: Generation | None
    samples: list[Generation]


def _answers(rows: Sequence[Row]) -> dict[tuple[str | None, str | None], _Answer]:
    found: dict[tuple[str | None, str | None], _Answer] = {}
    for row in rows:
        key = _key(row)
        if key in found:
            row.refuse("prompt" if key[0] is None else "id", "an earlier row answers the same; one row for each prompt")
        found[key] = _answer(row)
    return found


def _by_prompt(answers: Mapping[tuple[str | None, str | None], _Answer]) -> dict[str, list[_Answer]]:
    found: dict[str, list[_Answer]] = {}
    for (_, prompt), answer in answers.items():
        if prompt is not None:
            found.setdefault(prompt, []).append(answer)
    return found


def _answer(row: Row) -> _Answer:
    text = {column: row.values[column] for column in _OF_TEXTS if column in row.values}
    samples = row.values.get("samples") or []
    if not isinstance(samples, list):
        row.refuse("samples", f"a list of texts is needed, it is {samples!r}")
    drawn = [_generation(row, "samples", each if isinstance(each, dict) else {"text": each}) for each in samples]
    if text.get("text") is None:
        if not drawn:
            row.refuse("text", "an answer is needed, here or in the column 'samples'")
        return _Answer(None, drawn)
    return _Answer(_generation(row, "text", text), drawn)


def _key(row: Row) -> tuple[str | None, str | None]:
    row_id, prompt = row.values.get("id"), row.values.get("prompt")
    if row_id is None and prompt is None:
        row.refuse("id", "an id or a prompt is needed, to know which item was answered")
    if isinstance(row_id, (list, dict)):
        row.refuse("id", f"an id is a text or a number, it is {row_id!r}")
    if prompt is not None and not isinstance(prompt, str):
        row.refuse("prompt", f"a prompt is a text, it is {prompt!r}")
    return None if row_id is None else str(row_id), prompt


def _generation(row: Row, column: str, given: dict[str, Any]) -> Generation:
    unknown = sorted(set(given) - set(_OF_TEXTS))
    if unknown:
        row.refuse(column, f"a sample has the key {unknown[0]!r}; known are {', '.join(_OF_TEXTS)}")
    text, reason = given.get("text"), _REASONS.get(given.get("finish_reason"))
    if not isinstance(text, str):
        row.refuse(column, f"an answer is a text, it is {text!r}")
    if reason is None:
        row.refuse("finish_reason", f"it is {given['finish_reason']!r}; allowed are 'stop' and 'length'")
    return Generation(text, (), _log_probabilities(row, given.get("token_log_probabilities")), reason)


def _log_probabilities(row: Row, given: object) -> tuple[float, ...]:
    """Log-probabilities of an answer's tokens; none where they were not recorded."""
    if given is None:
        return ()
    column = "token_log_probabilities"
    if not isinstance(given, list) or not given:
        row.refuse(column, f"a list of at least one number is needed, it is {given!r}")
    for each in given:
        if isinstance(each, bool) or not isinstance(each, (int, float)) or not -math.inf < each <= 0:
            row.refuse(column, f"a logarithm of a probability is a finite number up to 0, one is {each!r}")
    return tuple(float(each) for each in given)


def _end(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"...{text[-most:]}"
