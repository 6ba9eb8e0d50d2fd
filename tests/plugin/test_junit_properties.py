"""What --junitxml says: flat scalars on each gate's test case and on the suite, and nothing on other tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from inner_runs import Project

from tests.sample_runs import HOSTILE

GATES = """
@pytest.mark.llmcal
def test_twice():
    assert measured().below(0.05)
    assert measured(name="nll").below(0.02)
    assert measured().below(0.5)

@pytest.mark.llmcal
def test_refuted():
    assert measured().below(0.005)

@pytest.mark.llmcal
@pytest.mark.xfail
def test_known():
    assert measured().below(0.005)

@pytest.mark.llmcal
def test_broken():
    assert measured().below(0.05)
    raise OSError("gone")

@pytest.mark.llmcal
def test_skipped():
    pytest.skip("not today")

def test_no_gate():
    assert measured().below(0.05)
"""


def properties(project: Project, *options: str) -> dict[str, dict[str, str]]:
    """The properties of each test case, and those of the suite under the name of nothing."""
    project.run(*options, "--junitxml=out.xml")
    told = {}
    for place in ElementTree.parse(project.folder / "out.xml").iter():
        if place.tag in {"testcase", "testsuite"}:
            pairs = [(entry.attrib["name"], entry.attrib["value"]) for entry in place.findall("properties/property")]
            assert len(pairs) == len(dict(pairs)), "a name stands for two values"
            told[place.attrib["name"] if place.tag == "testcase" else ""] = dict(pairs)
    return told


def test_each_gate_tells_its_verdict_and_all_it_measured(project: Project) -> None:
    project.gates(GATES)
    told = properties(project, "--llmcal-undecided", "pass")
    verdicts = {name: pairs.get("llmcal_verdict") for name, pairs in told.items()}
    assert verdicts == {
        "": None,
        "test_twice": "undecided",
        "test_refuted": "refuted",
        "test_known": "refuted",
        "test_broken": "error",
        "test_skipped": "skipped",
        "test_no_gate": None,
    }
    assert (
        told["test_twice"].items()
        >= {
            "llmcal_suite": "test_gates.py",
            "llmcal_ece": "0.03",
            "llmcal_ece_low": "0.01",
            "llmcal_ece_high": "0.04",
            "llmcal_ece_n": "500",
            "llmcal_ece_confidence": "0.95",
            "llmcal_ece_relation": "below",
            "llmcal_ece_limit": "0.05",
            "llmcal_ece_outcome": "holds",
            "llmcal_nll_outcome": "undecided",
            "llmcal_ece_2_limit": "0.5",
        }.items()
    )


def test_model_and_task_are_told(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.accuracy().above(0.6)\n")
    told = properties(project, "--llmcal-model", "a")["test_gate[a]"]
    record = project.gate("test_gate").records[0]
    assert (told["llmcal_model"], told["llmcal_task"]) == ("a", "world/qa")
    assert told["llmcal_accuracy"] == str(record.estimate)


def test_the_suite_tells_the_answer_of_the_run(project: Project) -> None:
    project.gates(GATES)
    told = properties(project)[""]
    assert (
        told.items()
        >= {
            "llmcal_headline": "This run is incomplete, so it releases no model",
            "llmcal_complete": "false",
            "llmcal_gates": "5",
            "llmcal_gates_refuted": "2",
            "llmcal_gates_error": "1",
            "llmcal_seed": "0",
        }.items()
    )
    assert "llmcal_pytest_llmcal" in told


def test_tests_that_are_no_gates_and_their_runs_tell_nothing(project: Project) -> None:
    project.gates("def test_no_gate():\n    assert measured() < 1\n")
    assert properties(project) == {"": {}, "test_no_gate": {}}


def test_hostile_names_are_legal_xml(project: Project) -> None:
    project.write("hostile.py", f"TEXT = {HOSTILE + chr(0xDCFF)!r}\n")
    project.write(
        "conftest.py",
        "from hostile import TEXT\nfrom stand_ins import *\n"
        "def pytest_llmcal_environment(environment):\n    environment[TEXT] = TEXT * 100\n",
    )
    project.gates(
        """
        from hostile import TEXT

        @pytest.mark.llmcal
        def test_gate():
            assert measured(name=TEXT).below(0.05)
        """
    )
    told = properties(project)
    [name] = [name for name in told["test_gate"] if name.endswith("_n")]
    assert re.fullmatch(r"llmcal_[A-Za-z0-9_.]+", name)
    [value] = [value for value in told[""].values() if "script" in value]
    assert value.startswith("<b>&\"'/")
    assert "#x00#x1B" in value
    assert len(value) < 1500  # of 11,000


def test_a_worker_tells_the_same(project: Project) -> None:
    project.gates(GATES)
    project.run_apart("-n1", "--llmcal-undecided", "pass", "--junitxml=out.xml")
    suite = ElementTree.parse(project.folder / "out.xml").getroot()
    assert suite.find(".//property[@name='llmcal_ece_2_limit']") is not None
    assert suite.find("./testsuite/properties/property[@name='llmcal_gates']") is not None
