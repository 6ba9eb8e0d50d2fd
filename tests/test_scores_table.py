import gzip
import json

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import ScoresError

ROWS = [
    {"id": "q1", "confidence": 0.9, "correct": 1, "region": "north"},
    {"id": "q2", "confidence": 0.25, "correct": 0, "region": "süd, west"},
]


def csv_text(rows=ROWS):
    cell = json.dumps
    return (
        "\n".join([",".join(rows[0]), *(",".join(cell(v, ensure_ascii=False) for v in row.values()) for row in rows)])
        + "\n"
    )


def jsonl_text(rows=ROWS):
    return "".join(json.dumps(row) + "\n" for row in rows)


def written(path, text):
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def parquet(path, rows=ROWS):
    pyarrow = pytest.importorskip("pyarrow.parquet", reason="Parquet files need pyarrow")
    import pyarrow as pa

    pyarrow.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet", "strange.name.csv"])
def test_every_kind_of_file_gives_the_same_scores(tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet(path)
    else:
        written(path, csv_text() if "csv" in name else jsonl_text())
    scores = Scores.from_table(path, about=About(model="m"))
    assert scores.confidence.tolist() == [0.9, 0.25]
    assert scores.correct.tolist() == [True, False]
    assert scores.ids == ("q1", "q2")
    assert dict(scores.groups) == {"region": ("north", "süd, west")}
    assert scores.about.model == "m"


def test_ids_and_groups_are_optional_and_a_path_may_be_text(tmp_path):
    path = written(tmp_path / "a.csv", "confidence,correct\n0.5,true\n0.5,False\n")
    scores = Scores.from_table(str(path))
    assert scores.correct.tolist() == [True, False]
    assert scores.ids is None
    assert not scores.groups


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("confidence,correct\n0.5,1\n", encoding="utf-8-sig")
    assert len(Scores.from_table(path)) == 1


def test_numbers_name_groups_as_they_are_written(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"confidence": 0.5, "correct": true, "year": 2020}\n')
    assert Scores.from_table(path).groups["year"] == ("2020",)


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.csv", "", r"a.csv: no rows"),
        ("a.csv", "confidence,correct\n", r"a.csv: no rows; scores need at least one item"),
        (
            "a.csv",
            "confidence,right\n0.5,1\n",
            r"a.csv:2: no column 'correct' .* its columns are 'confidence', 'right'",
        ),
        (
            "a.csv",
            "confidence,correct\n0.5,1\n1.5,1\n",
            r"a.csv:3, column 'confidence': '1.5' is not allowed; it must be a number",
        ),
        ("a.csv", "confidence,correct\n0.5,1\nnan,1\n", r"a.csv:3, column 'confidence': 'nan' is not allowed"),
        ("a.csv", "confidence,correct\n0.5,1\n,1\n", r"a.csv:3, column 'confidence': '' is not allowed"),
        (
            "a.csv",
            "confidence,correct\n0.5,2\n",
            r"a.csv:2, column 'correct': '2' is not allowed; it must be 0, 1, true or false",
        ),
        ("a.csv", "confidence,correct\n0.5,1,7\n", r"a.csv:2: the row does not have 2 columns like the header"),
        ("a.csv", "confidence,correct\n0.5\n", r"a.csv:2: the row does not have 2 columns"),
        ("a.csv", "confidence,correct,correct\n0.5,1,0\n", r"a.csv:1: a column name appears twice"),
        ("a.csv", 'confidence,correct\n"0.5,1\n', r"a.csv, after line 1: not CSV: unexpected end of data"),
        ("a.jsonl", '{"confidence": 0.5, "correct": 1}\n{"confidence"\n', r"a.jsonl:2: not JSON"),
        ("a.jsonl", "[0.5, 1]\n", r"a.jsonl:1: a line must hold an object"),
        (
            "a.jsonl",
            '{"confidence": 0.5, "correct": 1}\n\n{"confidence": 0.5}\n',
            r"a.jsonl:3: its columns are 'confidence', those",
        ),
        ("a.jsonl", '{"confidence": true, "correct": 1}\n', r"a.jsonl:1, column 'confidence': True is not allowed"),
        ("a.jsonl", '{"confidence": null, "correct": 1}\n', r"a.jsonl:1, column 'confidence': None is not allowed"),
        (
            "a.jsonl",
            '{"confidence": 0.5, "correct": 1, "g": null}\n',
            r"a.jsonl:1, column 'g': None is not allowed; it must be a text",
        ),
        ("a.parquet", "no parquet", r"a.parquet: not a Parquet file"),
        ("a.xlsx", "x", r"a.xlsx: cannot tell its kind; allowed are files named .csv, .jsonl, .parquet"),
        ("a", "x", r"a: cannot tell its kind"),
    ],
)
def test_errors_name_file_line_and_column(tmp_path, name, text, match):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="Parquet files need pyarrow")
    with pytest.raises(ScoresError, match=match):
        Scores.from_table(written(tmp_path / name, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScoresError, match=r"nowhere\.csv: no such file"):
        Scores.from_table(tmp_path / "nowhere.csv")


def test_a_damaged_archive_is_named(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(ScoresError, match=r"a.csv.gz: cannot be read as text"):
        Scores.from_table(tmp_path / "a.csv.gz")


def test_a_missing_value_in_a_parquet_file_is_named(tmp_path):
    path = parquet(tmp_path / "a.parquet", [ROWS[0], ROWS[1] | {"region": None}])
    with pytest.raises(ScoresError, match=r"a.parquet, row 2, column 'region': None is not allowed"):
        Scores.from_table(path)


def test_two_items_of_one_id_are_refused(tmp_path):
    with pytest.raises(ScoresError, match=r"a.csv:3, column 'id': 'q1' is also the id of .*a.csv:2"):
        Scores.from_table(written(tmp_path / "a.csv", csv_text([ROWS[0], ROWS[0]])))


def test_an_outcome_tells_what_was_right_and_what_could_not_be_read(tmp_path):
    text = "confidence,outcome,dataset\n0.9,correct,arc\n0.8,wrong,arc\n,unparseable,arc\n0.7,Unparseable,mmlu\n"
    scores = Scores.from_table(written(tmp_path / "outcomes.csv", text))
    assert scores.confidence.tolist() == [0.9, 0.8, 0.0, 0.0]
    assert scores.correct.tolist() == [True, False, False, False]
    assert list(scores.groups) == ["dataset"]


def test_an_unknown_outcome_is_named_with_its_place(tmp_path):
    path = written(tmp_path / "outcomes.csv", "confidence,outcome\n0.9,correct\n0.8,refused\n")
    with pytest.raises(
        ScoresError,
        match=r"outcomes\.csv:3, column 'outcome': 'refused' is not allowed; .* correct, wrong, unparseable",
    ):
        Scores.from_table(path)


def test_beside_correct_an_outcome_is_a_group_like_any_other(tmp_path):
    path = written(tmp_path / "both.csv", "confidence,correct,outcome\n0.9,1,victory\n")
    assert Scores.from_table(path).groups == {"outcome": ("victory",)}


def test_a_column_names_clusters(tmp_path):
    path = written(tmp_path / "clustered.csv", "confidence,correct,cluster\n0.9,1,a\n0.8,0,a\n")
    assert Scores.from_table(path).clusters == ("a", "a")
