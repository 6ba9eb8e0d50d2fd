"""What a log holds, whichever of its two forms it has. Inspect itself is not needed to read one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from pytest_llmcal.scores.errors import ScoresError

FORMAT = 2
"""The number of the format that is read; Inspect writes it at the top of a log."""

_NEEDS_ZSTANDARD = "is packed with Zstandard, which Python before 3.14 reads with pip install 'pytest-llmcal[inspect]'"


@dataclass(frozen=True)
class Log:
    """A finished run.

    Attributes
    ----------
    task, model : str
    samples : list of (str, dict)
        Place of each sample, and what was logged of it, one for each time that it was asked.
    """

    task: str
    model: str
    samples: list[tuple[str, dict[str, Any]]]


def read_log(path: Path) -> Log:
    """Read a log and see that it is whole.

    Raises
    ------
    ScoresError
        If it is missing, cut off, no log of Inspect, of another format, or of a run that did not finish.
    """
    if not path.is_file():
        raise ScoresError(f"{path}: no such file; expected a log of Inspect, .eval or .json")
    with path.open("rb") as file:
        is_packed = file.read(2) == b"PK"
    if path.suffix == ".eval" and not is_packed:
        raise ScoresError(f"{path}: no packed log of Inspect: an .eval file is a ZIP archive, and this one is none")
    header, samples = _packed(path) if is_packed else _plain(path)
    _refuse_other_formats(header, path)
    _refuse_unfinished(header, len(samples), path)
    return Log(str(header["eval"]["task"]), str(header["eval"]["model"]), samples)


def _packed(path: Path) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    _read_zstandard()
    try:
        with ZipFile(path) as archive:
            names = list(dict.fromkeys(archive.namelist()))  # one that was asked anew stands twice, the last one counts
            if "header.json" not in names:
                raise ScoresError(
                    f"{path}: no header.json, which Inspect writes at the end: the run is not over, or this is no log"
                )
            header = _parsed(archive.read("header.json"), f"{path}, header.json")
            parts = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
            return header, [(f"{path}, {name}", _parsed(archive.read(name), f"{path}, {name}")) for name in parts]
    except BadZipFile as error:
        raise ScoresError(f"{path}: cannot be unpacked, perhaps because it was cut off: {error}") from None
    except NotImplementedError:
        raise ScoresError(f"{path}: {_NEEDS_ZSTANDARD}") from None


def _read_zstandard() -> None:
    """Let ZIP archives be packed with Zstandard, as Inspect's are."""
    try:
        import zipfile_zstd  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        return  # Python 3.14 reads it by itself, and what is packed otherwise needs neither


def _plain(path: Path) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    header = _parsed(path.read_bytes(), str(path))
    samples = header.get("samples") if isinstance(header, dict) else None
    return header, [
        (f"{path}, samples[{number}]", sample)
        for number, sample in enumerate(samples if isinstance(samples, list) else [])
    ]


def _parsed(text: bytes, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ScoresError(f"{place}:{error.lineno}: not JSON, perhaps cut off: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise ScoresError(f"{place}: cannot be read as text: {error}") from None


def _refuse_other_formats(header: Any, path: Path) -> None:
    known = header.keys() if isinstance(header, dict) else ()
    about = header.get("eval") if isinstance(header, dict) else None
    if "version" not in known or not isinstance(about, dict) or not {"task", "model"} <= about.keys():
        there = (
            f"its keys are {', '.join(map(repr, known)) or 'none'}" if isinstance(header, dict) else "it is no object"
        )
        raise ScoresError(f"{path}: no log of Inspect: expected 'version', and 'eval' with 'task' and 'model'; {there}")
    if header["version"] != FORMAT:
        packages = about.get("packages")
        wrote = packages.get("inspect_ai") if isinstance(packages, dict) else None
        by = f", written by inspect_ai {wrote}" if wrote else ""
        raise ScoresError(f"{path}: a log of format {header['version']!r}{by}; expected is format {FORMAT}")


def _refuse_unfinished(header: Any, samples: int, path: Path) -> None:
    if header.get("status") != "success":
        raise ScoresError(f"{path}: the run ended with status {header.get('status')!r}; expected is 'success'")
    results = header.get("results")
    total = results.get("total_samples") if isinstance(results, dict) else None
    if samples == 0:
        raise ScoresError(f"{path}: no samples; expected a log of a run without log_samples=False")
    if total is not None and total != samples:
        raise ScoresError(f"{path}: {samples} samples, where its results count {total}; expected are all of them")
