"""Answer sets that hold the right choice with a promised probability: split conformal prediction."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.fitted import Fitted, Learnt
from pytest_llmcal.calibrators.of_choices import choices_of, refuse_impossible
from pytest_llmcal.calibrators.options import (
    checked_amount,
    checked_choice,
    checked_count,
    checked_share,
    checked_switch,
)
from pytest_llmcal.metrics import conformal
from pytest_llmcal.scores import AnswerSets, Scores
from pytest_llmcal.statistics.clusters import members_of
from pytest_llmcal.statistics.conformal import conformal_threshold

Method = Literal["lac", "aps", "raps"]
_METHODS = ("lac", "aps", "raps")


class ConformalSets(Fitted):
    r"""Give each item the set of its choices that are not too strange: a share ``coverage`` holds the right one.

    Split conformal prediction: of n calibration items the :math:`\lceil (n + 1) c \rceil`-th smallest score of a right
    choice is the threshold, and a set holds every choice up to it. The right choice of a new item is in its
    set with probability at least c, on average over calibration splits, and at most c + 1 / (n + 1) where no two
    scores are equal. Nothing is assumed of the model but that new items are exchangeable with the calibration items and
    that its probabilities did not learn from these. Where n is below c / (1 - c) the sets hold all choices.

    The promise is marginal: for all items together, not for each group (see ``AnswerSets.by_group``), nor given what
    the set looks like. With clusters it is for a random item of a further cluster (Lee, Barber, Willett 2023).
    A choice that an item does not have is never in its set.

    Parameters
    ----------
    method : {"lac", "aps", "raps"}
        What makes a choice strange. ``"lac"``: its probability is low (Sadinle, Lei, Wasserman 2019); the smallest sets
        on average, and empty ones where no choice is likely enough. ``"aps"``: much probability comes before it
        (Romano, Sesia, Candes 2020); larger sets for harder items. ``"raps"``: and it ranks low (Angelopoulos,
        Bates, Jordan, Malik 2021); no long tails.
    coverage : float
        Share of sets that are to hold the right choice, above 0 and below 1.
    penalty, unpenalised : float, int
        Of ``"raps"``: what is added for each rank beyond the first ``unpenalised`` ones. They must not be chosen by
        the items of the fit.
    randomised : bool
        Whether ``"aps"`` and ``"raps"`` count a random part of a choice's own probability, as in the papers. By default
        they do not: the most probable choice then scores 0, so that no set is empty, and the promise holds as well, but
        where the most probable choices alone are right more often than c it is kept with room. The random numbers
        come from the seed and the id of each item, which it must have: not from the order of the items.
    seed : int
        Of those.

    Attributes
    ----------
    quantile : float
        The threshold; infinite where there are too few items. Only after ``fit``.

    Raises
    ------
    CalibratorError
        If an option is none of those allowed.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> logits = generator.normal(0.0, 3.0, (500, 4))
    >>> scores = Scores.from_logits(logits, (logits + generator.gumbel(size=(500, 4))).argmax(axis=1))
    >>> fit, test = scores.split(0.5)
    >>> sets = ConformalSets("lac", coverage=0.9).fit(fit).sets(test)
    >>> sets
    <250 answer sets of 1.332 choices on average: LAC sets that promise coverage 0.9>
    >>> float(sets.coverage())
    0.912
    """

    name: ClassVar[str] = "conformal"
    options: ClassVar[tuple[str, ...]] = ("method", "coverage", "penalty", "unpenalised", "randomised", "seed")

    def __init__(
        self,
        method: Method = "lac",
        coverage: float = 0.9,
        *,
        penalty: float = 0.01,
        unpenalised: int = 1,
        randomised: bool = False,
        seed: int = 0,
    ) -> None:
        self.method: Method = checked_choice("method", method, _METHODS)
        self.coverage = checked_share("coverage", coverage)
        self.penalty = checked_amount("penalty", penalty)
        self.unpenalised = checked_count("unpenalised", unpenalised)
        self.randomised = checked_switch("randomised", randomised)
        self.seed = checked_count("seed", seed)
        self._quantile = math.inf

    @property
    def quantile(self) -> float:
        """How strange a choice may be and still be in a set; infinite where there are too few items.

        Raises
        ------
        CalibratorError
            Before ``fit``.
        """
        self._known()
        return self._quantile

    def sets(self, scores: Scores, *, in_sample: bool = False) -> AnswerSets:
        """Return the answer set of each item.

        Parameters
        ----------
        scores : Scores
            New items, made of logits or probabilities; with ids where ``randomised``.
        in_sample : bool
            Whether items that it was fitted on may be judged; without this a warning says so, and a gate fails.

        Raises
        ------
        CalibratorError
            Before ``fit``, or if the scores lack what is needed.
        """
        self._known()
        strange = self._strangeness(scores)
        marked = self._marked(scores, scores, in_sample, stacklevel=2)
        return AnswerSets(marked, strange <= self._quantile, self._described())

    def _strangeness(self, scores: Scores) -> conformal.Values:
        """Return how strange each choice is, shape (n, k); NaN, which is in no set, where there is no choice."""
        choices = choices_of(scores, "an answer set")
        probabilities = np.concatenate([np.asarray(part, dtype=np.float64) for _, part in choices.probabilities()])
        strange = conformal.lac(probabilities) if self.method == "lac" else self._adaptive(scores, probabilities)
        return np.where(choices.present(), strange, np.nan)

    def _adaptive(self, scores: Scores, probabilities: conformal.Values) -> conformal.Values:
        uniform = self._uniform(scores) if self.randomised else np.ones(len(scores))
        if self.method == "aps":
            return conformal.aps(probabilities, uniform)
        return conformal.raps(probabilities, uniform, self.penalty, self.unpenalised)

    def _uniform(self, scores: Scores) -> conformal.Values:
        if scores.ids is None:
            raise CalibratorError(
                f"randomised sets draw by the ids of the items, but {scores!r} has none; give ids, or randomised=False"
            )
        return np.array([_drawn(self.seed, f"{scores.about.task or ''}\0{identity}") for identity in scores.ids])

    def _described(self) -> str:
        how = ", randomised" if self.randomised and self.method != "lac" else ""
        few = "; of all choices, for the fit had too few items" if self._quantile == math.inf else ""
        return f"{self.method.upper()} sets{how} that promise coverage {self.coverage:g}{few}"

    def _learn(self, scores: Scores) -> None:
        self._refuse_in_sample(scores)
        choices = choices_of(scores, "an answer set")
        refuse_impossible(scores, choices, "answer set")
        right = self._strangeness(scores)[np.arange(len(scores)), choices.labels]
        self._quantile = conformal_threshold(right, self.coverage, members_of(scores.clusters))

    def _learnt(self) -> Learnt:
        bounded = self._quantile < math.inf
        return {"bounded": bounded} | ({"quantile": self._quantile} if bounded else {})  # JSON has no infinity

    def _restore(self, learnt: Learnt) -> None:
        if not isinstance(learnt["bounded"], bool):
            raise ValueError(f"bounded is {learnt['bounded']!r}; it must be true or false")
        self._quantile = storage.number(learnt, "quantile") if learnt["bounded"] else math.inf

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        return {"method": self.method, "coverage": self.coverage, "quantile": self._quantile}


def _drawn(seed: int, identity: str) -> float:
    """Return a number from 0 to 1 that looks random, and is the same for the same item."""
    digest = hashlib.blake2b(f"{seed}\0{identity}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2.0**64
