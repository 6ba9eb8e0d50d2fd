"""``load_model``: from a name to a model that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.version import Version

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.accelerator import SHARDED
from pytest_llmcal.scoring.folders import find_folder
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.recorded import RECORDED, RecordedModel
from pytest_llmcal.scoring.threads import most_threads

if TYPE_CHECKING:
    import torch

    from pytest_llmcal.scoring.huggingface import HuggingFaceModel
    from pytest_llmcal.scoring.servers.model import ServedModel

TOKENIZER_FILES = ("tokenizer*", "vocab*", "*.model", "*.tiktoken")
"""A folder with a tokenizer has a file like one of these."""

UNBOUNDED = 10**9
"""Tokenizers without a length of their own state an even larger one."""


def load_model(
    name: str | Path,
    *,
    revision: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    trust_remote_code: bool = False,
    allow_pickle: bool = False,
    truncate: Literal["left"] | None = None,
    chat: bool = False,
    system: str | None = None,
    batch_tokens: int | None = None,
    threads: int | None = None,
) -> HuggingFaceModel | RecordedModel | ServedModel:
    """Load a language model with its tokenizer, one with a decoder alone or with an encoder before it.

    Parameters
    ----------
    name : str or Path
        A folder, an embedded model (``"world/gpt2"``, ``"world/gpt2-overfit"``) or a name on the
        Hugging Face hub; anything that ``AutoModelForCausalLM`` or ``AutoModelForSeq2SeqLM`` loads. Or
        ``"recorded:answers.jsonl"``, a `RecordedModel` of answers in a file, for which nothing else matters. Or
        ``"openai:URL#NAME"``, a model on a server as `load_server` gives it, for which only ``revision``, ``chat`` and
        ``system`` matter.
    revision : str, optional
        Branch, tag or commit on the hub.
    dtype : {"auto", "float32", "bfloat16", "float16", "float64"}
        Precision of the weights; ``"auto"`` is bfloat16 on CUDA, else float32. What a narrower one changes
        on the CPU, `dtype_flips` counts.
    device : str
        ``"auto"`` (CUDA where there is one, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or
        ``"sharded"``: layer by layer over all CUDA devices, and what does not fit in the memory of the CPU.
    trust_remote_code : bool
        Whether code that comes with the model may run.
    allow_pickle : bool
        Whether weights may be read that are not there as safetensors; unpickling can run code.
    truncate : {"left"}, optional
        Leave out the oldest tokens of a prompt that is too long for the model, its begin-of-sequence token
        and, with chat, all that stands before the prompt kept; by default that is an error.
    chat : bool
        Whether every prompt is put to the model as a user's turn, by its tokenizer's chat template, and choices
        are weighed as the beginning of its answer.
    system : str, optional
        System prompt before that turn; only with chat.
    batch_tokens : int, optional
        Most tokens of a batch; answers do not depend on it. By default as many as the device's free memory allows,
        on the CPU 2,048; fewer are run where memory turns out not to be enough.
    threads : int, optional
        Most threads of the CPU; by default what affinity and container allow this process, shared with the
        other workers of pytest-xdist. Small models use one, and no model more than torch is set to.

    Returns
    -------
    Model
        One that can also be trained, by distillation.

    Raises
    ------
    ModelError
        The model cannot be loaded; the text says why and what is allowed.

    Examples
    --------
    >>> from pytest_llmcal.scoring import Request
    >>> model = load_model("world/gpt2", device="cpu")
    >>> [answer] = model.log_likelihoods([Request("1", "Question: Who keeps", " bees")])
    >>> answer.total < 0, answer.tokens
    (True, 1)
    """
    name = str(name)
    if name.startswith(RECORDED):
        return RecordedModel(name.removeprefix(RECORDED))
    from pytest_llmcal.scoring.servers import PREFIX, load_server  # which stands on what stands on this module

    if name.startswith(PREFIX):
        return load_server(name, revision=revision, chat=chat, system=system)
    if truncate not in (None, "left"):
        raise ModelError(f"truncate is {truncate!r}; allowed are 'left' and None")
    if batch_tokens is not None and batch_tokens < 1:
        raise ModelError(f"batch_tokens is {batch_tokens}; allowed is 1 or more")
    if threads is not None and threads < 1:
        raise ModelError(f"threads is {threads}; allowed is 1 or more")
    if system is not None and not chat:
        raise ModelError(f"system is {system!r}, and only a chat template has a place for it; pass chat=True too")

    from pytest_llmcal.scoring.chat import Chat
    from pytest_llmcal.scoring.devices import choose_device, choose_dtype
    from pytest_llmcal.scoring.huggingface import HuggingFaceModel

    place = choose_device(device)
    precision = choose_dtype(dtype, place)
    folder, found = find_folder(name, revision, allow_pickle)
    tokenizer = tokenizer_of(name, folder, trust_remote_code)
    conversation = Chat(tokenizer, system) if chat else None
    if device == SHARDED:
        model = _sharded(name, folder, precision, trust_remote_code)
    else:
        model = _weights(name, folder, precision, trust_remote_code).to(place)
    if chat and model.config.is_encoder_decoder:
        raise ModelError(f"model {name!r} has an encoder and a decoder; chat is for models that continue their prompt")
    in_float32 = partial(
        load_model,
        folder,
        dtype="float32",
        device=device,
        trust_remote_code=trust_remote_code,
        allow_pickle=allow_pickle,
        truncate=truncate,
        chat=chat,
        system=system,
        batch_tokens=batch_tokens,
        threads=threads,
    )
    return HuggingFaceModel(
        model,
        tokenizer,
        ModelFacts(
            name=name,
            revision=found,
            dtype=str(precision).removeprefix("torch."),
            device=_places(model),
            parameters=sum(weight.numel() for weight in model.parameters()),
        ),
        limit=_context_length(model.config, tokenizer),
        batch_tokens=batch_tokens or batch_tokens_of(model, place),
        truncate=truncate,
        threads=most_threads() if threads is None else threads,
        in_float32=in_float32,
        chat=conversation,
    )


def tokenizer_of(name: str, folder: Path, trust_remote_code: bool = False) -> Any:
    """Load the tokenizer of a folder that was found.

    Raises
    ------
    ModelError
        There is none, or it cannot be loaded.
    """
    from transformers import AutoTokenizer

    # for some models transformers makes an empty tokenizer of a folder without one, and says nothing
    if not any(path for pattern in TOKENIZER_FILES for path in folder.glob(pattern)):
        raise ModelError(f"model {name!r}: the folder {folder} has no tokenizer ({', '.join(TOKENIZER_FILES)})")
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code, local_files_only=True)
    # tokenizers raise what they please: transformers', tokenizers' and the import system's own errors
    except Exception as error:
        raise _explained(name, "tokenizer", error) from error


def _sharded(name: str, folder: Path, dtype: torch.dtype, trust_remote_code: bool) -> Any:
    if find_spec("accelerate") is None:
        raise ModelError(
            f"model {name!r}: device 'sharded' needs the package accelerate: pip install 'pytest-llmcal[large]'"
        )
    return _weights(name, folder, dtype, trust_remote_code, device_map="auto")


def _places(model: Any) -> str:
    """Name the devices that a model lies on, in order; the disk is one of a sharded model's."""
    shards = getattr(model, "hf_device_map", None) or {"": model.device}
    # accelerate calls a CUDA device by its number
    return ", ".join(
        dict.fromkeys(f"cuda:{place}" if isinstance(place, int) else str(place) for place in shards.values())
    )


def _weights(name: str, folder: Path, dtype: torch.dtype, trust_remote_code: bool, **options: Any) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, __version__

    options["dtype" if Version(__version__) >= Version("4.56") else "torch_dtype"] = dtype
    return weights_of(
        name,
        folder,
        lambda config: AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM,
        trust_remote_code=trust_remote_code,
        **options,
    )


def weights_of(
    name: str,
    folder: Path,
    loader: Callable[[Any], Any],
    *,
    spared: str = "",
    trust_remote_code: bool = False,
    **options: Any,
) -> Any:
    """Load the weights of a folder that was found, in evaluation mode.

    Parameters
    ----------
    name : str
        What the model is called.
    folder : Path
    loader : callable
        From a configuration to one of ``transformers``' automatic classes.
    spared : str
        How the names of weights begin that may be missing, because they are not used.
    trust_remote_code : bool
    **options
        Handed on to ``from_pretrained``.

    Raises
    ------
    ModelError
        They cannot be loaded, or some are missing.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code, local_files_only=True)
        with _silence():
            model, report = loader(config).from_pretrained(
                folder,
                use_safetensors=any(folder.glob("*.safetensors")),
                trust_remote_code=trust_remote_code,
                local_files_only=True,
                output_loading_info=True,
                **options,
            )
    # so do models: architectures, safetensors and torch have errors of their own
    except Exception as error:
        raise _explained(name, "model", error) from error
    missing = sorted(key for key in report["missing_keys"] if not (spared and key.startswith(spared)))
    if missing:
        raise ModelError(
            f"model {name!r}: its files lack {len(missing)} weights, {missing[0]!r} among them; "
            f"they would be random numbers"
        )
    return model.eval()


def _explained(name: str, part: str, error: Exception) -> ModelError:
    if "trust_remote_code" in str(error):
        return ModelError(
            f"model {name!r}: its {part} needs code that comes with it; "
            f"pass trust_remote_code=True if you trust that code"
        )
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ModelError(f"model {name!r}: its {part} cannot be loaded: {reason}")


@contextmanager
def _silence() -> Iterator[None]:
    """Keep progress bars out of test output, and put things back as they were."""
    from transformers.utils import logging as transformers_logging

    logging: Any = transformers_logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def batch_tokens_of(model: Any, place: torch.device) -> int:
    """Tokens of a batch that there is memory for beside the model."""
    import torch

    from pytest_llmcal.scoring.budget import batch_tokens_for

    free = torch.cuda.mem_get_info(place)[0] if place.type == "cuda" else None
    return batch_tokens_for(model.config.get_text_config(), model.dtype.itemsize, place.type, free)


def _context_length(config: Any, tokenizer: Any) -> int | None:
    """Tokens that a model reads at once, None if its configuration and tokenizer set no bound."""
    text_config = config.get_text_config()
    for key in ("max_position_embeddings", "n_positions", "n_ctx", "seq_length"):
        length = getattr(text_config, key, None)
        if isinstance(length, int) and length > 0:
            return length
    stated = tokenizer.model_max_length
    return int(stated) if stated < UNBOUNDED else None
