"""A model that answers from what is kept, and is loaded only for what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_llmcal.scoring.accelerator import SHARDED
from pytest_llmcal.scoring.at_once import answered
from pytest_llmcal.scoring.cache.asking import Asking
from pytest_llmcal.scoring.cache.chunks import chunks
from pytest_llmcal.scoring.cache.identity import Keys
from pytest_llmcal.scoring.cache.questioned import Questioned
from pytest_llmcal.scoring.cache.questions import Answer, Asked, Question, beside_others
from pytest_llmcal.scoring.protocol import IncompleteError, LogLikelihood, Model, ModelError, Progress, Request

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts
    from pytest_llmcal.scoring.cache.identity import Identity
    from pytest_llmcal.scoring.cache.store import Store
    from pytest_llmcal.tasks import Item


class CachedModel(Questioned):
    """A model whose answers are looked up first.

    What is not known is asked in chunks with fixed bounds, and each chunk is kept as soon as it is
    answered. Of a chunk that is known in part only the rest is asked: one new item among thousands costs
    one item. After a kill that makes no difference, since a chunk is kept whole or not at all and is
    looked up only when all before it are answered. So a run that goes on asks exactly what the
    undisturbed one would have asked from there.

    Parameters
    ----------
    store : Store
        Where answers are kept; closed with the model.
    identity : Identity
        What the answers depend on.
    load : callable
        Loads the model itself; called at the first question whose answer is not known.
    name, device : str
        What the model is called here, and the device that it is on here, with its number.
    in_float32 : callable, optional
        Gives the same model in float32.

    Attributes
    ----------
    before_loading : callable or None
        Called before the model itself is loaded, for instance to wait for a free GPU.

    Raises
    ------
    ModelError
        By every question: as the model itself; or the model was closed, or its files changed since the run began.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        load: Callable[[], Model],
        *,
        name: str,
        device: str,
        in_float32: Callable[[], CachedModel] | None = None,
    ) -> None:
        self.in_float32 = in_float32
        self.before_loading: Callable[[], object] | None = None
        self._store = store
        self._identity = identity
        self._digest = identity.digest
        self._load = load
        self._name, self._device = name, device
        self._model: Model | None = None
        self._known: ModelFacts | None = None
        self._closed = False

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size; loads the model where it was never loaded before."""
        if self._known is None:
            kept = self._store.facts(self._digest)
            if kept is None:
                kept = self._loaded().facts
            elif kept.name != self._name:
                self._store.rename(self._digest, replace(kept, name=self._name), self._identity.options)
            self._known = replace(kept, name=self._name, device=self._device)
        return self._known

    def encoded(self, items: Sequence[Item]) -> Any:
        """Return what the model itself returns: context and continuation in tokens, as they are weighed."""
        model: Any = self._loaded()
        return model.encoded(items)

    @contextmanager
    def lent(self) -> Iterator[tuple[Any, Any]]:
        """Lend ``transformers``' model and tokenizer, as the model itself does, and close this one with it."""
        model: Any = self._loaded()
        try:
            with model.lent() as lent:
                yield lent
        finally:
            self.close()

    def close(self) -> None:
        """Free the memory; the model cannot be used afterwards."""
        self._closed = True
        self._store.close()
        model, self._model = self._model, None
        if model is not None:
            model.close()

    def _weighing(self, requests: Sequence[Request]) -> Question[Request, LogLikelihood]:
        return beside_others(requests) if self._identity.cuts else super()._weighing(requests)

    def _answers(
        self, question: Question[Asked, Answer], asked: Sequence[Asked], progress: Progress | None
    ) -> list[Answer]:
        self._check_open()
        size = question.chunk_size(self.facts.parameters, self._identity.device)
        asking = Asking(question, Keys(self._digest, question.name), self._store, self._digest, len(asked), progress)
        lacking = asking.lacking(chunks(asked, size, question.item))
        first = next(lacking, None)
        if first is not None:  # else nothing is loaded
            try:
                for number, answers in answered(self._loaded(), question.ask, chain([first], lacking), asking.told):
                    asking.keep(number, answers)
            except IncompleteError as stopped:
                asking.keep_some(stopped.answers)
                raise
        return asking.answers()

    def _loaded(self) -> Model:
        self._check_open()
        if self._model is None:
            if self.before_loading is not None:
                self.before_loading()
            model = self._load()
            self._check_same(model)
            self._model = model
            self._store.keep_facts(self._digest, model.facts, self._identity.options)
        return self._model

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError(f"model {self._name!r} was closed; load it again")

    def _check_same(self, model: Model) -> None:
        """Raise where the model is not the one whose answers are kept under this identity."""
        found = model.facts
        for what, expected, came in (
            ("revision", self._identity.revision, found.revision),
            ("dtype", self._identity.dtype, found.dtype),
            ("device", self._identity.device, SHARDED if self._device == SHARDED else found.device.partition(":")[0]),
        ):
            if came != expected:
                model.close()
                raise ModelError(
                    f"model {self._name!r}: it was loaded with {what} {came!r}, and {expected!r} was found before; did "
                    f"its files change meanwhile?"
                )
