"""What a gate is called: by its test and the parameters of that, but not by its model, which stands beside it."""

from __future__ import annotations

from inner_runs import Project


def names(project: Project, *models: str) -> list[str]:
    project.run(*(part for model in models for part in ("--llmcal-model", model)))
    return sorted(gate.name for gate in project.result().gates)


def test_a_gate_is_named_with_its_own_parameters_and_without_its_model(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.parametrize("limit", [0.2, 0.3], ids=["strict", "lax"])
        @pytest.mark.parametrize("bins", [10])
        def test_trust(scores, limit, bins):
            assert scores.ece(bins=bins).below(limit)

        def test_accuracy(scores):
            assert scores.accuracy().above(0.5)
        """
    )
    assert names(project, "a-b", "a") == [
        "test_accuracy", "test_accuracy", "test_trust[10-lax]", "test_trust[10-lax]", "test_trust[10-strict]",
        "test_trust[10-strict]",
    ]  # fmt: skip
    assert {gate.model for gate in project.result().gates} == {"a-b", "a"}


def test_a_parameter_that_reads_as_the_model_stays(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.parametrize("kind", ["a"])
        def test_trust(scores, kind):
            assert scores.ece().below(0.5)
        """
    )
    assert names(project, "a") == ["test_trust[a]"]


def test_a_model_whose_name_pytest_escapes_is_left_out_too(project: Project) -> None:
    project.gates("def test_trust(scores):\n    assert scores.ece().below(0.5)\n")
    assert names(project, "mod\N{LATIN SMALL LETTER E WITH GRAVE}le") == ["test_trust"]


def test_a_gate_that_no_model_is_let_through_to_is_named_without_one(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal_models("other")
        @pytest.mark.parametrize("limit", [0.5])
        def test_trust(scores, limit):
            assert scores.ece().below(limit)
        """
    )
    assert names(project, "a") == ["test_trust[0.5]"]


def test_a_gate_without_a_model_has_its_parameters_too(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal
        @pytest.mark.parametrize("limit", [0.5])
        def test_number(limit):
            assert measured().below(limit)
        """
    )
    assert names(project) == ["test_number[0.5]"]
