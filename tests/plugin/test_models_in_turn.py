"""Each test runs on each model, and one model is in memory at a time."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

TWO_GATES = """
def test_one(score, task):
    assert score(task).accuracy() > 0.5

def test_two(scores):
    assert scores.ece() < 0.5
"""


def test_one_model_is_resident_at_a_time_and_each_is_loaded_once(project: Project) -> None:
    project.gates(TWO_GATES, "test_first.py")
    project.gates(TWO_GATES, "test_second.py")
    project.run("--llmcal-model", "a", "--llmcal-model", "b").assert_outcomes(passed=8)
    turns = [event for event in project.events() if event.startswith(("LOAD", "FREE"))]
    assert turns == ["LOAD a", "FREE a", "LOAD b", "FREE b"]


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="older pytest groups by a parameter's place, not its value")
def test_models_of_tests_that_leave_some_out_are_loaded_once_too(project: Project) -> None:
    gate = "def test_gate(scores):\n    assert scores.accuracy() > 0.5\n"
    project.gates("@pytest.mark.llmcal_models('b')\n" + gate, "test_1.py")
    project.gates(gate, "test_2.py")
    project.gates("@pytest.mark.llmcal_models('c', 'b')\n" + gate, "test_3.py")
    project.run(*[option for name in "abc" for option in ("--llmcal-model", name)]).assert_outcomes(passed=6)
    assert sorted(event for event in project.events() if event.startswith("LOAD")) == ["LOAD a", "LOAD b", "LOAD c"]


def test_a_model_gives_way_to_the_next_before_that_is_loaded_whoever_asks(project: Project) -> None:
    project.gates(
        """
        from pytest_llmcal.plugin.stash import MODELS

        def test_plain(pytestconfig):
            shelf = pytestconfig.stash[MODELS]
            assert shelf.get("a") is shelf.get("a")
            shelf.get("b")
        """
    )
    project.run().assert_outcomes(passed=1)
    assert project.events() == ["LOAD a", "FREE a", "LOAD b", "FREE b"]


def test_scores_are_computed_once_for_each_model_split_and_normalization(project: Project) -> None:
    project.gates(
        """
        def test_one(score, task):
            assert score(task) is score(task.test)
            assert score(task.calibration) is not score(task.test)
            assert score(task, normalization="mean") is not score(task)

        def test_two(score, task, scores):
            assert score(task) is scores
            assert score(task.test[:10]) is not scores
        """
    )
    project.run("--llmcal-allow-empty", "--llmcal-limit", "50").assert_outcomes(passed=2)
    assert [event for event in project.events() if event.startswith("SCORE")] == [*["SCORE 100"] * 3, "SCORE 20"]


def test_nothing_is_loaded_until_score_is_called(project: Project) -> None:
    project.gates("def test_gate(score, task, calibrator): pass\n")
    project.run("--llmcal-allow-empty").assert_outcomes(passed=1)
    assert project.events() == ["READ world/qa"]


@pytest.mark.parametrize("arguments", [("--collect-only",), ("-k", "nothing_like_this")])
def test_collecting_and_deselecting_load_nothing_and_write_nothing(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.gates(TWO_GATES)
    result = project.run("--llmcal-model", "a", *arguments)
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert project.files() == {"test_gates.py"}


def test_a_load_that_fails_is_tried_once_and_every_test_that_needs_it_says_the_same(project: Project) -> None:
    project.gates(
        """
        def test_one(model): pass
        def test_two(scores): pass
        def test_three(score, task):
            score(task)
        """
    )
    result = project.run("--llmcal-model", "broken", "--llmcal-model", "sound")
    result.assert_outcomes(errors=2, failed=1, passed=3)
    assert project.events().count("TRY broken") == 1
    sentence = "The model 'broken' could not be loaded: no weights in broken"
    gates = [gate for gate in project.result().gates if gate.model == "broken"]
    assert [gate.verdict for gate in gates] == ["error"] * 3
    assert all(sentence in gate.attempts[0].message for gate in gates)
    assert result.stdout.str().count(f"LoadError: {sentence}") >= 3
    [problem] = project.result().problems
    assert problem.startswith("3 gates (")
    assert sentence in problem


def test_a_task_that_fails_is_read_once(project: Project) -> None:
    project.gates(
        "pytestmark = pytest.mark.llmcal(task='broken')\ndef test_one(scores): pass\ndef test_two(task): pass\n"
    )
    project.run().assert_outcomes(errors=2)
    assert project.events() == ["TRY broken"]


def test_what_is_no_model_is_refused(project: Project) -> None:
    project.write("conftest.py", "def pytest_llmcal_load_model(name):\n    return 'a text'\n")
    project.gates("def test_one(model): pass\n")
    result = project.run("--llmcal-model", "a")
    result.stdout.fnmatch_lines(["*returned 'a text', which is no pytest_llmcal.Model*"])


SPECIAL = ["a-b", "a[b]", "rev@main", "org::name", "<b>&\"'/\\", "Zürich"]


def test_the_model_of_a_gate_is_never_read_out_of_its_id(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.parametrize("case", ["x-y", "[z]", "@::"])
        def test_gate(scores, case):
            assert scores.accuracy() > 0.5
        """
    )
    options = [argument for name in SPECIAL for argument in ("--llmcal-model", name)]
    project.run(*options, "--llmcal-limit", "20").assert_outcomes(passed=18)
    run = project.result()
    assert sorted(model.name for model in run.models) == sorted(SPECIAL)
    for name in SPECIAL:
        gates = [gate for gate in run.gates if gate.model == name]
        assert len(gates) == 3
        assert {record.model for gate in gates for record in gate.records} == {name}


def test_a_model_name_of_markup_is_escaped_in_the_page(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.accuracy() > 0.5\n")
    name = SPECIAL[4]
    project.run("--llmcal-model", name).assert_outcomes(passed=1)
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page
    assert {path.name for path in (project.folder / "reports/latest").iterdir()} == {
        "index.html",
        "run.items.parquet",
        "run.json",
    }


def test_an_override_of_the_model_fixture_reaches_what_asks_for_it_by_name_and_nothing_else(project: Project) -> None:
    project.gates(
        """
        @pytest.fixture
        def model():
            return "mine"

        def test_gate(model, scores):
            assert model == "mine"
            assert scores.accuracy() > 0.5
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=1)
    assert project.gate("test_gate").records[0].model == "a"


def test_an_override_of_the_inner_model_fixture_reaches_the_scores(project: Project) -> None:
    project.gates(
        """
        from stand_ins import TableModel

        @pytest.fixture(scope="session")
        def llmcal_model():
            return TableModel("bold")

        def test_gate(scores):
            assert scores.ece() > 0.05
        """,
        "test_2_other.py",
    )
    for name in ("test_1_plain.py", "test_3_plain.py"):
        project.gates("def test_gate(scores):\n    assert scores.ece() < 0.05\n", name)
    project.run("--llmcal-model", "a").assert_outcomes(passed=3)


def test_a_parametrization_of_the_model_name_by_hand_replaces_that_of_the_options(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.parametrize("llmcal_model_name", ["x", "y"], indirect=True)
        def test_gate(scores):
            assert scores.accuracy() > 0.5
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=2)
    assert [gate.model for gate in project.result().gates] == ["x", "y"]


def test_a_marker_keeps_a_test_to_models_by_pattern(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal_models("small/*", "tiny")
        def test_gate(scores):
            assert scores.accuracy() > 0.5

        @pytest.mark.llmcal_models("huge/*")
        def test_none(scores): pass
        """
    )
    names = ["small/a", "tiny", "large/b"]
    result = project.run("-rs", *[argument for name in names for argument in ("--llmcal-model", name)])
    result.assert_outcomes(passed=2, skipped=1)
    assert [gate.model for gate in project.result().gates if gate.name == "test_gate"] == ["small/a", "tiny"]
    result.stdout.fnmatch_lines(["*lets none of the models through: small/a, tiny, large/b*"])


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("llmcal(tsak='x')", "the marker llmcal has an unknown keyword 'tsak'; known are task, limit"),
        ("llmcal('x')", "the marker llmcal takes keywords alone, task, limit, calibrator, confidence; got ('x',)"),
        ("llmcal(task=3)", "the marker llmcal(task=...) takes a task's name or file, got 3"),
        ("llmcal(limit=0)", "the marker llmcal(limit=...) takes a whole number of at least 1, got 0"),
        ("llmcal(limit=True)", "the marker llmcal(limit=...) takes a whole number of at least 1, got True"),
        ("llmcal_models()", "the marker llmcal_models takes one or more patterns as texts, got ()"),
        ("llmcal_models('a', name='b')", "the marker llmcal_models has an unknown keyword 'name'; it takes none"),
        ("llmcal_gpu(memory=8)", "the marker llmcal_gpu has an unknown keyword 'memory'; known are memory_gib"),
        ("llmcal_gpu(memory_gib=0)", "the marker llmcal_gpu(memory_gib=...) takes a number above 0, got 0"),
    ],
)
def test_a_marker_with_a_mistake_is_a_collection_error_that_names_it(
    project: Project, marker: str, sentence: str
) -> None:
    project.gates(f"@pytest.mark.{marker}\ndef test_gate(scores): pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert f"test_gates.py::test_gate: {sentence}" in seen(result)


def test_the_closest_marker_wins_key_by_key(project: Project) -> None:
    project.gates(
        """
        pytestmark = pytest.mark.llmcal(task="outer", limit=50)

        @pytest.mark.llmcal(limit=20)
        def test_gate(task):
            assert (task.name, len(task.test)) == ("outer", 20)
        """
    )
    project.run("--llmcal-allow-empty").assert_outcomes(passed=1)


def test_asking_for_scores_too_late_says_so_when_there_are_several_models(project: Project) -> None:
    project.gates("def test_gate(request):\n    assert request.getfixturevalue('scores').accuracy() > 0.5\n")
    project.run("--llmcal-model", "a").assert_outcomes(passed=1)
    result = project.run("--llmcal-model", "a", "--llmcal-model", "b")
    result.stdout.fnmatch_lines(["*request.getfixturevalue comes too late*"])


def test_scoring_what_is_no_task_is_refused(project: Project) -> None:
    project.gates("def test_gate(score):\n    score(['a question'])\n")
    project.run().stdout.fnmatch_lines(["*score() takes a Task or its Items*"])


def test_calibrating_without_a_calibration_split_says_so(project: Project) -> None:
    project.gates("@pytest.mark.llmcal(task='bare')\ndef test_gate(calibrated_scores): pass\n")
    project.run().stdout.fnmatch_lines(["*task 'bare' keeps no calibration split*"])


def test_the_calibrated_scores_repair_an_overconfident_model(project: Project) -> None:
    project.gates(
        """
        def test_raw(scores):
            assert scores.ece().below(0.05)

        def test_repaired(calibrated_scores):
            assert calibrated_scores.ece().below(0.05)
        """
    )
    project.run("--llmcal-model", "bold").assert_outcomes(passed=1, failed=1)
    assert (project.gate("test_raw").verdict, project.gate("test_repaired").verdict) == ("refuted", "holds")
    assert project.gate("test_repaired").records[0].calibrator.startswith("temperature")


def test_a_model_whose_facts_cannot_be_had_could_not_be_loaded(project: Project) -> None:
    project.write(
        "conftest.py",
        """
from stand_ins import TableModel, note, pytest_llmcal_load_task

class Lazy(TableModel):
    facts = property(lambda self: self.open(), lambda self, value: None)

    def open(self):
        note("TRY it")
        raise OSError("no weights in it")

def pytest_llmcal_load_model(name):
    return Lazy.__new__(Lazy)
""",
    )
    project.gates("def test_one(model): pass\ndef test_two(scores): pass\n")
    project.run("--llmcal-model", "lazy").assert_outcomes(errors=2)
    sentence = "The model 'lazy' could not be loaded: no weights in it"
    assert all(sentence in gate.attempts[0].message for gate in project.result().gates)
