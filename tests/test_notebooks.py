"""What a notebook shows of scores, measurements and verdicts, and the plot as a file and as a figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from pytest_llmcal import Measurement, Scores, calibrators
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import ScoresError
from tests.hostile import HOSTILE_TEXTS
from tests.markup import elements_of

ABOUT = About(model="world/gpt2", task="world/qa", split="test")


def scores(n: int = 200, about: About = ABOUT) -> Scores:
    generator = np.random.default_rng(5)
    logits = generator.normal(size=(n, 4)) * 2
    groups = {"region": ["north", "south"] * (n // 2)}
    labels = np.where(generator.random(n) < 0.5, logits.argmax(axis=1), generator.integers(0, 4, n))
    return Scores.from_logits(logits, labels, about=about, groups=groups)


def text_of(html: str) -> str:
    return "".join(elements_of(html).texts)


def test_scores_show_their_main_measurements_with_intervals_and_the_diagram() -> None:
    some = scores()
    html = some._repr_html_()
    text = text_of(html)
    for measured in (some.accuracy(), some.ece(), some.brier(), some.nll(), some.auroc()):
        assert f"{measured:.4f}" in text
        assert f"{measured.low:.4f} to {measured.high:.4f}" in text
    assert "Scores of 200 items of world/gpt2 on world/qa (test split)" in text
    assert some.plot_reliability()._repr_html_() in html


def test_scores_that_do_not_allow_a_measurement_say_why() -> None:
    text = text_of(Scores([0.5], [1])._repr_html_())
    assert "Scores of 1 item" in text
    assert "compares right answers with wrong ones" in text


def test_calibrated_scores_stand_beside_what_they_were() -> None:
    first, second = scores().split(0.5)
    calibrated = calibrators.create("temperature").fit(first).transform(second)
    text = text_of(calibrated._repr_html_())
    assert "before calibration" in text
    assert f"{second.ece():.4f}" in text
    assert 'stroke-dasharray="5 3"' in calibrated._repr_html_()


def test_a_measurement_shows_estimate_interval_method_and_items() -> None:
    ece = scores().ece()
    text = text_of(ece._repr_html_())
    floor = ece.noise_floor
    assert floor is not None
    for shown in (
        f"{ece:.4f}",
        f"{ece.low:.4f} to {ece.high:.4f}",
        "95% interval",
        "200",
        ece.method,
        f"{floor.p95:.4f}",
    ):
        assert shown in text
    endless = Measurement(1.0, name="nll", low=0.5, high=np.inf, n=2000, method="x", confidence=0.9, exact=0.75)
    for shown in ("NLL", "0.5000 to ∞", "90% interval", "2,000", "0.7500"):
        assert shown in text_of(endless._repr_html_())


@pytest.mark.parametrize(("limit", "status"), [(0.0, "refuted"), (1.0, "holds"), (0.4, "undecided")])
def test_a_verdict_shows_its_word_on_a_colour_and_its_sentence(limit: float, status: str) -> None:
    measured = Measurement(0.4, name="ece", low=0.3, high=0.5, n=50, method="x", confidence=0.95, about=ABOUT)
    verdict = measured.below(limit)
    html = verdict._repr_html_()
    assert f">{status}</strong>" in html
    assert "background:#" in html
    assert verdict.explain() in text_of(html)
    assert "of world/gpt2 on world/qa" in text_of(html)


def test_of_answers_about_which_little_is_known_that_little_is_said() -> None:
    group = scores(20, About(group="region=north"))
    assert "Scores of 20 items for region=north" in text_of(group._repr_html_())
    assert "ECE for region=north" in text_of(group.ece()._repr_html_())


def everything(text: str) -> list[str]:
    about = About(model=text, task=text, split=text, calibrator=text, group=text)
    measured = Measurement(0.4, name=text, low=0.3, high=0.5, n=50, method=text, confidence=0.95, about=about)
    some = scores(20, about)
    shown = [some, measured, measured.below(0.4), some.plot_reliability(), Scores([0.5], [1], about=about)]
    return [each._repr_html_() for each in shown]


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_hostile_texts_are_texts_in_a_notebook(text: str) -> None:
    for shown, harmless in zip(everything(text), everything("x"), strict=True):
        assert elements_of(shown).skeleton == elements_of(harmless).skeleton
        assert len(shown) < 30_000
        shown.encode("utf-8")


def test_what_a_notebook_shows_needs_no_script_no_stylesheet_and_nothing_from_elsewhere() -> None:
    for shown in everything("x"):
        read = elements_of(shown)
        assert {tag for tag, *_ in read.skeleton}.isdisjoint({"script", "style", "link", "img", "a", "iframe", "use"})
        for tag, *names in read.skeleton:
            assert not [name for name in names if name.startswith("on") or name in {"id", "class"}], tag


def test_a_plot_is_saved_as_an_svg_file(tmp_path: Path) -> None:
    path = scores().plot_reliability().save(tmp_path / "new" / "plot.svg")
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert "world/gpt2" in path.read_text(encoding="utf-8")


def test_other_formats_are_left_to_matplotlib(tmp_path: Path) -> None:
    with pytest.raises(ScoresError, match=r"save writes .svg files.*figure\(\).savefig\('a.png'\)"):
        scores().plot_reliability().save(tmp_path / "a.png")


def test_the_bins_of_a_plot_are_those_asked_for() -> None:
    assert len(scores().plot_reliability(bins=3).bins) == len(scores().reliability(bins=3).bins)
    with pytest.raises(ScoresError, match="binning must be one of"):
        scores().plot_reliability(binning="other")  # type: ignore[arg-type]


def test_a_plot_of_scores_about_which_nothing_is_known_has_a_title() -> None:
    assert scores(4, About()).plot_reliability().title == "4 answers"


def test_without_matplotlib_a_figure_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_llmcal.scores.plot.find_spec", lambda _: None)
    with pytest.raises(ScoresError, match=r"pip install 'pytest-llmcal\[plots\]'"):
        scores().plot_reliability().figure()


def test_a_figure_holds_the_curve_and_the_points() -> None:
    pytest.importorskip("matplotlib")
    plot = scores().plot_reliability()
    (axes,) = plot.figure().axes
    points = [tuple(xy) for line in axes.lines if line.get_marker() in {"o", "D"} for xy in line.get_xydata()]
    assert sorted(points) == sorted((entry.confidence, entry.accuracy) for entry in plot.bins)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("confidence", "accuracy")


def test_axes_of_ones_own_are_drawn_on() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    own = figure.subplots()
    plot = scores().plot_reliability(ax=own)
    assert len(own.lines) >= 3
    assert plot.title


def test_heavy_packages_are_not_imported_for_a_plot(tmp_path: Path) -> None:
    code = (
        "import sys; from pytest_llmcal import Scores; s = Scores([0.5, 0.7], [0, 1]); s._repr_html_(); "
        "s.plot_reliability().save('a.svg'); assert not {'matplotlib', 'jinja2', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


CELLS = [
    "import numpy as np\nfrom pytest_llmcal import Scores\n"
    "generator = np.random.default_rng(0)\nconfidence = generator.uniform(0.3, 1, 300)\n"
    "scores = Scores(confidence, generator.random(300) < confidence, groups={'region': ['<b>&'] * 300})",
    "scores",
    "scores.ece()",
    "scores.by_group('region')['<b>&'].ece().below(0.9)",
    "scores.plot_reliability()",
]


def notebook_file(folder: Path) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{place}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": code,
        }
        for place, code in enumerate(CELLS)
    ]
    kernel: dict[str, Any] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / "notebook.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


@pytest.mark.slow
def test_a_real_notebook_shows_them(tmp_path: Path) -> None:
    pytest.importorskip("nbconvert")
    pytest.importorskip("ipykernel")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--output", "page.html"]
    done = subprocess.run(
        [*command, str(notebook_file(tmp_path))], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    read = page[page.index("<body") :]  # behind the page's own styles and scripts
    assert read.count("<b>Scores of 300 items</b>") == 1
    assert read.count("<title>Reliability diagram of 300 answers</title>") == 2
    assert read.count(">holds</strong>") == 1
    assert "<bdi>region=&lt;b&gt;&amp;</bdi>" in read
