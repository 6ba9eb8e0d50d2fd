"""What a model said about a task's items, and what was right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import About, Calibration, Verdict
from pytest_llmcal.metrics.binning import FloatArray, IndexArray
from pytest_llmcal.scores import calibration_testing
from pytest_llmcal.scores.abstention import abstain
from pytest_llmcal.scores.audit import audit
from pytest_llmcal.scores.bias import bias_score
from pytest_llmcal.scores.choices import Choices, frozen, locked
from pytest_llmcal.scores.comparison import Comparison
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.groups import by_group
from pytest_llmcal.scores.logs.inspect import read_inspect
from pytest_llmcal.scores.logs.lm_eval import read_lm_eval
from pytest_llmcal.scores.logs.logged import Logged, Weighed
from pytest_llmcal.scores.measures import by_choice, calibration, decomposition, proper, ranking, selective, smooth
from pytest_llmcal.scores.measures.unanswered import unanswered
from pytest_llmcal.scores.measures.uncalibrated import beside_uncalibrated
from pytest_llmcal.scores.notebook import scores_html
from pytest_llmcal.scores.outcomes import NOTHING, NOTHING_KNOWN, checked_left_out, checked_outcomes, parted
from pytest_llmcal.scores.plot import plot_reliability
from pytest_llmcal.scores.reliability import reliability as reliability_curve
from pytest_llmcal.scores.table import read_table
from pytest_llmcal.scores.validation import (
    checked_answers,
    checked_clusters,
    checked_confidence,
    checked_correct,
    checked_groups,
    checked_ids,
    checked_labels,
    checked_logits,
    checked_present,
    checked_probabilities,
    checked_truth,
    plainest,
)
from pytest_llmcal.statistics.clusters import members_of

Groups = Mapping[str, Sequence[str]]
_MAPPINGS = ("groups", "left_out", "left_out_groups")


@dataclass(frozen=True, eq=False, init=False)
class Scores:
    """Confidence and correctness of a model's answers, item by item. Immutable.

    Arrays that are handed in are copied, once, so that nobody can change the scores
    through them. Arrays that are handed out cannot be written to, nor made writeable.

    Parameters
    ----------
    confidence : array_like of shape (n,)
        Probability that the model gave to the answer it chose, from 0 to 1. Keeps
        its precision (float16, float32, float64); sums are always double.
    correct : array_like of shape (n,)
        How right that answer was: 0 and 1, booleans, or graded, any numbers from 0 to 1. Of graded answers a
        confidence promises the mean.
    ids : sequence of str, optional
        Stable name of each item, all different.
    groups : mapping of str to sequence of str, optional
        The group of every item by attribute, for instance ``{"region": ["north", ...]}``.
    clusters : sequence of str, optional
        What each item shares with others, such as its passage, template or subject. Items of
        one cluster may be right or wrong together; intervals then count clusters, not items.
    answers : sequence of str, optional
        What was answered, where it was written; no number depends on it.
    outcomes : sequence of str, optional
        What each answer was: ``"answered"``; ``"empty"``, judged like any other text; ``"refused"``, which counts as
        wrong with the confidence that it was given; ``"truncated"``, judged as far as it goes. Whoever makes
        ``correct`` follows these rules; the report states them, and how right the answers of each kind are.
    left_out : mapping of str to str, optional
        Items that have no confidence, by id, and why, such as ``"unparseable"``. They are in none of the arrays, and
        every measurement says how many they are. Where they are more than a tenth of all, no claim holds.
    about : About, optional
        Whose answers, to what.

    Attributes
    ----------
    confidence, correct, ids, groups, clusters, answers, outcomes, left_out, about
        Copies of what was given; ``correct`` is boolean unless an answer is graded between 0 and 1, else double.
    left_out_groups : mapping of str to mapping
        The groups of items left out, by id, where they are known: each a mapping from attribute to name.
    choices : Choices or None
        Logits or probabilities over the choices, where the scores were made of them.
    before : Scores or None
        The uncalibrated scores, where these came out of a calibrator.
    calibrated_by : Calibration or None
        What that calibrator had learnt, and from what.

    Raises
    ------
    ScoresError
        If anything is empty, of the wrong shape or length, not a number, or out of
        range; the text names the first offender and what is allowed.

    Examples
    --------
    >>> scores = Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0])
    >>> len(scores), float(scores.accuracy())
    (4, 0.75)
    """

    confidence: FloatArray
    correct: npt.NDArray[np.bool_] | npt.NDArray[np.float64]
    ids: tuple[str, ...] | None
    groups: Mapping[str, tuple[str, ...]]
    clusters: tuple[str, ...] | None
    answers: tuple[str, ...] | None
    outcomes: tuple[str, ...] | None
    left_out: Mapping[str, str]
    left_out_groups: Mapping[str, Mapping[str, str]]
    about: About
    choices: Choices | None
    before: Scores | None
    calibrated_by: Calibration | None

    def __init__(
        self,
        confidence: npt.ArrayLike,
        correct: npt.ArrayLike,
        *,
        ids: Sequence[str] | None = None,
        groups: Groups | None = None,
        clusters: Sequence[str] | None = None,
        answers: Sequence[str] | None = None,
        outcomes: Sequence[str] | None = None,
        left_out: Mapping[str, str] | None = None,
        about: About | None = None,
    ) -> None:
        checked = checked_confidence(confidence)
        n = len(checked)
        names = checked_ids(ids, n)
        self._set(
            confidence=frozen(checked),
            correct=frozen(checked_correct(correct, n)),
            ids=names,
            groups=checked_groups(groups, n),
            clusters=checked_clusters(clusters, n),
            answers=checked_answers(answers, n),
            outcomes=checked_outcomes(outcomes, n),
            left_out=checked_left_out(left_out, names),
            left_out_groups=NOTHING_KNOWN,
            about=about or About(),
        )

    @classmethod
    def from_probabilities(
        cls,
        probabilities: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        ids: Sequence[str] | None = None,
        groups: Groups | None = None,
        clusters: Sequence[str] | None = None,
        truth: npt.ArrayLike | None = None,
        about: About | None = None,
    ) -> Scores:
        """Make scores of probabilities over choices.

        The answer is the most probable choice, the first among equals, and its
        probability is the confidence.

        Parameters
        ----------
        probabilities : array_like of shape (n, k)
            Rows sum to one: within 1e-6 for float64, 1e-4 for float32, 1e-3 for
            float16. Zero where an item has fewer than k choices.
        labels : array_like of shape (n,)
            Index of each item's right choice.
        ids, groups, clusters, about
            As for ``Scores``.
        truth : array_like of shape (n, k), optional
            True probability of each choice, where it is known.

        Raises
        ------
        ScoresError
            If a value is negative, above one or NaN, a row does not sum to one, or a
            label is out of range; the text names the row.

        Examples
        --------
        >>> Scores.from_probabilities([[0.2, 0.8], [0.6, 0.4]], [1, 1]).correct.tolist()
        [True, False]
        """
        values = checked_probabilities(probabilities)
        return cls._of_choices(values, False, labels, ids, groups, clusters, truth, about)

    @classmethod
    def from_logits(
        cls,
        logits: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        ids: Sequence[str] | None = None,
        groups: Groups | None = None,
        clusters: Sequence[str] | None = None,
        truth: npt.ArrayLike | None = None,
        about: About | None = None,
    ) -> Scores:
        """Make scores of logits: any reals, turned to probabilities by softmax in double precision.

        Parameters
        ----------
        logits : array_like of shape (n, k)
            At least two finite values a row. Minus infinity where an item has fewer
            than k choices.
        labels : array_like of shape (n,)
            Index of each item's right choice, which must be one of its own.
        ids, groups, clusters, truth, about
            As for ``from_probabilities``.

        Raises
        ------
        ScoresError
            If a value is NaN or plus infinity, a row has fewer than two finite values,
            or a label is out of range; the text names the row.

        Examples
        --------
        >>> Scores.from_logits([[0.0, 0.0, -np.inf]], [0]).confidence.tolist()
        [0.5]
        """
        values = checked_logits(logits)
        scores = cls._of_choices(values, True, labels, ids, groups, clusters, truth, about)
        checked_present(values, scores.choices.labels)  # type: ignore[union-attr]  # made one line above
        return scores

    @classmethod
    def from_table(cls, path: str | Path, *, about: About | None = None) -> Scores:
        """Read scores from a file: ``.csv``, ``.jsonl`` (both also with ``.gz``) or ``.parquet``.

        Columns ``confidence`` and ``correct`` are needed, ``id`` and ``cluster`` are optional, and every
        other column names a group of each item. ``correct`` may be graded, from 0 to 1. In place of ``correct`` there
        may be ``outcome``: ``correct``, ``wrong``, or ``unparseable``, which counts as wrong with confidence 0.

        Raises
        ------
        ScoresError
            If the file is missing, empty or of another kind, or a value is not
            allowed; the text names file, line and column.
        """
        table = read_table(Path(path))
        items = table.ids, table.groups, table.clusters
        return cls(table.confidence, table.correct, ids=items[0], groups=items[1], clusters=items[2], about=about)

    @classmethod
    def from_lm_eval(
        cls,
        path: str | Path,
        *,
        model: str | None = None,
        normalization: str = "sum",
        metric: str | None = None,
        filtered_by: str | None = None,
        confidence: str | None = None,
        extract: str | Callable[[str], str | None] | None = None,
        groups: Sequence[str] = (),
    ) -> Scores:
        r"""Read scores from the samples that lm_eval writes with ``--log_samples``.

        Of multiple choice the log-likelihoods of all choices are read, and ``accuracy()`` equals the accuracy that
        lm_eval reports for the normalisation; where one item disagrees, the file is refused. Of generation
        the metric that lm_eval logged is the correctness, and the confidence is the share of an item's
        repeats that give the answer which was judged.

        Parameters
        ----------
        path : str or Path
            A file ``samples_TASK_TIME.jsonl``, or a pattern for those of several tasks: then items are named
            ``TASK/ID`` and grouped by ``"task"``.
        model : str, optional
            Name of the model. By default that of the results which lm_eval wrote beside the samples.
        normalization : {"sum", "character", "byte", "pmi"}
            How choices are weighed: log-likelihood as it is (lm_eval's ``acc``), by character (``acc_norm``), by
            byte (``acc_bytes``), or less that without the context (``acc_mutual_info``).
        metric : str, optional
            Of generation, which metric tells what is right; by default ``exact_match``, or the only one.
        filtered_by : str, optional
            Name of lm_eval's filter, where answers went through several.
        confidence : str, optional
            Of generation, a metric that is the confidence, from 0 to 1; by default one of this name, or else repeats.
        extract : str or callable, optional
            How an answer is read out of each repeat, as lm_eval's filter did for the one that was
            judged: a regular expression (its first group counts), or a function.
        groups : sequence of str
            Columns of the data set to group by.

        Raises
        ------
        ScoresError
            If a file is cut off, foreign, of another format, or does not tell what is needed; the text names
            file, line and what was expected.

        Examples
        --------
        >>> import json, tempfile
        >>> sample = {
        ...     "doc_id": 0, "doc": {"region": "north"}, "target": "1", "acc": 1.0,
        ...     "arguments": {
        ...         "gen_args_0": {"arg_0": "Is it?", "arg_1": " no"},
        ...         "gen_args_1": {"arg_0": "Is it?", "arg_1": " yes"},
        ...     },
        ...     "resps": [[["-3.0", "False"]], [["-1.0", "True"]]],
        ...     "filtered_resps": [["-3.0", "False"], ["-1.0", "True"]],
        ... }
        >>> path = Path(tempfile.mkdtemp(), "samples_boolq_2031-04-05T06-07-08.jsonl")
        >>> _ = path.write_text(json.dumps(sample))
        >>> scores = Scores.from_lm_eval(path, groups=["region"])
        >>> scores.about.task, scores.confidence.round(2).tolist(), scores.correct.tolist()
        ('boolq', [0.88], [True])
        """
        return cls._of_log(
            read_lm_eval(
                path,
                model=model,
                normalization=normalization,
                metric=metric,
                filtered_by=filtered_by,
                confidence=confidence,
                extract=extract,
                groups=groups,
            )
        )

    @classmethod
    def from_inspect(
        cls,
        path: str | Path,
        *,
        model: str | None = None,
        confidence: str | None = None,
        scorer: str | None = None,
        unscored: str = "error",
        groups: Sequence[str] = (),
    ) -> Scores:
        """Read scores from a log of Inspect, ``.eval`` or ``.json``.

        What the scorer said is the correctness, so that ``accuracy()`` equals Inspect's. Where items were asked
        several times (epochs), each time is an item of its own, and what an item is asked is a cluster.

        Parameters
        ----------
        path : str or Path
            The log. Packed ones need the extra ``inspect`` before Python 3.14.
        model : str, optional
            Name of the model, in place of the log's.
        confidence : str, optional
            ``"token"``: probability of the letter that was written. ``"letters"``: probabilities of all
            letters, which the log must hold. ``"sequence"``: probability of the whole text. ``"share"``: of the epochs
            that gave the same answer. Or a name in the metadata of score or sample. By default the first that the
            log has: a ``confidence`` there, ``"token"`` for choices or else ``"sequence"``, ``"share"``.
        scorer : str, optional
            Name of the scorer, where there are several.
        unscored : {"error", "leave out"}
            What a sample that was not judged is; Inspect's metrics leave it out.
        groups : sequence of str
            Names in the samples' metadata to group by.

        Raises
        ------
        ScoresError
            If the file is cut off, foreign, of another format, of a run that did not finish, or does not tell
            what is needed; the text names file, sample and what was expected.

        Examples
        --------
        >>> import json, tempfile
        >>> sample = {
        ...     "id": "q1", "epoch": 1, "input": "Is it?", "target": "yes", "output": {"completion": "yes"},
        ...     "scores": {"match": {"value": "C", "answer": "yes", "metadata": {"confidence": 0.9}}},
        ... }
        >>> log = {"version": 2, "status": "success", "eval": {"task": "boolq", "model": "hf/m"}, "samples": [sample]}
        >>> path = Path(tempfile.mkdtemp(), "log.json")
        >>> _ = path.write_text(json.dumps(log))
        >>> scores = Scores.from_inspect(path)
        >>> scores.about.model, scores.confidence.tolist(), scores.correct.tolist()
        ('hf/m', [0.9], [True])
        """
        return cls._of_log(
            read_inspect(path, model=model, confidence=confidence, scorer=scorer, unscored=unscored, groups=groups)
        )

    @classmethod
    def _of_log(cls, log: Logged) -> Scores:
        if isinstance(log.answers, Weighed):
            return cls.from_logits(
                log.answers.padded(),
                log.answers.labels,
                ids=log.ids,
                groups=log.groups,
                clusters=log.clusters,
                about=log.about,
            )
        return cls(
            log.answers.confidence,
            log.answers.correct,
            ids=log.ids,
            groups=log.groups,
            clusters=log.clusters,
            about=log.about,
        )

    @classmethod
    def _of_choices(
        cls,
        values: FloatArray,
        are_logits: bool,
        labels: npt.ArrayLike,
        ids: Sequence[str] | None,
        groups: Groups | None,
        clusters: Sequence[str] | None,
        truth: npt.ArrayLike | None,
        about: About | None,
    ) -> Scores:
        n, k = values.shape
        known = None if truth is None else checked_truth(truth, values.shape)
        right = checked_labels(labels, n, k)
        choices = Choices(
            np.array(values, order="C"), are_logits, frozen(right), None if known is None else frozen(known)
        )
        scores = cls.__new__(cls)
        scores._set(
            confidence=locked(choices.top_probability()),
            correct=locked(choices.chosen == choices.labels),
            ids=checked_ids(ids, n),
            groups=checked_groups(groups, n),
            clusters=checked_clusters(clusters, n),
            left_out=NOTHING,
            left_out_groups=NOTHING_KNOWN,
            about=about or About(),
            choices=choices,
        )
        return scores

    def _set(self, **values: Any) -> None:
        """Fill the fields once; a frozen dataclass allows it no other way."""
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, values.get(name))

    def _with(self, **changes: Any) -> Scores:
        """Return a copy with some fields changed; they are not checked again."""
        copy = self.__new__(type(self))
        copy._set(**{name: getattr(self, name) for name in self.__dataclass_fields__} | changes)
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and arrays come back writeable.
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return _restored, (values | {name: dict(values[name]) for name in _MAPPINGS},)

    def __len__(self) -> int:
        return len(self.confidence)

    def __repr__(self) -> str:
        shape = f", {self.choices.values.shape[1]} choices" if self.choices else ""
        missing = f", {len(self.left_out)} more left out" if self.left_out else ""
        return f"<Scores of {len(self)} items{shape}{missing}: accuracy {self.correct.mean():.4f}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return scores_html(self)

    @property
    def is_graded(self) -> bool:
        """Whether any answer is neither right nor wrong, but graded between."""
        return self.correct.dtype != np.bool_

    # What can be measured; each function carries its own documentation.
    accuracy = beside_uncalibrated(ranking.accuracy)
    unanswered = unanswered
    auroc = beside_uncalibrated(ranking.auroc)
    aurc = beside_uncalibrated(selective.aurc)
    e_aurc = beside_uncalibrated(selective.e_aurc)
    accuracy_at_coverage = beside_uncalibrated(selective.accuracy_at_coverage)
    coverage_at_risk = beside_uncalibrated(selective.coverage_at_risk)
    brier = beside_uncalibrated(proper.brier)
    nll = beside_uncalibrated(proper.nll)
    ece = beside_uncalibrated(calibration.ece)
    exact_ece = calibration.exact_ece
    squared_ece = beside_uncalibrated(calibration.squared_ece)
    mce = beside_uncalibrated(calibration.mce)
    smooth_ece = beside_uncalibrated(smooth.smooth_ece)
    skce = beside_uncalibrated(smooth.skce)
    kde_ece = beside_uncalibrated(smooth.kde_ece)
    ace = beside_uncalibrated(by_choice.ace)
    classwise_ece = beside_uncalibrated(by_choice.classwise_ece)
    marginal_ece = beside_uncalibrated(by_choice.marginal_ece)
    decomposition = decomposition.decomposition
    reliability = reliability_curve
    plot_reliability = plot_reliability
    abstain = abstain
    calibration_test = calibration_testing.calibration_test
    is_calibrated = calibration_testing.is_calibrated
    by_group = by_group
    audit = audit
    bias_score = bias_score

    def compare(self, baseline: Scores) -> Comparison:
        """Return the differences between this model and another one that was asked the same items.

        Items are matched by id, whatever their order.

        Raises
        ------
        ScoresError
            If ids are missing or differ, or an item has different right answers; the text names the first.

        Examples
        --------
        >>> new, old = (Scores([c, c], [1, 0], ids=["a", "b"]) for c in (0.6, 0.7))
        >>> round(float(new.compare(old).brier()), 3)
        -0.03
        """
        if not isinstance(baseline, Scores):
            raise ScoresError(
                f"a paired comparison is with the Scores of another model on the same items, got {baseline!r}"
            )
        return Comparison(self, baseline)

    def not_worse_than(self, baseline: Scores, margin: float, *, metric: str = "nll", **asked: Any) -> Verdict:
        """Judge the claim that this model is worse than another one by at most ``margin``.

        Parameters
        ----------
        baseline : Scores
            The other model's, of the same items.
        margin, metric, **asked
            As for ``Comparison.not_worse_than``.
        """
        return self.compare(baseline).not_worse_than(margin, metric=metric, **asked)

    def clustered_by(self, attribute: str) -> Scores:
        """Return the same scores with the groups of an attribute as clusters: items that share one are dependent.

        Raises
        ------
        ScoresError
            If the items carry no such attribute; the text lists those they carry.

        Examples
        --------
        >>> scores = Scores([0.9, 0.8, 0.7], [1, 1, 0], groups={"passage": ["a", "a", "b"]})
        >>> scores.clustered_by("passage").clusters
        ('a', 'a', 'b')
        """
        return self._with(clusters=self._members(attribute))

    def _members(self, attribute: str) -> tuple[str, ...]:
        if attribute not in self.groups:
            there = ", ".join(sorted(self.groups)) or "none"
            raise ScoresError(f"the items carry no attribute {attribute!r}; those they carry: {there}")
        return self.groups[attribute]

    def _group(self, name: str, index: list[int], left_out: Mapping[str, str]) -> Scores:
        group = f"{self.about.group}, {name}" if self.about.group else name
        return self._take(np.array(index))._with(left_out=left_out, about=replace(self.about, group=group))

    def split(self, fraction: float, seed: int = 0) -> tuple[Scores, Scores]:
        """Return two parts at random: about ``fraction`` of the items, and the rest, each in their old order.

        Items of one cluster stay together, so that neither part gives away the other. Of the items left out about the
        same fraction goes with either.

        Raises
        ------
        ScoresError
            If one of the parts would be empty.
        """
        first, rest = (self._take(np.flatnonzero(part)) for part in self._halves(fraction, seed))
        drawn = np.random.default_rng((seed, len(self))).permutation(len(self.left_out))
        theirs, others = parted(self.left_out, drawn < round(fraction * len(self.left_out)))
        return first._with(left_out=theirs), rest._with(left_out=others)

    def _halves(self, fraction: float, seed: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return which items are in the one part of a random split, and which are in the other."""
        members = members_of(self.clusters)
        unit = np.arange(len(self)) if members is None else members
        units = int(unit.max()) + 1
        first = round(fraction * units) if 0.0 < fraction < 1.0 else 0
        if not 0 < first < units:
            what = "items" if members is None else "clusters"
            raise ScoresError(f"{units} {what} cannot be split at the fraction {fraction}: one part would be empty")
        is_first = np.isin(unit, np.random.default_rng(seed).permutation(units)[:first])
        return is_first, ~is_first

    def recalibrated(self, logits: FloatArray, calibrator: str) -> Scores:
        """Return scores of other logits for the same items, which remember these as ``before``.

        Parameters
        ----------
        logits : array of shape (n, k)
            As for ``from_logits``; copied.
        calibrator : str
            What made them, for instance ``"temperature(T=1.72)"``.
        """
        if self.choices is None or logits.shape != self.choices.values.shape:
            raise ScoresError(f"logits of shape {logits.shape} do not belong to the choices of {self!r}")
        choices = replace(self.choices, values=np.array(logits, order="C"), are_logits=True)
        return self._with(
            confidence=locked(choices.top_probability()),
            correct=locked(choices.chosen == choices.labels),
            about=replace(self.about, calibrator=calibrator),
            choices=choices,
            before=self,
        )

    def recalibrated_confidence(self, confidence: FloatArray, calibrator: str) -> Scores:
        """Return scores of other confidences in the same answers, which remember these answers as ``before``.

        Parameters
        ----------
        confidence : array of shape (n,)
            From 0 to 1; copied.
        calibrator : str
            What made them.
        """
        if confidence.shape != self.confidence.shape:
            raise ScoresError(f"confidences of shape {confidence.shape} do not belong to {self!r}")
        return self._with(
            confidence=frozen(checked_confidence(confidence)),
            about=replace(self.about, calibrator=calibrator),
            choices=None,
            before=self.top_label(),
        )

    def top_label(self) -> Scores:
        """Return the same answers with the confidence in each alone, without the probabilities of other choices."""
        return (
            self if self.choices is None else self._with(choices=None, before=self.before and self.before.top_label())
        )

    def _in_order(self, places: Sequence[IndexArray]) -> Scores:
        """Return the items by their old places, after parts of them were put one after the other."""
        return self._take(np.argsort(np.concatenate(places), kind="stable"))

    def _take(self, index: IndexArray) -> Scores:
        def taken(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[i] for i in index)

        return self._with(
            confidence=locked(self.confidence[index]),
            correct=locked(plainest(self.correct[index])),
            ids=None if self.ids is None else taken(self.ids),
            answers=None if self.answers is None else taken(self.answers),
            groups=MappingProxyType({attribute: taken(members) for attribute, members in self.groups.items()}),
            clusters=None if self.clusters is None else taken(self.clusters),
            outcomes=None if self.outcomes is None else taken(self.outcomes),
            choices=self.choices and self.choices.take(index),
            before=self.before and self.before._take(index),
        )


def _restored(values: dict[str, Any]) -> Scores:
    scores = Scores.__new__(Scores)
    arrays = {name: locked(values[name]) for name in ("confidence", "correct")}
    mappings = {name: MappingProxyType(values[name]) for name in _MAPPINGS}
    scores._set(**values | arrays | mappings)
    return scores
