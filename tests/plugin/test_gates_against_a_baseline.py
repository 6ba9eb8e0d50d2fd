"""A named baseline gives every measurement a gate: not worse than then, item by item."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

from pytest_llmcal.cli import main

GATES = """
METRICS = ("ece", "accuracy", "brier", "nll", "auroc")

@pytest.mark.parametrize("metric", METRICS)
def test_not_worse(scores, baseline, metric):
    assert getattr(scores, metric)().not_worse_than(baseline(metric), 0.03)

def test_by_item(scores, baseline):
    assert scores.not_worse_than(baseline.scores(), 0.01)

def test_gold(scores, baseline):
    assert scores.by_group("metal")["gold"].nll().not_worse_than(baseline("nll", group="metal=gold"), 0.05)

@pytest.mark.parametrize("metric", METRICS)
def test_recorded(scores, metric):
    assert getattr(scores, metric)() >= 0
    assert scores.by_group("metal")["gold"].nll() < 9
"""
NAMED = ("--llmcal-baseline", "release-1.4")


def saved(project: Project, *more: str) -> None:
    project.run("--llmcal-model", "a", "--llmcal-json", "run.json", "-k", "recorded", *more)
    kept = ["--from", str(project.folder / "run.json"), "--dir", str(project.folder / "baselines")]
    assert main(["baseline", "save", "release-1.4", *kept]) == 0


def bolder(project: Project) -> None:
    text = (project.folder / "stand_ins.py").read_text(encoding="utf-8")
    project.write("stand_ins.py", text.replace("else 1.0", "else 3.0").replace('"revision of {name}"', '"another"'))


def test_the_same_model_is_not_worse_in_anything(project: Project) -> None:
    project.gates(GATES)
    saved(project)
    project.run(*NAMED, "--llmcal-model", "a").assert_outcomes(passed=12)
    methods = {
        gate.nodeid: gate.records[0].method
        for gate in project.result().gates
        if not gate.name.startswith("test_recorded")
    }
    assert len(methods) == 7
    assert all(method.startswith("paired, baseline a; ") for method in methods.values())


def test_a_bolder_model_is_worse_where_it_is_and_not_elsewhere(project: Project) -> None:
    project.gates(GATES)
    saved(project)
    bolder(project)
    result = project.run(*NAMED, "--llmcal-model", "a")
    verdicts = {gate.nodeid.partition("::")[2]: gate.verdict for gate in project.result().gates}
    assert verdicts["test_not_worse[a-ece]"] == "refuted"
    assert verdicts["test_not_worse[a-nll]"] == "refuted"
    assert verdicts["test_by_item[a]"] == "refuted"
    assert verdicts["test_gold[a]"] == "refuted"
    assert verdicts["test_not_worse[a-accuracy]"] == "holds"
    result.stdout.fnmatch_lines(["note: a is at revision another; *release-1.4.json was recorded at *"])


def test_a_baseline_without_item_scores_is_compared_by_its_intervals(project: Project) -> None:
    project.gates(GATES)
    saved(project)
    (project.folder / "baselines/release-1.4.items.parquet").unlink()
    project.run(*NAMED, "--llmcal-model", "a", "-k", "not_worse and nll")
    [gate] = project.result().gates
    assert gate.records[0].method.startswith("unpaired, as no item scores of both are kept; ")
    by_item = project.run(*NAMED, "--llmcal-model", "a", "-k", "by_item")
    assert "has no item scores of a on world/qa split test; record it anew" in seen(by_item)


def test_another_prompt_and_other_items_are_two_sentences(project: Project) -> None:
    project.gates(GATES)
    saved(project)
    fewer = seen(project.run(*NAMED, "--llmcal-model", "a", "-k", "by_item", "--llmcal-limit", "100"))
    assert "on other items (fingerprint " in fewer
    assert "100 of 1500 are the same" in fewer
    text = (project.folder / "stand_ins.py").read_text(encoding="utf-8")
    project.write("stand_ins.py", text.replace('"Coin {odds} shows"', '"coin {odds} is"'))
    for gate in ("by_item", "not_worse and nll"):
        asked = seen(project.run(*NAMED, "--llmcal-model", "a", "-k", gate))
        assert "on the same questions under another prompt" in asked
        assert "Gate with the prompt of then, or record a new baseline as it is now" in asked


def test_another_metric_or_none_is_a_sentence(project: Project) -> None:
    project.gates(
        """
        def test_other(scores, baseline):
            assert scores.ece().not_worse_than(scores.nll(), 0.1)

        def test_number(scores, baseline):
            assert scores.ece().not_worse_than(0.05)

        def test_margin(scores, baseline):
            assert scores.ece().not_worse_than(scores.ece(), -1)

        def test_recorded(scores):
            assert scores.nll() < 2
        """
    )
    saved(project)
    printed = seen(project.run(*NAMED, "--llmcal-model", "a"))
    assert "ECE is not compared with NLL of a baseline; compare two measurements of one metric" in printed
    assert "a measurement is compared with another measurement, got 0.05" in printed
    assert "the margin for ECE is -1; allowed is zero or more" in printed


def test_a_first_run_that_updates_is_its_own_baseline_item_by_item(project: Project) -> None:
    project.gates(GATES.replace("def test_gold", "def gold"))
    project.run(*NAMED, "--llmcal-baseline-update", "--llmcal-model", "a").assert_outcomes(passed=11)
    assert sorted(path.name for path in (project.folder / "baselines").iterdir()) == [
        "release-1.4.items.parquet",
        "release-1.4.json",
    ]
    project.run(*NAMED, "--llmcal-model", "a").assert_outcomes(passed=11)


def test_the_folder_of_baselines_can_be_another(project: Project) -> None:
    project.gates(GATES)
    update = ("--llmcal-baselines", "kept", *NAMED, "--llmcal-baseline-update", "--llmcal-model", "a")
    project.run(*update, "-k", "recorded")
    assert (project.folder / "kept/release-1.4.json").is_file()
    assert not (project.folder / "baselines").exists()


def test_a_name_that_could_leave_the_folder_is_a_usage_error(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-baseline", "..", "--llmcal-model", "a")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is no name of a baseline" in seen(result)


ENDS = {
    "an interrupt": ("raise KeyboardInterrupt", ()),
    "the first failure": ("assert measured().below(0.005)", ("-x",)),
    "a setup error": ("pass", ()),
    "a file that cannot be collected": ("pass", ()),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_did_not_come_to_its_end_is_written_and_blessed_by_nobody(project: Project, end: str) -> None:
    body, options = ENDS[end]
    late = "lease" if end == "a setup error" else "model"
    project.gates(
        "@pytest.fixture\ndef lease():\n    raise OSError('no lease')\n\n"
        f"def test_first(scores):\n    assert scores.nll() < 2\n\ndef test_second(model, {late}):\n    {body}\n\n"
        "def test_third(model):\n    assert measured().below(0.05)\n".replace("model, model", "model")
    )
    if end == "a file that cannot be collected":
        project.write("test_bad.py", "import nothing_of_this_name\n")
    result = project.run_apart(
        *NAMED, "--llmcal-baseline-update", "--llmcal-model", "a", "--llmcal-json", "run.json", *options
    )
    assert result.ret != 0
    assert not project.result().complete
    result.stdout.fnmatch_lines(["the baseline could not be written: an incomplete run cannot become a baseline: *"])
    kept = ["--from", str(project.folder / "run.json"), "--dir", str(project.folder / "baselines")]
    assert main(["baseline", "save", "release-1.4", *kept]) == 2
    assert not (project.folder / "baselines").exists()


@pytest.mark.slow
def test_a_run_whose_worker_died_is_written_and_blessed_by_nobody(project: Project) -> None:
    project.gates(
        "def test_first(scores):\n    assert scores.nll() < 2\n\ndef test_second(model):\n    import os; os._exit(3)\n"
    )
    result = project.run_apart("-n", "1", *NAMED, "--llmcal-baseline-update", "--llmcal-model", "a")
    assert not project.result().complete
    result.stdout.fnmatch_lines(["the baseline could not be written: an incomplete run cannot become a baseline: *"])
    assert not (project.folder / "baselines").exists()


def test_an_undecided_run_does_not_become_the_baseline(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.ece().below(float(scores.ece()) + 1e-6)\n")
    result = project.run(*NAMED, "--llmcal-baseline-update", "--llmcal-model", "a", "--llmcal-undecided", "pass")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["the baseline could not be written: an undecided run cannot become a baseline: *--force"]
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
