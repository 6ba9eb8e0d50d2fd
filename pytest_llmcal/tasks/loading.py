"""``load_task``: from a name, a file or a dataset to a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llmcal.tasks.bbq import bbq_description, bbq_rows
from pytest_llmcal.tasks.correctness.registry import Correctness, name_of
from pytest_llmcal.tasks.datasets_rows import dataset_commit, read_hub, read_parquet
from pytest_llmcal.tasks.description import FILE_SUFFIXES, Description, is_file_name
from pytest_llmcal.tasks.description_file import read_description
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import AnyItem, Items
from pytest_llmcal.tasks.made_columns import kept_rows, with_made_columns
from pytest_llmcal.tasks.open_questions import read_open_items
from pytest_llmcal.tasks.outcomes import REFUSALS
from pytest_llmcal.tasks.questions import read_items, read_texts
from pytest_llmcal.tasks.registry import registered_loader
from pytest_llmcal.tasks.rows import Row, read_file
from pytest_llmcal.tasks.splits import by_fraction, make_task, rows_of_split
from pytest_llmcal.tasks.stories import NUMBER, STORY, read_stories
from pytest_llmcal.tasks.task import Task


def load_task(
    source: str | Path,
    *,
    name: str | None = None,
    config: str | None = None,
    revision: str | None = None,
    layout: str | None = None,
    template: str | None = None,
    question: str = "question",
    choices: str | Sequence[str] = "choices",
    answer: str = "answer",
    answer_form: str = "auto",
    references: str | None = None,
    judged: str | None = None,
    judgement: str | None = None,
    judgement_range: Sequence[float] = (0.0, 1.0),
    correctness: str | Correctness | None = None,
    max_tokens: int = 64,
    stop: str | Sequence[str] = ("\n",),
    refusals: Sequence[str] = REFUSALS,
    text: str | None = None,
    separator: str = "<|endoftext|>",
    id: str | None = None,  # noqa: A002  # the word for it everywhere else in the house
    groups: Sequence[str] | Mapping[str, str] = (),
    keep: str | None = None,
    style: str = "text",
    delimiter: str = " ",
    shuffle_choices: bool | None = None,
    seed: int = 0,
    calibration: float | str | None = 1 / 3,
    split: str | None = None,
    split_column: str | None = None,
    limit: int | None = None,
) -> Task:
    r"""Load a task from a name, a file or a dataset.

    Parameters
    ----------
    source : str or Path
        One of

        - a name that a package registered, for instance ``"world/qa"`` (only `limit` applies);
        - a task description, ``"my_task.toml"``, whose keys are the parameters below (only `seed`
          and `limit` may be given besides); files that it names are looked for beside it, and
          ``template_file`` reads the template from one;
        - a file with a question a row: ``.jsonl``, ``.json``, ``.csv``, ``.tsv`` (each also
          ``.gz``) or ``.parquet``;
        - running text, ``.txt`` or ``.txt.gz``, for the calibration of next tokens;
        - a dataset on the Hugging Face hub, or a folder laid out like one.
    name : str, optional
        What the task is called; by default the source, or the file's name without its ending.
    config, revision : str, optional
        Configuration and commit of a dataset on the hub.
    layout : {"bbq"}, optional
        Columns of a known benchmark, which say what prompt, choices, answer and groups are made of: that of the
        bias benchmark for question answering (Parrish et al. 2022), as published or with the columns context, question,
        choices, answer, condition, polarity, groups and stereotyped.
    template : str, optional
        Jinja2 text of the prompt, rendered in a sandbox where an undefined name is an error. It sees
        the row's columns, ``question``, ``choices`` (their texts, after a shuffle) and
        ``letters``. By default ``"Question: {{ question }}\nAnswer:"``, with the choices listed
        between for ``style="letters"``.
    question : str
        Column that the default template shows.
    choices : str or sequence of str
        Column that holds the list of choices, or one column a choice (last ones may be empty).
        Here and below, ``"choices.text"`` reaches into a nested column. Instead of a
        column that holds one choice, and of those of `answer`, `references`, `judged` and `groups`, a Jinja2 text may
        make the value of the row's columns: ``"{{ choices.label.index(answerKey) }}"``.
    answer : str
        Column that names the right choice.
    answer_form : {"auto", "index", "number", "letter", "text"}
        How it does: counted from zero, counted from one, by letter, by its own text. ``"auto"``
        reads all but ``"number"`` and refuses an answer that could mean two choices.
    references : str, optional
        Column that holds the right answer, or a list of texts any of which will do: then the questions are open, and
        the model writes its answer.
    judged, judgement : str, optional
        Column with an answer that was written before, and the column that says how good it was found: a number, or a
        list of numbers or booleans, say votes, whose mean counts; true and false are the ends of the range. Open too,
        with `references` or without.
    judgement_range : pair of float
        Lowest and highest judgement, for instance ``(0, 100)``.
    correctness : str or callable, optional
        How right a written answer is: ``"exact_match"`` (where there are references), ``"token_f1"``, ``"contains"``,
        ``"last_number"``, ``"chrf"``, ``"bleu"``, ``"rouge1"``, ``"rouge2"``, ``"rougeL"``, ``"entailment:MODEL"``,
        ``"judged"`` (where there are none), or a function of a module from answer and `OpenItem` to a number from 0 to
        1, itself or as ``"package.module:function"``. With ``>=`` and a threshold behind it is 0 or 1.
    max_tokens : int
        Most tokens of a written answer.
    stop : str or sequence of str
        Texts at which a written answer ends; ``()`` for none.
    refusals : sequence of str
        How written answers begin that decline to answer and count as wrong, whatever their case; by default a short
        list in English. What people judged is never one.
    text : str, optional
        Column with a running text: rows become texts and are not questions.
    separator : str
        What stands between the texts of a ``.txt`` file.
    id : str, optional
        Column with a unique id; by default a hash of the row's content, which stays the same
        when rows are added or moved.
    groups : sequence of str or mapping of str to str
        Columns that hold groups, or attribute to column. The elements of a list are joined by ``+``.
    keep : str, optional
        Jinja2 text that comes to True for the rows that are items, and to False for those to leave out.
    style : {"text", "letters"}
        What is weighed: the wording of each choice, or the letter that stands before it.
    delimiter : str
        What stands between prompt and choice.
    shuffle_choices : bool, optional
        Whether to shuffle the choices; the order of an item depends on `seed` and its id alone. If
        nothing is said, data whose answer always stands in the same place is refused.
    seed : int
        Seed of shuffle and split, where the source names none itself.
    calibration : float, str or None
        What calibrators are fitted on: a fraction, drawn by a hash of `seed` and id; or the split
        of that name, by `split_column` or on the hub; or another file like the first.
        0 or None keeps all for the test.
    split : str, optional
        Split that gates are judged on, by `split_column` or on the hub; ``"test"`` by default.
    split_column : str, optional
        Column that names the split of a row.
    limit : int, optional
        Keep the first so many items of each split.

    Returns
    -------
    Task

    Raises
    ------
    TaskError
        The source is not there or not usable; the text names file, line and column.

    Examples
    --------
    >>> import tempfile
    >>> rows = '{"question": "2 + 2?", "choices": ["4", "5"], "answer": "4"}\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "sums.jsonl")
    ...     _ = path.write_text(rows)
    ...     task = load_task(path, name="sums", calibration=0)
    >>> task.test[0].prompt, task.test[0].choices, task.test[0].answer
    ('Question: 2 + 2?\nAnswer:', (' 4', ' 5'), 0)

    The same question, open:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "sums.jsonl")
    ...     _ = path.write_text(rows)
    ...     task = load_task(path, references="answer", correctness="last_number", calibration=0)
    >>> task.test[0].references, task.test.writing
    (('4',), Writing(correctness='last_number', max_tokens=64, stop=('\n',)))
    """
    if not isinstance(source, (str, Path)) or not str(source).strip():
        raise TaskError(f"the source of a task is {source!r}; allowed is a name, a file or a folder")
    described = Description(
        source=str(source),
        name=name,
        config=config,
        revision=revision,
        layout=layout,
        template=template,
        question=question,
        choices=choices,
        answer=answer,
        answer_form=answer_form,
        references=references,
        judged=judged,
        judgement=judgement,
        judgement_range=judgement_range,
        correctness=name_of(correctness) if callable(correctness) else correctness,
        max_tokens=max_tokens,
        stop=stop,
        refusals=refusals,
        text=text,
        separator=separator,
        id=id,
        groups=groups,
        keep=keep,
        style=style,
        delimiter=delimiter,
        shuffle_choices=shuffle_choices,
        seed=seed,
        calibration=calibration,
        split=split,
        split_column=split_column,
        limit=limit,
    )
    if described.source.endswith(".toml"):
        described.refuse_details("is a description that says it all")
        return _load(read_description(Path(described.source), seed, limit))
    loader = registered_loader(described.source)
    if loader is None:
        return _load(described)
    described.refuse_details("brings its own prompts and splits")
    return _limited(loader(described.source), limit)


def _limited(task: Task, limit: int | None) -> Task:
    calibration: Items | None = task.calibration
    return replace(task, calibration=calibration and calibration[:limit], test=task.test[:limit])


def _load(described: Description) -> Task:
    _check_options(described)
    if described.layout == "bbq":
        described = bbq_description(described)
    if not _is_file(described.source):
        described = replace(described, revision=dataset_commit(described.source, described.revision))
    rows = _rows(described, described.split)
    items = _read(rows, described)
    calibration: Sequence[AnyItem] | None = None
    if isinstance(described.calibration, str):
        calibration = _read(_calibration_rows(described, described.calibration), described)
    elif described.calibration:
        calibration, items = by_fraction(items, described, described.calibration)
    return make_task(described, calibration, items, _origin(described))


def _check_options(described: Description) -> None:
    """Refuse what would be passed over in silence."""
    if _is_file(described.source):
        useless = {"config": described.config, "revision": described.revision}
        if described.split_column is None:
            useless["split"] = described.split
        why = "has no meaning for a file" + (" without split_column" if described.split_column is None else "")
    else:
        useless = {"split_column": described.split_column}
        why = "is for files; a dataset's splits are named by split and calibration"
    for option, value in useless.items():
        if value is not None:
            raise TaskError(f"task {described.title!r}: {option}={value!r} {why}")


def _is_file(source: str) -> bool:
    """Tell a file from a dataset; a folder is laid out like a dataset."""
    return is_file_name(source) or Path(source).expanduser().is_file()


def _rows(described: Description, split: str | None) -> Sequence[Row]:
    if not _is_file(described.source):
        return read_hub(described.source, described.config, split or "test", described.revision)
    rows = _file_rows(described.source, described.separator)
    return rows if described.split_column is None else rows_of_split(rows, described.split_column, split or "test")


def _calibration_rows(described: Description, calibration: str) -> Sequence[Row]:
    if described.split_column is not None or not _is_file(described.source):
        return _rows(described, calibration)
    if Path(calibration).expanduser().resolve() == Path(described.source).expanduser().resolve():
        raise TaskError(f"task {described.title!r}: calibration and test are the same file, {calibration}")
    return _file_rows(calibration, described.separator)


def _file_rows(name: str, separator: str) -> Sequence[Row]:
    path = Path(name).expanduser()
    if not is_file_name(name):
        raise TaskError(f"{path}: what kind of file is this? allowed are {', '.join(FILE_SUFFIXES)}, most also .gz")
    if _is_running_text(name):
        return read_stories(path, separator)
    return read_parquet(path) if name.endswith(".parquet") else read_file(path)


def _is_running_text(name: str) -> bool:
    return name.removesuffix(".gz").endswith(".txt")


def _read(rows: Sequence[Row], described: Description) -> Sequence[AnyItem]:
    if _is_running_text(described.source):
        return read_texts(rows, STORY, replace(described, id=NUMBER))
    rows = kept_rows(rows, described)
    if described.layout == "bbq":
        rows = bbq_rows(rows)
    rows = with_made_columns(rows, described)
    if described.is_open:
        return read_open_items(rows, described)
    return read_items(rows, described) if described.text is None else read_texts(rows, described.text, described)


def _origin(described: Description) -> str:
    return described.source if described.revision is None else f"{described.source}@{described.revision}"
