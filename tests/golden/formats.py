"""Tiny models of other programs, and the numbers that come out of them.

    python tests/golden/formats.py

Needs torch, numpy, transformers, tokenizers, safetensors and gguf; ran with torch 2.15.0, transformers 5.24.0, gguf 0.19.0
on a CPU. Random weights from fixed seeds, computed in float32. Writes into `formats/` beside itself:

{case}/         folders as `save_pretrained` writes them: config.json, weights (one file or shards), tokenizer.json.
{case}.gguf     files of the `gguf` package; the numbers are of a `transformers` model with the dequantised weights.
models.json     {case: {"ids": [0-based], "rows": positions, "logits": [[vocab] per row], "greedy": [ids that follow], "text", "tokens"}}
quant.json      {kind: {"bytes": hex of whole blocks, "numbers": what `gguf.quants` makes of them}}
"""

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from gguf import quants
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM,
                          Qwen3Config, Qwen3ForCausalLM)

OUT = Path(__file__).parent / "formats"
ROWS = [3, 9]  # the positions whose logits are kept
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0)
SHARED = dict(num_hidden_layers=2, max_position_embeddings=64)
CASES = {
    # Two query heads per key-value head, a head size of 10, llama3's scaling, shards of bfloat16.
    "llama": (LlamaForCausalLM, torch.bfloat16, LlamaConfig(
        **SHARED, vocab_size=48, hidden_size=28, intermediate_size=40, num_attention_heads=4, num_key_value_heads=2,
        head_dim=10, rms_norm_eps=1e-5, tie_word_embeddings=False,
        rope_parameters=LLAMA3 | dict(rope_theta=5e5, original_max_position_embeddings=16))),
    # As many key-value heads as query heads.
    "llama-tied": (LlamaForCausalLM, torch.float16, LlamaConfig(
        **SHARED, vocab_size=50, hidden_size=16, intermediate_size=28, num_attention_heads=4, num_key_value_heads=4,
        rms_norm_eps=1e-6, tie_word_embeddings=True)),
    # Four query heads per key-value head, biases.
    "qwen2": (Qwen2ForCausalLM, torch.float16, Qwen2Config(
        **SHARED, vocab_size=48, hidden_size=24, intermediate_size=28, num_attention_heads=4, num_key_value_heads=1,
        rms_norm_eps=1e-6, tie_word_embeddings=True, rope_parameters=dict(rope_type="default", rope_theta=1e6))),
    # Head norms, a head size of 6, heads wider together than the model.
    "qwen3": (Qwen3ForCausalLM, torch.float16, Qwen3Config(
        **SHARED, vocab_size=48, hidden_size=20, intermediate_size=32, num_attention_heads=8, num_key_value_heads=2,
        head_dim=6, rms_norm_eps=1e-6, tie_word_embeddings=False,
        rope_parameters=dict(rope_type="default", rope_theta=1e6))),
}


def draw(model, seed):
    """Larger than a fresh model's, so that attention is far from uniform and every bias and norm counts."""
    r = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        if "norm" in name:
            p.data = 1 + 0.2 * torch.randn(p.shape, generator=r)
        elif name.endswith("bias"):
            p.data = 0.3 * torch.randn(p.shape, generator=r)
        elif "embed" in name:
            p.data = 0.5 * torch.randn(p.shape, generator=r)
        else:
            p.data = torch.randn(p.shape, generator=r) / p.shape[1] ** 0.5
    model.tie_weights()


def numbers(t):
    """Nested lists, six significant digits."""
    return [numbers(row) for row in t] if t.dim() > 1 else [float(f"{x:.6g}") for x in t.tolist()]


@torch.no_grad()
def record(model, vocab, seed):
    model = model.float().eval()
    ids = torch.randint(vocab, (10,), generator=torch.Generator().manual_seed(seed))
    logits = model(ids[None]).logits[0][ROWS]
    greedy = model.generate(ids[None, :4], max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
    return {"ids": ids.tolist(), "rows": ROWS, "logits": numbers(logits), "greedy": greedy[0, 4:].tolist()}


def tokenizer(vocab):
    """Letters and a few pairs, `<s>` and `</s>`."""
    tokens = ["<unk>", "<s>", "</s>", " "] + [chr(c) for c in range(ord("a"), ord("z") + 1)]
    merges = [("t", "h"), ("th", "e"), ("e", "r"), ("i", "n"), ("in", "g"), ("o", "n"), ("b", "i"), ("bi", "r"),
              ("bir", "d"), ("a", "n"), ("an", "d"), ("s", "t"), ("r", "e"), ("o", "u"), ("a", "t"), ("l", "l")]
    tokens += [a + b for a, b in merges]
    inner = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens[:vocab])}, merges, unk_token="<unk>"))
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
                                   chat_template=TEMPLATE)


def hugging_face(made):
    for seed, (name, (kind, dtype, config)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        config.dtype = dtype
        model = kind(config)
        draw(model, seed)
        model = model.to(dtype)
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder, max_shard_size="12KB" if name == "llama" else "1GB")
        (folder / "generation_config.json").unlink(missing_ok=True)
        fast = tokenizer(config.vocab_size)
        fast.save_pretrained(folder)
        text = "the bird and the king"
        # Read back in float32: `model.to` would have rounded the rotary frequencies, too.
        made[name] = record(kind.from_pretrained(folder, dtype=torch.float32), 46, seed) | {"text": text, "tokens": fast.encode(text, add_special_tokens=False)}


def byte_alphabet():
    """GPT-2's printable characters of the bytes 0 to 255."""
    printable = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    spare = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(spare)) for b in range(256)]


def write_gguf(name, arch, model, kinds, permute, add_tokenizer, made):
    """Writes `model` with `kinds` in turn for its matrices, and records the model with the weights as they read back."""
    c = model.config
    w = gguf.GGUFWriter(OUT / f"{name}.gguf", arch)
    head_dim = c.head_dim if getattr(c, "head_dim", None) else c.hidden_size // c.num_attention_heads
    rope = c.rope_parameters
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    w.add_rope_dimension_count(head_dim)
    w.add_rope_freq_base(rope["rope_theta"])
    add_tokenizer(w)
    if rope["rope_type"] == "llama3":
        plain = rope["rope_theta"] ** (-np.arange(0, head_dim, 2) / head_dim)
        w.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq.numpy()).astype(np.float32))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[arch.upper()], c.num_hidden_layers)
    turn = 0
    for key, p in model.named_parameters():
        if key == "lm_head.weight" and c.tie_word_embeddings:
            continue
        a = p.data.numpy()
        heads = {"q_proj": c.num_attention_heads, "k_proj": c.num_key_value_heads}.get(key.split(".")[-2])
        kind = Q.F32
        if a.ndim == 2:
            kind, turn = kinds[turn % len(kinds)], turn + 1
        rows = np.arange(a.shape[0])
        if permute and heads:  # halves of a head become neighbours
            rows = rows.reshape(heads, 2, head_dim // 2).swapaxes(1, 2).reshape(-1)
        q = quants.quantize(np.ascontiguousarray(a[rows]), kind)
        w.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), q, raw_dtype=kind)
        back = np.empty_like(a)
        back[rows] = quants.dequantize(q, kind).reshape(a.shape)
        p.data = torch.from_numpy(back)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    made[name] = record(model, c.vocab_size, 5)


def ggufs(made):
    tokens = byte_alphabet() + ["th", "the", "Ġthe", "<|end|>"]

    def gpt2(w):
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre("gpt-2")
        w.add_token_list(tokens)
        w.add_token_types([1] * (len(tokens) - 1) + [3])
        w.add_token_merges(["t h", "th e", "Ġ the"])
        w.add_eos_token_id(len(tokens) - 1)
        w.add_chat_template(TEMPLATE)

    torch.manual_seed(0)
    llama = LlamaForCausalLM(LlamaConfig(
        **SHARED, vocab_size=len(tokens), hidden_size=32, intermediate_size=32, num_attention_heads=4,
        num_key_value_heads=2, rms_norm_eps=1e-5, tie_word_embeddings=False,
        rope_parameters=LLAMA3 | dict(rope_theta=5e4, original_max_position_embeddings=16)))
    draw(llama, 10)
    write_gguf("llama-mixed", "llama", llama, [Q.Q8_0, Q.Q4_0, Q.F16, Q.BF16, Q.Q4_1, Q.Q5_0, Q.Q5_1], True, gpt2, made)

    pieces = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % i for i in range(256)]
    pieces += [c.encode() for c in "▁abcdefghijklmnopqrstuvwxyz"] + ["▁t".encode(), b"he", "▁the".encode()]

    def llama_pieces(w):
        w.add_tokenizer_model("llama")
        w.add_token_list(pieces)
        w.add_token_scores([0.0] * 259 + [-float(i) for i in range(len(pieces) - 259)])
        w.add_token_types([2, 3, 3] + [6] * 256 + [1] * (len(pieces) - 259))
        w.add_bos_token_id(1)
        w.add_eos_token_id(2)

    qwen = Qwen3ForCausalLM(Qwen3Config(
        **SHARED, vocab_size=len(pieces), hidden_size=32, intermediate_size=32, num_attention_heads=4,
        num_key_value_heads=1, head_dim=8, rms_norm_eps=1e-6, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="default", rope_theta=1e6)))
    draw(qwen, 11)
    write_gguf("qwen3-q8", "qwen3", qwen, [Q.Q8_0], False, llama_pieces, made)


def blocks():
    """One or two blocks of random bytes of every kind, with scales that are finite and not tiny."""
    r = np.random.default_rng(3)
    scales = {Q.Q8_0: [0], Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2],
              Q.Q6_K: [208], Q.F16: [0], Q.BF16: []}
    made = {}
    for kind, at in scales.items():
        numbers_of, size = gguf.GGML_QUANT_SIZES[kind]
        count = 8 if numbers_of == 1 else 2 if numbers_of == 32 else 1
        b = r.integers(0, 256, (count, size), dtype=np.uint8)
        for i in at:
            b[:, i:i + 2] = r.uniform(-0.1, 0.1, (count, 1)).astype(np.float16).view(np.uint8)
        if kind == Q.BF16:
            b = (r.standard_normal((count, 1)).astype(np.float32).view(np.uint16)[:, 1:].copy()).view(np.uint8)
        x = quants.dequantize(b.reshape(1, -1), kind).reshape(-1)
        made[kind.name] = {"bytes": b.tobytes().hex(), "numbers": [float(str(v)) for v in x.astype(np.float32)]}
    return made


def main():
    OUT.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    made = {}
    hugging_face(made)
    ggufs(made)
    (OUT / "models.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
    (OUT / "quant.json").write_text(json.dumps(blocks(), separators=(",", ":")) + "\n")


main()
