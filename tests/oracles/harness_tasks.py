"""Tasks for lm_eval and Inspect on items of the embedded world, and how each is run on the embedded model."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import Request
from pytest_llmcal.world import checkpoint_folder

ROOT = Path(__file__).parents[2]

COMMON = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}, cache_dir: {cache}}}
test_split: test
doc_to_text: "{{{{prompt}}}}"
"""
CHOICES = """
output_type: multiple_choice
doc_to_choice: "{{choices}}"
doc_to_target: "{{answer}}"
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_bytes}, {metric: acc_mutual_info}, %s]
"""
WRITTEN = """
output_type: generate_until
doc_to_target: "{{text}}"
repeats: 4
generation_kwargs: {until: ["\\n", "."], max_gen_toks: 6, do_sample: true, temperature: 1.0}
filter_list:
  - {name: first, filter: [{function: regex, regex_pattern: "^\\\\s*(.*)$"}, {function: take_first}]}
  - name: majority
    filter: [{function: regex, regex_pattern: "^\\\\s*(.*)$"}, {function: majority_vote}, {function: take_first}]
metric_list: [{metric: exact_match}]
"""


def rows(count: int, choices: int | None = None) -> list[dict[str, Any]]:
    """Items as rows of a data set; of one number of choices, or of any."""
    items = [item for item in load_task("world/qa", limit=600).test if choices in (None, len(item.choices))][:count]
    assert len(items) == count
    return [
        {
            "prompt": item.prompt,
            "choices": [choice.strip() for choice in item.choices],
            "answer": item.answer,
            "text": item.choices[item.answer].strip(),
            "region": item.groups["region"],
        }
        for item in items
    ]


def lm_eval_logs(folder: Path) -> Path:
    """Run lm_eval's own command on three tasks; return the folder with what it wrote."""
    tasks = {
        "four_choices": (rows(40, 4), CHOICES % "{metric: brier_score}"),
        # lm_eval's Brier score stops at items with different numbers of choices
        "any_choices": (rows(20), CHOICES % "{metric: exact_match}"),
        "written": (rows(10), WRITTEN),
    }
    for name, (items, how) in tasks.items():
        data = folder / f"{name}.jsonl"
        data.write_text("".join(f"{json.dumps(row)}\n" for row in items), encoding="utf-8")
        text = COMMON.format(name=name, data=data, cache=folder / "cache") + how
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    out = folder / "out"
    arguments = (
        f"lm_eval run --model hf --model_args pretrained={checkpoint_folder('world/gpt2')} --tasks {','.join(tasks)} "
        f"--include_path {folder} --output_path {out} --log_samples --device cpu --batch_size 8"
    )
    from lm_eval.__main__ import cli_evaluate

    with (
        mock.patch.object(sys, "argv", arguments.split()),
        mock.patch.dict(os.environ, {"HF_HUB_OFFLINE": "1"}),
        mock.patch("torch.utils.collect_env.get_pretty_env_info", return_value=""),  # it asks pip, for seconds
    ):
        cli_evaluate()
    [results] = out.rglob("results_*.json")
    return results.parent


def _letters_provider() -> None:
    """Tell Inspect of a provider whose letters have the probabilities that the embedded model gives the choices."""
    from inspect_ai import model as inspect_model

    @inspect_model.modelapi(name="world")
    class Letters(inspect_model.ModelAPI):
        def __init__(self, model_name: str, config: Any = None, **_: Any) -> None:
            super().__init__(model_name, config=config or inspect_model.GenerateConfig())
            self.world = load_model("world/gpt2", device="cpu")

        async def generate(self, input: Any, *_: Any, **__: Any) -> Any:  # noqa: A002  # Inspect's name
            question, *choices = input[-1].text.splitlines()
            requests = [Request("asked", question, " " + choice.split(") ", 1)[1]) for choice in choices]
            totals = [answer.total for answer in self.world.log_likelihoods(requests)]
            return inspect_model.ModelOutput(
                model="world",
                choices=[_letter(inspect_model, totals)],
                usage=inspect_model.ModelUsage(input_tokens=1, output_tokens=2, total_tokens=3),
            )

        async def count_tokens(self, *_: Any, **__: Any) -> int:
            return 1  # or it would ask the network for a tokenizer


def _letter(inspect_model: Any, totals: Sequence[float]) -> Any:
    everything = math.log(sum(map(math.exp, totals)))
    tops = [
        inspect_model.TopLogprob(token=f" {letter}", logprob=total - everything)
        for letter, total in zip("ABCDEF", totals, strict=False)
    ]
    best = max(tops, key=lambda top: top.logprob)
    tokens = [
        inspect_model.Logprob(token="ANSWER:", logprob=0.0),
        inspect_model.Logprob(token=best.token, logprob=best.logprob, top_logprobs=tops),
    ]
    return inspect_model.ChatCompletionChoice(
        message=inspect_model.ChatMessageAssistant(content=f"ANSWER:{best.token}"),
        logprobs=inspect_model.Logprobs(content=tokens),
    )


def inspect_choices(folder: Path) -> Any:
    """Run Inspect's multiple choice; return its log, as it has it in memory."""
    from inspect_ai import Task
    from inspect_ai import eval as run
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    _letters_provider()
    samples = [
        Sample(row["prompt"], row["choices"], "ABCDEF"[row["answer"]], metadata={"region": row["region"]})
        for row in rows(40, 4)
    ]
    task = Task(
        name="four", dataset=MemoryDataset(samples), solver=multiple_choice(template="{question}\n{choices}"),
        scorer=choice(),
    )  # fmt: skip
    [log] = run(task, model="world/gpt2", log_dir=str(folder), log_format="eval", display="none")
    return log


def inspect_written(folder: Path) -> Any:
    """Let Inspect's provider of Hugging Face models write, every text twice."""
    from inspect_ai import Task
    from inspect_ai import eval as run
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate

    samples = [Sample(row["prompt"], target=row["text"].split()[0], id=f"q{n}") for n, row in enumerate(rows(10))]
    task = Task(name="written", dataset=MemoryDataset(samples), solver=generate(), scorer=includes())
    [log] = run(
        task, model="hf/world", log_dir=str(folder), log_format="eval", display="none", epochs=2, logprobs=True,
        top_logprobs=2, max_tokens=4, seed=1,
        model_args={
            "model_path": str(checkpoint_folder("world/gpt2")), "device": "cpu", "use_chat_template": False,
        },
    )  # fmt: skip
    return log


def inspect_logs(folder: Path) -> dict[str, dict[str, Any]]:
    """Run Inspect three times, in a process of its own; return where each log lies, and what Inspect says of it."""
    # It leaves streams open, whose warnings would reach the tests that come later.
    subprocess.run([sys.executable, "-m", "tests.oracles.harness_tasks", str(folder)], cwd=ROOT, check=True)
    said: dict[str, dict[str, Any]] = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    return said


def _say(folder: Path) -> None:
    from inspect_ai.log import write_eval_log

    logs = {"packed": inspect_choices(folder), "written": inspect_written(folder)}
    write_eval_log(logs["packed"], folder / "plain.json")
    said = {
        name: {
            "path": log.location,
            "accuracy": log.results.scores[0].metrics["accuracy"].value,
            "tokens": {
                f"{sample.id}#{sample.epoch}": [token.logprob for token in sample.output.choices[0].logprobs.content]
                for sample in log.samples
            },
        }
        for name, log in logs.items()
    }
    (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    _say(Path(sys.argv[1]))
