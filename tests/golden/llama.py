"""A tiny Llama in PyTorch, and the numbers that another implementation of it must reproduce.

    python tests/golden/llama.py

Needs torch, numpy and safetensors; ran with torch 2.15.0 on a CPU. Three shapes of the same two-layer model, random
float32 weights from a fixed seed, computed in float32: `gqa` (two query heads per key-value head), `mha` (as many
key-value heads as query heads), `mqa` (one key-value head, rope_theta 1e6). A run in float64 beside it prints how far
rounding alone moves the numbers.

Writes beside itself:

llama.safetensors   the weights, PyTorch's [out, in], named "{config}.{tensor}": "gqa.layers.0.wq.weight".
llama.json          {"torch", "configs": [{"name", "config", "ids", "targets", "logits", "loss", "grads"}]}
    ids, targets    [batch, time], 0-based; targets[b][t] is the token that follows ids[b][t].
    logits          {"shape": [batch, time, vocab], "data": flat}
    loss            mean cross-entropy over all batch * time positions.
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
SHARED = dict(vocab=19, dim=32, layers=2, heads=4, context=16, tied=True, norm_eps=1e-5)
CONFIGS = {
    "gqa": SHARED | dict(kv_heads=2, hidden=48, rope_theta=1e4),
    "mha": SHARED | dict(kv_heads=4, hidden=40, rope_theta=1e4),
    "mqa": SHARED | dict(kv_heads=1, hidden=40, rope_theta=1e6),
}


def draw_weights(config):
    """Larger than a fresh model's, so that attention is far from uniform."""
    vocab, dim, hidden = config["vocab"], config["dim"], config["hidden"]
    kv_dim = config["kv_heads"] * dim // config["heads"]
    matrix = lambda out, in_: torch.randn(out, in_) / math.sqrt(in_)
    gain = lambda: 1 + 0.2 * torch.randn(dim)
    w = {"embed.weight": 0.25 * torch.randn(vocab, dim)}
    for i in range(config["layers"]):
        p = f"layers.{i}."
        w[p + "attn_norm.weight"] = gain()
        w[p + "wq.weight"] = matrix(dim, dim)
        w[p + "wk.weight"] = matrix(kv_dim, dim)
        w[p + "wv.weight"] = matrix(kv_dim, dim)
        w[p + "wo.weight"] = matrix(dim, dim)
        w[p + "ffn_norm.weight"] = gain()
        w[p + "w1.weight"] = matrix(hidden, dim)
        w[p + "w2.weight"] = matrix(dim, hidden)
        w[p + "w3.weight"] = matrix(hidden, dim)
    w["norm.weight"] = gain()
    return w


def rms_norm(x, weight, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def rope(x, theta):
    """Turns entry i with entry i + half by the angle pos * theta^(-2i / head_dim). x: [batch, heads, time, head_dim]"""
    time, head_dim = x.shape[-2:]
    half = head_dim // 2
    frequency = theta ** (-2 * torch.arange(half, dtype=x.dtype) / head_dim)
    angle = torch.arange(time, dtype=x.dtype)[:, None] * frequency  # [time, half]
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


def attention(config, w, p, x):
    batch, time, dim = x.shape
    heads, kv_heads, theta = config["heads"], config["kv_heads"], config["rope_theta"]
    head_dim = dim // heads
    split = lambda y, n: y.view(batch, time, n, head_dim).transpose(1, 2)  # [batch, n, time, head_dim]
    q = rope(split(x @ w[p + "wq.weight"].T, heads), theta)
    k = rope(split(x @ w[p + "wk.weight"].T, kv_heads), theta)
    v = split(x @ w[p + "wv.weight"].T, kv_heads)
    # Each key-value head serves heads / kv_heads consecutive query heads.
    k, v = (y.repeat_interleave(heads // kv_heads, dim=1) for y in (k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(head_dim)  # [batch, heads, time, time]
    future = torch.ones(time, time, dtype=torch.bool).triu(1)
    mixed = scores.masked_fill(future, -math.inf).softmax(-1) @ v
    return mixed.transpose(1, 2).reshape(batch, time, dim) @ w[p + "wo.weight"].T


def forward(config, w, ids):
    eps = config["norm_eps"]
    x = w["embed.weight"][ids]  # [batch, time, dim]
    for i in range(config["layers"]):
        p = f"layers.{i}."
        x = x + attention(config, w, p, rms_norm(x, w[p + "attn_norm.weight"], eps))
        n = rms_norm(x, w[p + "ffn_norm.weight"], eps)
        x = x + (F.silu(n @ w[p + "w1.weight"].T) * (n @ w[p + "w3.weight"].T)) @ w[p + "w2.weight"].T
    return rms_norm(x, w["norm.weight"], eps) @ w["embed.weight"].T  # [batch, time, vocab]


def run(config, weights, ids, targets, dtype):
    w = {name: t.to(dtype, copy=True).requires_grad_() for name, t in weights.items()}
    logits = forward(config, w, ids)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    return logits.detach(), loss.detach(), {name: t.grad for name, t in w.items()}


def numbers(t):
    """Flat, each as the shortest decimal that reads back as the same float32."""
    return [float(str(x)) for x in t.flatten().numpy().astype(np.float32)]


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    configs, tensors = [], {}
    for name, config in CONFIGS.items():
        weights = draw_weights(config)
        text = torch.randint(config["vocab"], (BATCH, TIME + 1))
        ids, targets = text[:, :-1], text[:, 1:]
        logits, loss, grads = run(config, weights, ids, targets, torch.float32)
        exact = run(config, weights, ids, targets, torch.float64)
        gap = max((g - e).abs().max() / e.abs().max() for g, e in zip(grads.values(), exact[2].values()))
        print(f"{name}: loss {loss:.6f}; float32 against float64: logits {(logits - exact[0]).abs().max():.1e},"
              f" loss {abs(loss - exact[1]):.1e}, gradients {gap:.1e} of each tensor's largest")
        tensors |= {f"{name}.{key}": t for key, t in weights.items()}
        configs.append({
            "name": name,
            "config": config,
            "ids": ids.tolist(),
            "targets": targets.tolist(),
            "logits": {"shape": list(logits.shape), "data": numbers(logits)},
            "loss": numbers(loss)[0],
            "grads": {
                key: {"shape": list(g.shape), "norm": numbers(g.norm())[0], "data": numbers(g)[:KEPT]}
                for key, g in grads.items()
            },
        })
    save_file(tensors, HERE / "llama.safetensors")
    text = json.dumps({"torch": torch.__version__, "configs": configs}, separators=(",", ":"))
    (HERE / "llama.json").write_text(text + "\n")


main()
