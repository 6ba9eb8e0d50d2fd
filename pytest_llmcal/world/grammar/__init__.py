"""The grammar of Orlo, one file a task: what may follow a prompt, and how likely it is."""

from collections.abc import Callable
from random import Random

from pytest_llmcal.world.grammar import completion, dialogue, qa, summarization, translation
from pytest_llmcal.world.grammar.question import Question, favour

QUESTIONS: dict[str, Callable[[Random], Question]] = {
    "world/qa": qa.question,
    "world/translation": translation.question,
    "world/summarization": summarization.question,
    "world/completion": completion.question,
    "world/dialogue": dialogue.question,
}
"""For each task the function that draws a question."""

__all__ = ["QUESTIONS", "Question", "favour"]
