"""Writes a small Llama of ``transformers`` as the GGUF file that llama.cpp serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter, TokenType
from safetensors.numpy import load_file

_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def convert(folder: Path, file: Path, *, chat_template: str | None = None, begin: bool = True) -> None:
    """Write the model of a folder in float32, with its tokenizer; perhaps a chat template, a begin token."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = GGUFWriter(file, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    _add_tokenizer(writer, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")), chat_template)
    writer.add_add_bos_token(begin)
    for name, tensor in load_file(folder / "model.safetensors").items():
        writer.add_tensor(_name(name), _arranged(name, tensor.astype(np.float32), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _name(name: str) -> str:
    if name in ("model.embed_tokens.weight", "model.norm.weight"):
        return {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}[name]
    _, _, number, part = name.removesuffix(".weight").split(".", 3)
    return f"blk.{number}.{_LAYER[part]}.weight"


def _arranged(name: str, tensor: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    """Put the rows of queries and keys where llama.cpp rotates them: in pairs of neighbours, not of halves."""
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
    if heads is None:
        return tensor
    halves = tensor.reshape(config[heads], 2, -1, tensor.shape[1])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(tensor.shape))


def _add_tokenizer(writer: GGUFWriter, tokenizer: dict[str, Any], chat_template: str | None) -> None:
    """Write a BPE of SentencePiece's kind: there the merge of the token with the highest score comes first."""
    pieces = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    merged = [left + right for left, right in map(_pair, tokenizer["model"]["merges"])]
    rank = {piece: place for place, piece in reversed(list(enumerate(merged)))}
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores([-float(rank.get(piece, len(merged))) for piece in pieces])
    writer.add_token_types([_kind(piece) for piece in pieces])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(True)
    if chat_template is not None:
        writer.add_chat_template(chat_template)


def _pair(merge: Any) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _kind(piece: str) -> TokenType:
    if piece == "<unk>":
        return TokenType.UNKNOWN
    if piece in ("<s>", "</s>"):
        return TokenType.CONTROL
    return TokenType.BYTE if piece.startswith("<0x") and len(piece) == 6 else TokenType.NORMAL
