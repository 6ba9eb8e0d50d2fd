"""Gates for running text, token by token: is the next token the one that follows as often as its probability says?

On the embedded world by default; ``--llmcal-model`` and ``--llmcal-task texts.txt`` put yours in its place. The tokens
of one text are right or wrong together, so intervals count texts: a file needs many, parted by ``<|endoftext|>``.
Copy the file and change the limits to what your release needs.
"""

import pytest

pytestmark = pytest.mark.llmcal(task="world/text")


@pytest.fixture(autouse=True)
def _running_text(task):
    if not hasattr(task.test[0], "text"):
        pytest.skip("the task asks questions; these gates are about running text")


def test_every_token_can_be_trusted(scores):
    """Of the tokens guessed with 0.9, about nine in ten follow."""
    assert scores.ece().below(0.05)


def test_more_confident_means_more_often_right(scores):
    """Accuracy rises with confidence, so that unsure places can be pointed out."""
    assert scores.reliability().is_monotone()


def test_it_is_less_sure_when_it_is_wrong(scores):
    """A guess that comes true has the higher confidence in clearly more than half of the pairs."""
    assert scores.auroc().above(0.6)
