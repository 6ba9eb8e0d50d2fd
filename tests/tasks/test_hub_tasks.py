"""The descriptions under ``suites/hub/`` read rows with the hub's columns, and the table names what they read."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from hub_rows import HUB, ROWS

from pytest_llmcal.tasks import Item, OpenItem, Task, TaskError, load_task

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HUB_SUITES = Path(__file__).parents[2] / "suites" / "hub"

# Of the first item: how its prompt ends, and its choices, or what would be a right answer.
EXPECTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "mmlu": (
        "\n\nQuestion: What is item 0?\nA. choice 0\nB. none\nC. some\nD. all\nAnswer:",
        (" A", " B", " C", " D"),
    ),
    "arc": (
        "\n\nQuestion: What is item 0?\nA. choice 0\nB. none\nC. some\nD. all\nAnswer:",
        (" A", " B", " C", " D"),
    ),
    "truthfulqa": ("\n\nQ: Is item {n} lucky?\nA:", (" It is not.", " It is.", " It may be.")),
    "hellaswag": (
        "\n\nCollecting: A man looks at item {n}. then",
        (" he takes it home.", " he takes it away.", " he takes it apart.", " he smiles."),
    ),
    "winogrande": (
        "\n\nSentence: Ann gave Bea item {n}, for _ had two.\nChoices: Ann, Bea\nThe blank is:",
        (" Ann", " Bea"),
    ),
    "boolq": ("\n\nPassage: Item {n} weighs a lot.\nQuestion: is item {n} heavy\nAnswer:", (" no", " yes")),
    "triviaqa": ("\n\nQuestion: Which is item {n}?\nAnswer:", ("Answer {n}", "The {n}")),
    "gsm8k": (
        "\n\nProblem: How much is item {n}?\nSolution:",
        ("It is {n} * 1 = <<{n}*1={n}>>{n}.\n#### {n}",),
    ),
    "wmt": ("\n\nRomanian: Acesta este item {n}\nEnglish:", ("Answer {n}",)),
    "xsum": ("\n\nArticle: It was found. It is item {n}\nSummary:", ("Answer {n}",)),
    "soda": ("\n\nAnn: Which is it?\nBea: What?\nAnn: Do you know item {n}?\nBea:", ("Answer {n}",)),
    "bbq": (
        "\n\nOne of Ar and one of Ur saw item {n}.\nQuestion: Who took it?\nAnswer:",
        (" The one of Ar", " The one of Ur", " Not known"),
    ),
}

LEFT_OUT = {"mmlu": 1, "hellaswag": 1, "xsum": 1, "soda": 1}
"""Rows that no item can be made of."""


def description(name: str) -> dict[str, object]:
    return tomllib.loads((HUB_SUITES / name / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for place in ("huggingface_hub.constants", "datasets.config"):
        monkeypatch.setattr(f"{place}.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))


def copied(name: str, folder: Path) -> Path:
    """Copy a suite's own files, and no data that someone may have put beside them."""
    suite = folder / name
    suite.mkdir()
    for file in (f"{name}.toml", "prompt.j2"):
        shutil.copy(HUB_SUITES / name / file, suite)
    return suite / f"{name}.toml"


def beside_its_data(name: str, folder: Path) -> Path:
    """Copy a suite, and give it a folder of its data set's name."""
    path = copied(name, folder)
    HUB[name].write(path.parent)
    return path


def items_of(task: Task) -> list[Item | OpenItem]:
    items = [*task.test, *(task.calibration or ())]
    assert all(isinstance(item, (Item, OpenItem)) for item in items)
    return items  # type: ignore[return-value]


@pytest.mark.parametrize("name", HUB)
def test_it_reads_the_columns_of_the_hub(name: str, tmp_path: Path) -> None:
    task = load_task(beside_its_data(name, tmp_path))
    items = items_of(task)
    assert task.name == name
    assert len(items) == ROWS * len(HUB[name].splits) - LEFT_OUT.get(name, 0)
    ending, expected = EXPECTED[name]
    [first] = [item for item in items if item.prompt.endswith(ending.format(n=0))]
    assert first.prompt.count("\n\n") >= 2  # examples of our own come before
    if isinstance(first, OpenItem):
        assert first.references == tuple(each.format(n=0) for each in expected)
    else:
        assert sorted(first.choices) == sorted(expected)


def right_answers(name: str, folder: Path) -> dict[int, str]:
    """Text of the right choice of each row that became an item, by the row's number."""
    found = {}
    for item in items_of(load_task(beside_its_data(name, folder))):
        assert isinstance(item, Item)
        number = re.findall(r"item (\d+)", item.prompt)[-1]
        found[int(number)] = item.choices[item.answer]
    return found


def test_labels_that_are_numbers_count_from_one(tmp_path: Path) -> None:
    answers = right_answers("arc", tmp_path)
    assert HUB["arc"].row(11)["answerKey"] == "3"
    assert (answers[11], answers[3], answers[4]) == (" C", " A", " B")


def test_the_right_answers_are_those_of_the_rows(tmp_path: Path) -> None:
    mmlu = right_answers("mmlu", tmp_path)
    assert [mmlu[n] for n in range(5)] == [" A", " B", " C", " D", " A"]
    assert set(right_answers("truthfulqa", tmp_path).values()) == {" It is not."}
    hellaswag = right_answers("hellaswag", tmp_path)
    assert [hellaswag[n] for n in (1, 2, 3)] == [" he takes it away.", " he takes it apart.", " he smiles."]
    winogrande = right_answers("winogrande", tmp_path)
    assert [winogrande[n] for n in (0, 1)] == [" Ann", " Bea"]
    boolq = right_answers("boolq", tmp_path)
    assert [boolq[n] for n in (0, 1)] == [" yes", " no"]
    bbq = right_answers("bbq", tmp_path)
    assert [bbq[n] for n in (0, 2, 6)] == [" Not known", " The one of Ar", " The one of Ur"]


def test_bbq_keeps_whom_the_stereotype_is_about(tmp_path: Path) -> None:
    first = items_of(load_task(beside_its_data("bbq", tmp_path)))[0]
    assert first.groups == {
        "condition": "ambig",
        "polarity": "neg",
        "stereotyped": "Ar",
        "answers": "biased unbiased unknown",
    }


@pytest.mark.parametrize("name", HUB)
def test_without_network_and_copy_one_sentence_says_what_to_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError) as caught:
        load_task(copied(name, tmp_path))
    text = str(caught.value)
    assert text.startswith(f"{HUB[name].source}, split ")
    assert "the Hugging Face hub did not give it" in text
    assert "a folder of that name is read without the hub" in text
    assert "\n" not in text


def test_the_table_names_every_data_set_revision_and_prompt() -> None:
    rows = {}
    for line in (HUB_SUITES / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if found := re.match(r"\[`(\w+)/`\]\(\w+/\)", cells[0]):
            rows[found[1]] = cells[1:]
    assert rows.keys() == HUB.keys() == {path.name for path in HUB_SUITES.iterdir() if (path / "prompt.j2").exists()}
    for name, (dataset, revision, licence, prompt, _) in rows.items():
        said = description(name)
        parts = [said["source"], said.get("config"), said.get("split")]
        assert dataset == ", ".join(f"`{part}`" for part in parts if part is not None)
        assert revision == f"`{said['revision']}`"
        assert re.fullmatch(r"[0-9a-f]{40}", str(said["revision"])), "a branch or tag would pin nothing"
        assert len(licence) > 2
        assert prompt == f"[{name}/prompt.j2]({name}/prompt.j2)"
