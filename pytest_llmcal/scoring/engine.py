"""The scoring engine: plans what is asked, runs it on the fastest path that can be trusted, gathers the answers."""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.devices import input_device
from pytest_llmcal.scoring.kernels.attention import CannotPackError
from pytest_llmcal.scoring.kernels.packed import PackedForward, alone_beyond, why_not_packed, window_of
from pytest_llmcal.scoring.kernels.plain import PlainForward
from pytest_llmcal.scoring.kernels.reading import Answers
from pytest_llmcal.scoring.kernels.weights import PackedWeights, can_pack, hold_on_to_memory
from pytest_llmcal.scoring.plan import Branch, Costs, Pair, Row, branch_of_pairs, rows_of_pairs
from pytest_llmcal.scoring.running import Running, Tell
from pytest_llmcal.scoring.tokens import Tokens
from pytest_llmcal.scoring.trust import plain_answers, probes, tolerance_of, worst_difference

KEPT_MEMORY = {"cpu": 512 * 2**20, "cuda": 2 * 2**30, "mps": 512 * 2**20}
"""Bytes of keys and values of shared beginnings that are kept at one time, by kind of device."""


class PathWarning(UserWarning):
    """A model gave other answers on the packed path than on the plain one, which is used instead."""


class Engine:
    """Answers questions about tokens with one model.

    Parameters
    ----------
    network : transformers.PreTrainedModel
        A causal language model in evaluation mode, on its device.
    batch_tokens : int
        Most tokens of a batch.
    packing : bool
        Whether the packed path may be taken.
    sharing : bool
        Whether the keys and values of shared beginnings may be kept there.
    """

    def __init__(self, network: Any, batch_tokens: int, *, packing: bool = True, sharing: bool = True) -> None:
        self._network = network
        self._budget = Budget(batch_tokens)
        self._plain = PlainForward(network)
        self._packed: PackedForward | None = None
        self._weights: PackedWeights | None = None
        self._sharing = sharing
        self._window = window_of(network.config)
        self._alone_beyond = alone_beyond(network.config.get_text_config())
        self._why_plain = why_not_packed(network) if packing else "packing was turned off"
        self._untold: str | None = None

    @property
    def network(self) -> Any:
        """The model, its weights perhaps where they are read fastest."""
        return self._network

    def settled(self, texts: Sequence[Tokens]) -> Any:
        """Return the model, its weights for good where texts like these are read fastest.

        Other places of weights round otherwise: without this, what a model writes would hang on whether it was asked
        for log-likelihoods before.

        Parameters
        ----------
        texts : sequence of tuple of int
            Token ids, at least one in each.
        """
        short = [tokens for tokens in texts if self._is_within(len(tokens))]
        if short:
            self._decide([(tokens[:1], tokens[1:] or tokens) for tokens in short])
        return self._network

    @property
    def path(self) -> str:
        """What answers: ``"packed"``, ``"plain: "`` with the reason, or ``"undecided"`` before the first question."""
        if self._why_plain is not None:
            return f"plain: {self._why_plain}"
        return "undecided" if self._packed is None else "packed"

    def free(self) -> None:
        """Let go of the model and of what the device kept for it."""
        on_cuda = any(weight.is_cuda for weight in self._network.parameters())
        self._weights = None
        del self._network, self._plain, self._packed
        gc.collect()
        if on_cuda:
            torch.cuda.empty_cache()

    def as_it_was(self) -> Any:
        """Give the model back as ``transformers`` made it, its weights where they were."""
        self._packed = None  # found anew, should there be another question
        if self._weights is not None:
            self._weights.put_back()
            self._weights = None
        return self._network

    def pairs(self, pairs: Sequence[Pair], tell: Tell | None = None) -> list[list[float]]:
        """Weigh continuations after contexts.

        Parameters
        ----------
        pairs : sequence of (context, continuation)
            Token ids, at least one in each.
        tell : callable, optional

        Returns
        -------
        list of list of float
            For each continuation the natural logarithm of each token's probability.
        """
        found: list[list[float]] = [[] for _ in pairs]
        within = [self._is_within(len(context) + len(continuation) - 1) for context, continuation in pairs]
        for packing in (True, False):
            chosen = [number for number, short in enumerate(within) if short is packing]
            weighed = self._weigh([pairs[number] for number in chosen], tell, packing=packing)
            for number, own in zip(chosen, weighed, strict=True):
                found[number] = own
        return found

    def rows(self, rows: Sequence[Row], questions: int, tell: Tell | None = None) -> Answers:
        """Answer the questions of rows that do not branch.

        Parameters
        ----------
        rows : sequence of Row
        questions : int
            Their number.
        tell : callable, optional
        """
        answers = Answers.to(questions)
        short = [row for row in rows if self._is_within(len(row.tokens))]
        if short:
            self._decide([(row.tokens[:1], row.tokens[1:] or row.tokens) for row in short])
        if self._packed is None:
            self._run_plain(rows, answers, tell)
        else:
            self._run_packed(self._packed, Branch(rows=short), answers, tell)
            self._run_plain([row for row in rows if not self._is_within(len(row.tokens))], answers, tell)
        return answers

    def _weigh(self, pairs: Sequence[Pair], tell: Tell | None, *, packing: bool) -> list[list[float]]:
        if not pairs:
            return []
        ends = np.cumsum([len(continuation) for _, continuation in pairs])
        answers = Answers.to(int(ends[-1]))
        if packing:
            self._decide(pairs)
        if packing and self._packed is not None:
            self._run_packed(self._packed, branch_of_pairs(pairs, self._costs()), answers, tell)
        else:
            self._run_plain(rows_of_pairs(pairs), answers, tell)
        return [part.tolist() for part in np.split(answers.own, ends[:-1])]

    def _run_plain(self, rows: Sequence[Row], answers: Answers, tell: Tell | None) -> None:
        if self._untold is not None:
            told, self._untold = self._untold, None
            warnings.warn(f"the model is run on the plain path, which is slower: {told}", PathWarning, stacklevel=2)
        together = math.inf if self._alone_beyond is None else self._alone_beyond
        short = [row for row in rows if len(row.tokens) <= together]
        long = [row for row in rows if len(row.tokens) > together]
        for part, budget in ((short, self._budget), (long, Budget(1))):  # the long ones one row at a time
            running = Running(budget, answers, tell)
            running.plain(self._plain, part)
            running.finish()

    def _run_packed(self, forward: PackedForward, branch: Branch, answers: Answers, tell: Tell | None) -> None:
        running = Running(self._budget, answers, tell)
        with forward.in_place():
            running.packed(forward, branch)
        running.finish()

    def _is_within(self, tokens: int) -> bool:
        """Whether every layer sees all of a text of so many tokens, which the packed path takes for granted."""
        return self._window is None or tokens <= self._window

    def _costs(self) -> Costs:
        config = self._network.config.get_text_config()
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        token = 2 * config.num_hidden_layers * heads * width * self._network.dtype.itemsize
        most = KEPT_MEMORY[input_device(self._network).type] // token if self._sharing else 0
        tokens = self._budget.tokens
        return Costs(3 * config.hidden_size, most_row=min(1_024, tokens), most_prefix=most, least_behind=tokens // 16)

    def _decide(self, pairs: Sequence[Pair]) -> None:
        """Find out, once for a model, whether the packed path gives the plain one's answers."""
        if self._packed is not None or self._why_plain is not None:
            return
        asked = probes(pairs)
        truth = plain_answers(self._plain, asked)
        tolerance = tolerance_of(self._network, truth, plain_answers(self._plain, asked, budget=1))
        reason = ""
        for blocked, pruned in ((True, True), (True, False), (False, False)):  # with less and less that makes it fast
            reason = self._tried(asked, truth, tolerance, blocked=blocked, pruned=pruned)
            if not reason or self._why_plain is not None:
                return
        self._why_plain = self._untold = reason

    def _tried(self, asked: Sequence[Pair], truth: np.ndarray, tolerance: float, *, blocked: bool, pruned: bool) -> str:
        """Try the packed path, and take it if its answers are right; return why not, or nothing."""
        try:
            forward = self._prepared(asked, blocked=blocked, pruned=pruned)
            with forward.in_place():
                apart = worst_difference(forward, asked, truth, self._costs())
            if apart <= tolerance:
                self._packed = forward
                return ""
            return f"answers of the packed one were off by {apart:.3g}, where rounding explains {tolerance:.1g}"
        except CannotPackError as error:
            self._why_plain = str(error)
            return str(error)
        except Exception as error:  # models raise what they please, and each can be run plainly
            return f"the packed one fails: {str(error).strip().partition(chr(10))[0] or type(error).__name__}"
        finally:
            if self._packed is None:
                self.as_it_was()

    def _prepared(self, asked: Sequence[Pair], *, blocked: bool, pruned: bool) -> PackedForward:
        if blocked and can_pack(self._network):
            self._weights = PackedWeights(self._network)
            hold_on_to_memory()
        forward = PackedForward(self._network)
        with forward.in_place():
            forward.look(rows_of_pairs(asked)[:1], prune=pruned)
        return forward
