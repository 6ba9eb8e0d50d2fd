"""From a row to an item: choices, answer, groups and id by column, then the prompt."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmcal.tasks.answers import read_answer
from pytest_llmcal.tasks.description import Description
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Item, Text
from pytest_llmcal.tasks.prompts import LETTERS, LETTERS_TEMPLATE, TEXT_TEMPLATE, Prompt
from pytest_llmcal.tasks.rows import Row
from pytest_llmcal.tasks.wording import Wording

SUSPICIOUS = 20
"""From so many questions on, an answer that always stands in the same place is no coincidence."""


@dataclass(frozen=True)
class Question:
    """What one row asks, its choices in the row's order."""

    row: Row
    id: str
    choices: tuple[str, ...]
    answer: int


def read_items(rows: Sequence[Row], described: Description) -> list[Item]:
    """Make an item of each row.

    Raises
    ------
    TaskError
        A column is missing or holds what it must not; two rows share an id; the template fails on
        a row; or the answer always stands in the same place and nothing was said about shuffling.
    """
    questions = [_question(row, row_id, described) for row, row_id in zip(rows, read_ids(rows, described), strict=True)]
    _check_places(questions, described)
    default = LETTERS_TEMPLATE if described.style == "letters" else TEXT_TEMPLATE
    prompt = Prompt(default if described.template is None else described.template, described.title)
    return [_item(question, prompt, described) for question in questions]


def read_texts(rows: Sequence[Row], column: str, described: Description) -> list[Text]:
    """Make a running text of each row."""
    texts = []
    for row, row_id in zip(rows, read_ids(rows, described), strict=True):
        value = row[column]
        if not isinstance(value, str) or not value.strip():
            row.refuse(column, f"a running text is needed, it is {value!r}")
        texts.append(Text(row_id, value, groups_of(row, described)))
    return texts


def read_ids(rows: Sequence[Row], described: Description) -> list[str]:
    """Id of each row: its column, or a hash of the row, numbered where rows are the same."""
    if described.id is None:
        return _numbered(_content_hash(row) for row in rows)
    seen: dict[str, Row] = {}
    for row in rows:
        value = row[described.id]
        if value is None or isinstance(value, (list, dict)) or not str(value).strip():
            row.refuse(described.id, f"an id is needed, it is {value!r}")
        if str(value) in seen:
            row.refuse(
                described.id, f"the id {str(value)!r} is that of {seen[str(value)].where} too; ids must be unique"
            )
        seen[str(value)] = row
    return list(seen)


def _content_hash(row: Row) -> str:
    content = json.dumps(row.values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _numbered(ids: Iterable[str]) -> list[str]:
    count: Counter[str] = Counter()
    numbered = []
    for each in ids:
        count[each] += 1
        numbered.append(each if count[each] == 1 else f"{each}-{count[each]}")
    return numbered


def _question(row: Row, row_id: str, described: Description) -> Question:
    column, values = _choice_values(row, described)
    if len(values) < 2:
        row.refuse(column, f"at least two choices are needed, there are {len(values)}: {values!r}")
    if described.style == "letters" and len(values) > len(LETTERS):
        row.refuse(column, f"the style 'letters' has letters for {len(LETTERS)} choices, there are {len(values)}")
    for value in values:
        if not isinstance(value, (str, int, float)) or described.delimiter + str(value) == "":
            row.refuse(column, f"a choice must be text or a number, one is {value!r}")
    choices = tuple(str(value) for value in values)
    for index, choice in enumerate(choices):
        if choice in choices[:index]:
            row.refuse(column, f"choices {choices.index(choice)} and {index} are both {choice!r}; choices must differ")
    return Question(row, row_id, choices, read_answer(row, described.answer, described.answer_form, values))


def _choice_values(row: Row, described: Description) -> tuple[str, list[Any]]:
    """Choices of a row and the column to name if they are wrong."""
    if isinstance(described.choices, str):
        values = row[described.choices]
        if not isinstance(values, (list, tuple)):
            row.refuse(described.choices, f"a list of choices is needed, it is {values!r}; or name one column a choice")
        return described.choices, list(values)
    values = [row[column] for column in described.choices]
    # a table of questions with two to five choices leaves the last cells empty
    while values and values[-1] in (None, ""):
        values.pop()
    for column, value in zip(described.choices, values, strict=False):
        if value in (None, ""):
            row.refuse(column, "the choice is empty, and a later one is not")
    return ", ".join(described.choices), values


def _check_places(questions: Sequence[Question], described: Description) -> None:
    places = {question.answer for question in questions}
    if described.shuffle_choices is None and len(questions) >= SUSPICIOUS and len(places) == 1:
        raise TaskError(
            f"task {described.title!r}: the right answer of all {len(questions)} questions is choice {places.pop()}; "
            f"say shuffle_choices=True to shuffle them, or False to keep their order"
        )


def _item(question: Question, prompt: Prompt, described: Description) -> Item:
    order = _order(question, described)
    choices = tuple(question.choices[index] for index in order)
    letters = LETTERS[: len(choices)]
    row = question.row
    values = {**row.values, "choices": choices, "letters": letters, **asked_by(row, described)}
    return Item(
        id=question.id,
        prompt=prompt.render(values, row.where),
        choices=tuple(described.delimiter + each for each in (letters if described.style == "letters" else choices)),
        answer=order.index(question.answer),
        groups=groups_of(row, described),
        wording=Wording(prompt, values, described.style == "letters", row.where),
    )


def asked_by(row: Row, described: Description) -> dict[str, Any]:
    """Return what a template sees as ``question``; nothing where it is of the user's own and the row has none."""
    if described.template is not None and described.question not in row.values:
        return {}
    question = row[described.question]
    if question is None:
        row.refuse(described.question, "the question is empty")
    return {"question": question}


def _order(question: Question, described: Description) -> list[int]:
    """Order of the choices; shuffled, it depends on the seed and the id, and not on other items."""
    places = range(len(question.choices))
    if not described.shuffle_choices:
        return list(places)
    return sorted(
        places, key=lambda place: hashlib.sha256(f"{described.seed}\0{question.id}\0{place}".encode()).digest()
    )


def groups_of(row: Row, described: Description) -> dict[str, str]:
    """Group names by attribute; an attribute without a value in this row is left out."""
    groups = {}
    for attribute, column in described.attributes.items():
        value = row[column]
        if isinstance(value, (list, tuple)):
            value = "+".join(str(each) for each in value)
        if value is not None and str(value) != "":
            groups[attribute] = str(value)
    return groups
