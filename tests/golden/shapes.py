"""Tiny transformers of every shape in PyTorch, and the numbers that another implementation of them must reproduce.

    python tests/golden/shapes.py

Needs torch, numpy and safetensors; ran with torch 2.15.0 on a CPU. Random float32 weights from a fixed seed, computed in
float32; a run in float64 beside it prints how far rounding alone moves the numbers. The shapes:

qwen2         biases on queries, keys and values; one key-value head; rows of several documents; masked targets
qwen3         heads wider than dim / heads, each normalised; untied output
interleaved   rotary positions that pair neighbours; rows of several documents
learned       learned positions, and attention to the whole of several documents

Writes beside itself:

shapes.safetensors  the weights, PyTorch's [out, in], named "{config}.{tensor}": "qwen2.layers.0.wq.weight".
shapes.json         {"torch", "configs": [{"name", "config", "ids", "starts", "targets", "logits", "loss", "grads"}]}
    ids, targets    [batch, time], 0-based; a target of -100 does not count.
    starts          [batch, time]: the index within the row at which the position's document begins, or null.
    logits          {"shape": [batch, time, vocab], "data": flat}
    loss            mean cross-entropy over the positions that count.
    grads           of that loss, for every tensor: {"shape", "norm": Euclidean, "data": the first 64 entries}.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = Path(__file__).parent
BATCH, TIME, KEPT = 2, 12, 64
SHARED = dict(vocab=19, dim=24, layers=2, heads=4, kv_heads=2, head_dim=6, hidden=28, context=16, positions="rope",
              rope_theta=1e4, qkv_bias=False, qk_norm=False, tied=True, causal=True, norm_eps=1e-5)
CONFIGS = {
    "qwen2": SHARED | dict(kv_heads=1, qkv_bias=True, rope_theta=1e6, norm_eps=1e-6),
    "qwen3": SHARED | dict(head_dim=10, qk_norm=True, tied=False, rope_theta=1e6, norm_eps=1e-6),
    "interleaved": SHARED | dict(positions="interleaved"),
    "learned": SHARED | dict(positions="learned", causal=False, tied=False),
}
PACKED = {"qwen2", "interleaved", "learned"}
STARTS = [[0] * 5 + [5] * 1 + [6] * 6, [0] * 8 + [8] * 4]


def draw_weights(c):
    """Larger than a fresh model's, so that attention is far from uniform and every bias and norm counts."""
    q, kv = c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    dim, hidden, vocab = c["dim"], c["hidden"], c["vocab"]
    matrix = lambda out, in_: torch.randn(out, in_) / math.sqrt(in_)
    gain = lambda n: 1 + 0.2 * torch.randn(n)
    w = {"embed.weight": 0.25 * torch.randn(vocab, dim)}
    if c["positions"] == "learned":
        w["positions.weight"] = 0.25 * torch.randn(c["context"], dim)
    for i in range(c["layers"]):
        p = f"layers.{i}."
        w[p + "attn_norm.weight"] = gain(dim)
        for name, out in [("wq", q), ("wk", kv), ("wv", kv)]:
            w[p + name + ".weight"] = matrix(out, dim)
            if c["qkv_bias"]:
                w[p + name + ".bias"] = 0.5 * torch.randn(out)
        if c["qk_norm"]:
            w[p + "q_norm.weight"] = gain(c["head_dim"])
            w[p + "k_norm.weight"] = gain(c["head_dim"])
        w[p + "wo.weight"] = matrix(dim, q)
        w[p + "ffn_norm.weight"] = gain(dim)
        w[p + "w1.weight"] = matrix(hidden, dim)
        w[p + "w2.weight"] = matrix(dim, hidden)
        w[p + "w3.weight"] = matrix(hidden, dim)
    w["norm.weight"] = gain(dim)
    if not c["tied"]:
        w["output.weight"] = matrix(vocab, dim)
    return w


def rms_norm(x, weight, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def rope(c, x, places):
    """Turns pairs of entries by place * theta^(-2i / head_dim). x: [batch, heads, time, head_dim], places: [batch, time]"""
    if c["positions"] == "learned":
        return x
    half = c["head_dim"] // 2
    frequency = c["rope_theta"] ** (-2 * torch.arange(half, dtype=x.dtype) / c["head_dim"])
    angle = places[:, None, :, None].to(x.dtype) * frequency  # [batch, 1, time, half]
    if c["positions"] == "interleaved":
        a, b = x[..., 0::2], x[..., 1::2]
    else:
        a, b = x[..., :half], x[..., half:]
    a, b = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    if c["positions"] == "interleaved":
        return torch.stack([a, b], -1).flatten(-2)
    return torch.cat([a, b], -1)


def attention(c, w, p, x, starts, places):
    batch, time, _ = x.shape
    heads, kv_heads, head_dim = c["heads"], c["kv_heads"], c["head_dim"]

    def project(name, n):
        y = x @ w[p + f"w{name}.weight"].T
        if c["qkv_bias"]:
            y = y + w[p + f"w{name}.bias"]
        y = y.view(batch, time, n, head_dim)
        if c["qk_norm"] and name != "v":
            y = rms_norm(y, w[p + f"{name}_norm.weight"], c["norm_eps"])
        return y.transpose(1, 2)  # [batch, n, time, head_dim]

    q, k, v = rope(c, project("q", heads), places), rope(c, project("k", kv_heads), places), project("v", kv_heads)
    # Each key-value head serves heads / kv_heads consecutive query heads.
    k, v = (y.repeat_interleave(heads // kv_heads, dim=1) for y in (k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(head_dim)  # [batch, heads, time, time]
    seen = starts[:, :, None] == starts[:, None, :]
    if c["causal"]:
        seen = seen & torch.ones(time, time, dtype=torch.bool).tril()
    mixed = scores.masked_fill(~seen[:, None], -math.inf).softmax(-1) @ v
    return mixed.transpose(1, 2).reshape(batch, time, heads * head_dim) @ w[p + "wo.weight"].T


def forward(c, w, ids, starts):
    eps = c["norm_eps"]
    places = torch.arange(ids.shape[1]) - starts
    x = w["embed.weight"][ids]  # [batch, time, dim]
    if c["positions"] == "learned":
        x = x + w["positions.weight"][places]
    for i in range(c["layers"]):
        p = f"layers.{i}."
        x = x + attention(c, w, p, rms_norm(x, w[p + "attn_norm.weight"], eps), starts, places)
        n = rms_norm(x, w[p + "ffn_norm.weight"], eps)
        x = x + (F.silu(n @ w[p + "w1.weight"].T) * (n @ w[p + "w3.weight"].T)) @ w[p + "w2.weight"].T
    return rms_norm(x, w["norm.weight"], eps) @ w["embed.weight" if c["tied"] else "output.weight"].T


def run(c, weights, ids, starts, targets, dtype):
    w = {name: t.to(dtype, copy=True).requires_grad_() for name, t in weights.items()}
    logits = forward(c, w, ids, starts)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    return logits.detach(), loss.detach(), {name: t.grad for name, t in w.items()}


def numbers(t):
    """Flat, each as the shortest decimal that reads back as the same float32."""
    return [float(str(x)) for x in t.flatten().numpy().astype(np.float32)]


def main():
    torch.manual_seed(2)
    torch.set_num_threads(1)
    configs, tensors = [], {}
    for name, c in CONFIGS.items():
        weights = draw_weights(c)
        text = torch.randint(c["vocab"], (BATCH, TIME + 1))
        ids, targets = text[:, :-1], text[:, 1:].clone()
        starts = torch.tensor(STARTS) if name in PACKED else torch.zeros_like(ids)
        if name == "qwen2":
            targets[0, :4] = -100
            targets[1, 7] = -100
        logits, loss, grads = run(c, weights, ids, starts, targets, torch.float32)
        exact = run(c, weights, ids, starts, targets, torch.float64)
        gap = max((g - e).abs().max() / e.abs().max() for g, e in zip(grads.values(), exact[2].values()))
        print(f"{name}: loss {loss:.6f}; float32 against float64: logits {(logits - exact[0]).abs().max():.1e},"
              f" loss {abs(loss - exact[1]):.1e}, gradients {gap:.1e} of each tensor's largest")
        tensors |= {f"{name}.{key}": t for key, t in weights.items()}
        configs.append({
            "name": name,
            "config": c,
            "ids": ids.tolist(),
            "starts": starts.tolist() if name in PACKED else None,
            "targets": targets.tolist(),
            "logits": {"shape": list(logits.shape), "data": numbers(logits)},
            "loss": numbers(loss)[0],
            "grads": {
                key: {"shape": list(g.shape), "norm": numbers(g.norm())[0], "data": numbers(g)[:KEPT]}
                for key, g in grads.items()
            },
        })
    save_file(tensors, HERE / "shapes.safetensors")
    text = json.dumps({"torch": torch.__version__, "configs": configs}, separators=(",", ":"))
    (HERE / "shapes.json").write_text(text + "\n")


main()
