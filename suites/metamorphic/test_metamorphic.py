"""Gates on changes of the prompts that must not matter.

On the embedded world by default; ``--llmcal-model`` and ``--llmcal-task`` put yours in its place.
Copy the file and change the margins to what your release needs. What breaks the model is shrunk to
the smallest change that does, and told in words.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.strategies import looks, prompt_changes
from pytest_llmcal.tasks.changes import offered

pytestmark = pytest.mark.llmcal(task="world/qa")


@pytest.fixture(autouse=True)
def _questions(task):
    if not hasattr(task.test[0], "prompt"):
        pytest.skip("the task is running text; these gates change the prompts of questions")


@looks(5)
@given(data=st.data())
def test_white_space_does_not_matter(data, score, task):
    """More white space in the prompt gets the same answers, as often right and about as well calibrated."""
    change = data.draw(prompt_changes(task, ["white_space"]))
    assert score.unmoved_by(change, task, margin={"accuracy": 0.05, "ece": 0.15, "flips": 0.1})


@looks(5)
@given(data=st.data())
def test_the_order_of_choices_does_not_matter(data, score, task):
    """The same choices listed in another order get the same answers, as often right and as well calibrated."""
    if "order" not in offered(task.test):
        pytest.skip("no prompt of the task lists choices that can be moved: the model would read the same again")
    change = data.draw(prompt_changes(task, ["order"]))
    assert score.unmoved_by(change, task, margin=0.02)


@looks(5)
@given(data=st.data())
def test_the_look_of_the_prompt_does_not_matter(data, score, task):
    """Other letters, capitals, words around the question or a sentence in front."""
    if any(item.wording is None for item in task.test):
        pytest.skip("the task says nothing of how its prompts are made: its model has learnt the one way alone")
    change = data.draw(prompt_changes(task, ["letters", "casing", "template", "preface"]))
    assert score.unmoved_by(change, task, margin=0.05)
