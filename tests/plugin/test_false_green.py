"""A run that measured nothing, or not all it collected, is never green."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

NEEDS_CUDA = """
@pytest.mark.llmcal
def test_gate():
    pytest.skip("needs CUDA")
"""


def test_a_run_whose_gates_are_all_skipped_is_red_and_says_why(project: Project) -> None:
    project.gates(NEEDS_CUDA)
    result = project.run()
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["The run fails: The gate test_gates.py::test_gate was collected and nothing was measured*"]
    )


def test_a_run_whose_gates_measure_nothing_is_red(project: Project) -> None:
    project.gates("def test_gate(model): pass\n")
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


ONE_OF_TWO = """
def test_gate(scores, llmcal_model_name):
    assert llmcal_model_name == "b" or scores.accuracy().above(0.5)

def test_task(task): pass
"""
TWO_MODELS = ("--llmcal-model", "a", "--llmcal-model", "b")


def test_a_model_of_which_nothing_was_measured_turns_the_run_of_two_red(project: Project) -> None:
    project.gates(ONE_OF_TWO)
    result = project.run(*TWO_MODELS)
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    [line] = [line for line in result.outlines if line.startswith("The run fails")]
    assert line == (
        "The run fails: The gate test_gates.py::test_gate[b] was collected and nothing was measured of the model 'b'; "
        "--llmcal-allow-empty lets such a run pass."
    )
    assert project.run(*TWO_MODELS, "--llmcal-allow-empty").ret == 0


def test_a_numpy_number_on_the_left_does_not_let_one_of_two_models_pass_unmeasured(project: Project) -> None:
    project.gates(
        """
        import numpy as np

        def test_gate(scores, llmcal_model_name):
            limit = 0.5 if llmcal_model_name == "a" else np.float64(0.5)
            assert limit <= scores.accuracy()
        """
    )
    result = project.run(*TWO_MODELS)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["The run fails: *nothing was measured of the model 'b'; *"])


def test_several_unmeasured_models_are_all_named(project: Project) -> None:
    project.gates("def test_gate(model): pass\n")
    result = project.run(*TWO_MODELS)
    result.stdout.fnmatch_lines(["The run fails: 2 gates (*) were *nothing was measured of the models 'a' and 'b'; *"])


def test_a_model_that_every_marker_leaves_out_is_not_missed(project: Project) -> None:
    project.gates("@pytest.mark.llmcal_models('a')\n" + ONE_OF_TWO.strip() + "\n")
    result = project.run(*TWO_MODELS)
    result.assert_outcomes(passed=2)
    assert result.ret == 0


def test_a_model_whose_gates_were_deselected_is_not_missed(project: Project) -> None:
    project.gates(ONE_OF_TWO)
    assert project.run(*TWO_MODELS, "--deselect", "test_gates.py::test_gate[b]").ret == 0


def test_an_unmeasured_model_turns_a_run_under_xdist_red(project: Project) -> None:
    project.gates(ONE_OF_TWO)
    result = project.run_apart("-n", "2", *TWO_MODELS)
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("argument", ["--llmcal-allow-empty", "--collect-only", "--setup-only", "--setup-plan"])
def test_an_empty_run_passes_when_that_is_what_was_asked_for(project: Project, argument: str) -> None:
    project.gates(NEEDS_CUDA)
    result = project.run(argument)
    assert result.ret == 0
    assert "The run fails" not in seen(result)


def test_one_skipped_gate_beside_a_measured_one_is_no_reason_to_fail(project: Project) -> None:
    project.gates(NEEDS_CUDA + "\ndef test_other(model):\n    assert measured().below(0.05)\n")
    assert project.run().ret == 0


def test_deselected_gates_are_not_missed(project: Project) -> None:
    project.gates(NEEDS_CUDA)
    project.write("test_plain.py", "def test_plain(): pass\n")
    result = project.run("-k", "plain")
    assert result.ret == 0
    assert "calibration" not in seen(result)


def test_the_guard_works_without_the_terminal(project: Project) -> None:
    project.gates(NEEDS_CUDA)
    assert project.run("-p", "no:terminal").ret == pytest.ExitCode.TESTS_FAILED
    assert project.result().gates


def test_the_guard_works_under_xdist(project: Project) -> None:
    project.gates(NEEDS_CUDA)
    result = project.run_apart("-n", "1")
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_numpy_value_in_the_only_record_travels_from_the_only_worker_as_a_builtin(project: Project) -> None:
    project.gates(
        """
        import numpy as np
        from pytest_llmcal.measurement import Bin, Measurement, NoiseFloor

        def test_gate(model):
            number = np.float32(0.25)
            measurement = Measurement(
                number, name=np.str_("ece"), low=number, high=np.float64(0.5), n=np.int64(7), method="by hand",
                confidence=np.float32(0.5), noise_floor=NoiseFloor(number, number), debiased=number,
                curve=[Bin(number, number, np.int64(7), number, number, number, number)],
            )
            assert measurement < np.float64(0.75)
        """
    )
    result = project.run_apart("-n", "1", "--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    assert result.ret == 0, seen(result)
    [record] = project.gate("test_gate").records
    assert (record.estimate, record.n, record.limit, record.noise_floor_p95) == (0.25, 7, 0.75, 0.25)
    assert record.curve[0].count == 7


def test_a_tensor_in_a_record_is_read_as_the_number_it_holds() -> None:
    torch = pytest.importorskip("torch")
    from by_hand import measured

    from pytest_llmcal.measurement import NoiseFloor, Observation
    from pytest_llmcal.plugin.attempts import from_plain, to_plain
    from pytest_llmcal.records import Record

    measurement = measured(floor=NoiseFloor(torch.tensor(0.25), torch.tensor(0.5)))
    plain = to_plain(Record.of(Observation(measurement, "<", 0.5, "true", "so"), 1))
    assert (plain["noise_floor_mean"], plain["noise_floor_p95"]) == (0.25, 0.5)
    assert type(plain["noise_floor_mean"]) is float
    assert from_plain(plain).curve == measurement.curve


def test_a_value_that_is_no_number_fails_its_test_and_not_the_worker(project: Project) -> None:
    project.gates(
        """
        def test_gate(model):
            assert measured(method=object()) < 1
        """
    )
    result = project.run_apart("-n", "1", "--llmcal-model", "a")
    result.assert_outcomes(failed=1)
    assert "INTERNALERROR" not in seen(result)
    result.stdout.fnmatch_lines(["*a measurement must hold plain numbers and texts, got <object object*"])


@pytest.mark.slow
def test_a_gate_whose_report_another_plugin_broke_on_its_way_turns_the_run_red(project: Project) -> None:
    """The worker dies of the value that cannot be sent, after the gate of the other model has passed."""
    arrived = project.folder / "arrived"
    project.write(
        "conftest.py",
        "import os\n"
        "from pathlib import Path\n"
        "from stand_ins import pytest_llmcal_load_model, pytest_llmcal_load_task\n"
        "def pytest_runtest_logreport(report):\n"
        "    done = report.nodeid.endswith('[b]') and report.when == 'teardown'\n"
        f"    if done and 'PYTEST_XDIST_WORKER' not in os.environ: Path({str(arrived)!r}).touch()\n",
    )
    project.gates(
        f"""
        import time
        from pathlib import Path

        import numpy as np

        def test_broken_on_the_way(llmcal_model_name, record_property):
            if llmcal_model_name == "a":
                record_property("theirs", np.float64(1))
                until = time.monotonic() + 60
                while not Path({str(arrived)!r}).exists() and time.monotonic() < until:
                    time.sleep(0.05)
            assert measured().below(0.05)
        """
    )
    result = project.run_apart("-n", "2", "--llmcal-model", "a", "--llmcal-model", "b")
    assert result.ret != 0
    run = project.result()
    assert [gate.verdict for gate in run.gates if gate.model == "b"] == ["holds"]
    assert not run.complete
    assert any("[a] was collected and did not run to the end" in problem for problem in run.problems), run.problems
    result.stdout.fnmatch_lines(["The run fails: The gate *"])
