"""Records, gates and runs as plain data, to and from JSON.

``run.json`` is the contract between the plugin, which writes it, and every reader:
reports, comparisons, other tools. Everything in it is a builtin.
"""

from pytest_llmcal.records.errors import RunError
from pytest_llmcal.records.gate import MEASURED_NOTHING, OUTCOMES, Attempt, Gate
from pytest_llmcal.records.record import JUDGEMENTS, Record
from pytest_llmcal.records.run import SCHEMA, ModelFacts, Run
from pytest_llmcal.records.schema import run_schema, schema_text
from pytest_llmcal.records.sharing import Subjects, curves_of, lean
from pytest_llmcal.records.subject import Choice, Example, Subject

__all__ = [
    "JUDGEMENTS",
    "MEASURED_NOTHING",
    "OUTCOMES",
    "SCHEMA",
    "Attempt",
    "Choice",
    "Example",
    "Gate",
    "ModelFacts",
    "Record",
    "Run",
    "RunError",
    "Subject",
    "Subjects",
    "curves_of",
    "lean",
    "run_schema",
    "schema_text",
]
