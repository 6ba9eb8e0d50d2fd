"""``score.until`` asks on where nothing can be read of some answers, and says in one sentence if it never can."""

from __future__ import annotations

import json

from inner_runs import Project, seen

GATE = """
import pytest

@pytest.mark.llmcal(confidence="verbalised")
def test_it(score, task):
    decision = score.until(task, verdict=lambda scores: scores.accuracy().above(0.5))
    assert decision
    assert len(decision.scores) + len(decision.scores.left_out) == decision.items
"""


def test_looks_at_which_nothing_can_be_read_are_passed_over(project: Project) -> None:
    project.write("conftest.py", "")
    project.write("test_gates.py", GATE)
    data = [{"number": place, "question": f"{place} and 1?", "answer": place + 1} for place in range(200)]
    project.write("sums.jsonl", "\n".join(map(json.dumps, data)))
    project.write("sums.toml", 'source = "sums.jsonl"\nid = "number"\nreferences = "answer"\ncalibration = 0\n')
    asked = ("--llmcal-model", "recorded:answers.jsonl", "--llmcal-task", "sums.toml")
    for readable, counts in ((2, {"failed": 1}), (0, {"failed": 1})):
        answers = [
            {"id": place, "text": f"Answer: {place + 1}\nConfidence: {'80%' if place < readable else 'a lot'}"}
            for place in range(200)
        ]
        project.write("answers.jsonl", "\n".join(map(json.dumps, answers)))
        result = project.run(*asked)
        result.assert_outcomes(**counts)
        text = seen(result)
        assert ("of 200 items are left out: unparseable 198" in text) is (readable == 2)
        assert ("and all others: no confidence can be read of what was written" in text) is (readable == 0)
        assert "scoring/until.py" not in text
