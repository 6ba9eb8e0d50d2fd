import math

import pytest

from pytest_llmcal.measurement import Measurement, MeasurementError, Rules, current_rules, using


def measured(value=0.08, low=0.05, high=0.11, debiased=None, n=200):
    return Measurement(value, name="ece", low=low, high=high, n=n, method="", confidence=0.95, debiased=debiased)


@pytest.mark.parametrize(
    ("limit", "below", "above"),
    [
        (0.04, "refuted", "holds"),
        (0.05, "undecided", "holds"),
        (0.08, "undecided", "undecided"),
        (0.11, "holds", "undecided"),
        (0.12, "holds", "refuted"),
    ],
)
def test_a_verdict_looks_at_the_whole_interval(limit, below, above):
    assert measured().below(limit).status == below
    assert measured().above(limit).status == above


def test_a_verdict_is_true_only_if_it_holds():
    assert measured().below(0.2)
    assert not measured().below(0.01)
    assert not measured().below(0.08)


def test_an_undecided_verdict_is_what_the_rules_say():
    asked = []
    with using(Rules(undecided=lambda verdict: bool(asked.append(verdict)) or True)):
        verdict = measured().below(0.08)
        assert verdict
        assert measured().below(0.2)
        assert not measured().below(0.01)
    assert asked == [verdict]


def test_an_undecided_verdict_may_raise():
    def stop(verdict):
        raise RuntimeError(verdict.claim)

    with using(Rules(undecided=stop)), pytest.raises(RuntimeError, match=r"ECE is at most 0\.08"):
        bool(measured().below(0.08))


def test_it_explains_itself_in_one_sentence():
    assert measured().below(0.12).explain() == (
        "The claim that ECE is at most 0.12 holds: it was measured as 0.08 on 200 items, "
        "and with 95% confidence the true value lies between 0.05 and 0.11."
    )
    assert (
        measured(n=1)
        .above(0.5)
        .explain()
        .startswith("The claim that ECE is at least 0.5 is refuted: it was measured as 0.08 on 1 item, ")
    )


def test_it_says_how_many_items_would_decide():
    verdict = measured(value=0.08, debiased=0.03, low=0.0, high=0.09).below(0.05)
    # the arm upwards is 0.06 and must shrink to 0.02: nine times the items
    assert verdict.items_needed == pytest.approx(9 * 200, abs=1)
    assert verdict.explain().endswith(f"about {verdict.items_needed} items would decide it.")


def test_no_number_of_items_decides_a_limit_that_is_the_best_guess():
    assert measured(value=0.08).below(0.08).items_needed is None


def test_an_endless_interval_needs_no_number_of_items():
    verdict = measured(high=math.inf).below(0.5)
    assert verdict.status == "undecided"
    assert verdict.items_needed is None


def test_items_needed_is_more_than_there_are():
    assert measured().below(0.1099).items_needed > 200


@pytest.mark.parametrize("judge", ["below", "above"])
def test_a_limit_of_nan_is_refused(judge):
    with pytest.raises(MeasurementError, match="the limit for ECE is NaN"):
        getattr(measured(), judge)(math.nan)


def test_a_verdict_is_observed_when_it_is_made():
    observed = []
    with using(Rules(observe=observed.append)):
        measured().below(0.2)
    assert [(entry.relation, entry.limit, entry.outcome) for entry in observed] == [("below", 0.2, "holds")]
    assert observed[0].explanation == measured().below(0.2).explain()


def test_rules_hold_for_their_block_alone_even_if_it_fails():
    before = current_rules()
    with using(Rules(confidence=0.5)):
        assert current_rules().confidence == 0.5
    assert current_rules() is before
    with pytest.raises(KeyError), using(Rules(confidence=0.5)):
        raise KeyError
    assert current_rules() is before


def test_rules_of_two_threads_do_not_meet():
    import threading

    seen = []
    with using(Rules(confidence=0.5)):
        thread = threading.Thread(target=lambda: seen.append(current_rules().confidence))
        thread.start()
        thread.join()
    assert seen == [0.95]


def test_inner_rules_give_way_to_the_outer_ones():
    with using(Rules(confidence=0.9)):
        with using(Rules(confidence=0.8)):
            pass
        assert current_rules().confidence == 0.9


@pytest.mark.parametrize("limit", [5, 95.0, -0.01, 1.0000001, math.inf])
@pytest.mark.parametrize("claim", ["below", "above"])
def test_a_limit_that_nothing_can_pass_is_refused_as_a_percentage_would_be(claim, limit):
    with pytest.raises(MeasurementError, match=r"ECE lies between 0 and 1, so .* is no limit"):
        getattr(measured(), claim)(limit)


def test_limits_at_the_ends_of_the_range_are_limits():
    assert measured().below(1).status == "holds"
    assert measured().above(0).status == "holds"


@pytest.mark.parametrize(
    ("least", "greatest", "status"),
    [
        (0.3, 0.7, "holds"),
        (0.41, 0.7, "undecided"),
        (0.3, 0.59, "undecided"),
        (0.61, 0.9, "refuted"),
        (0.0, 0.39, "refuted"),
    ],
)
def test_between_judges_the_whole_interval(least: float, greatest: float, status: str) -> None:
    auroc = Measurement(0.5, name="auroc", low=0.4, high=0.6, n=100, method="by hand", confidence=0.95)
    verdict = auroc.between(least, greatest)
    assert verdict.status == status
    assert verdict.relation == "between"
    assert f"AUROC lies between {least:.4g} and {greatest:.4g}" in verdict.explain()


def test_between_refuses_limits_in_the_wrong_order() -> None:
    auroc = Measurement(0.5, name="auroc", low=0.4, high=0.6, n=100, method="by hand", confidence=0.95)
    with pytest.raises(MeasurementError, match=r"no AUROC lies between 0\.7 and 0\.6"):
        auroc.between(0.7, 0.6)


def test_a_limit_that_is_the_best_guess_but_for_rounding_needs_no_number_of_items():
    verdict = measured(0.21 + 1e-16, 0.15, 0.27).below(0.21)
    assert (verdict.status, verdict.items_needed) == ("undecided", None)


def test_between_asks_for_the_limit_that_the_interval_crosses():
    ece = measured(0.02, 0.0, 0.11, debiased=0.0, n=100)
    assert ece.between(0.0, 0.05).items_needed == ece.below(0.05).items_needed
    both = measured(0.08, 0.04, 0.12).between(0.06, 0.09)
    assert both.items_needed == measured(0.08, 0.04, 0.12).below(0.09).items_needed
