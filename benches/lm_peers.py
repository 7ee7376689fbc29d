"""The other side of `cargo bench --bench lm`: the same models in PyTorch.

python lm_peers.py train SHAPE PRECISION THREADS SECONDS   tokens per second of a training step
python lm_peers.py quality FILE THREADS                    nanoGPT's CPU recipe on tiny Shakespeare

Answers with one JSON object.
"""

import json
import math
import resource
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

# vocab, dim, layers, heads, hidden, context, windows in a batch
SHAPES = {
    "shakespeare": (65, 128, 4, 4, 344, 64, 12),
    "small": (512, 128, 4, 4, 352, 256, 16),
    "big": (512, 288, 6, 6, 768, 256, 16),
}


class Block(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.heads = heads
        self.attn_norm, self.ffn_norm = nn.RMSNorm(dim, eps=1e-5), nn.RMSNorm(dim, eps=1e-5)
        self.wq, self.wk, self.wv, self.wo = (linear(dim, dim) for _ in range(4))
        self.w1, self.w3, self.w2 = linear(dim, hidden), linear(dim, hidden), linear(hidden, dim)

    def forward(self, x, cos, sin):
        batch, steps, dim = x.shape
        h = self.attn_norm(x)
        q, k, v = (w(h).view(batch, steps, self.heads, -1).transpose(1, 2) for w in (self.wq, self.wk, self.wv))

        def rotate(y):
            a, b = y.chunk(2, -1)
            return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

        a = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True)
        x = x + self.wo(a.transpose(1, 2).reshape(batch, steps, dim))
        h = self.ffn_norm(x)
        return x + self.w2(F.silu(self.w1(h)) * self.w3(h))


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        vocab, dim, layers, heads, hidden, context, _ = shape
        half = dim // heads // 2
        self.embed = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList(Block(dim, heads, hidden) for _ in range(layers))
        self.norm = nn.RMSNorm(dim, eps=1e-5)
        angles = torch.arange(context)[:, None] * (10000.0 ** -(torch.arange(half) / half))[None]
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for name, p in self.named_parameters():
            if p.dim() > 1:
                residual = name.endswith(("wo.weight", "w2.weight"))
                nn.init.normal_(p, 0, 0.02 / (math.sqrt(2 * layers) if residual else 1))

    def forward(self, ids):
        steps = ids.shape[1]
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, self.cos[:steps], self.sin[:steps])
        return F.linear(self.norm(x), self.embed.weight)


def optimizer(model, lr):
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99))


def train(name, precision, threads, seconds):
    """Median time of a whole step: forward, backward, clipping, AdamW."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    shape = SHAPES[name]
    vocab, context, batch = shape[0], shape[5], shape[6]
    model = Model(shape)
    opt = optimizer(model, 1e-3)
    times = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 3:
        x, y = torch.randint(0, vocab, (2, batch, context))
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = model(x)
            loss = F.cross_entropy(logits.float().view(-1, vocab), y.view(-1))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        loss.item()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"tokens_per_second": batch * context / statistics.median(times[1:]), "peak_mb": peak}


def quality(path, threads):
    """2,000 steps of AdamW; then the loss on the whole last tenth, in windows of the context."""
    torch.set_num_threads(threads)
    torch.manual_seed(1337)
    text = open(path).read()
    letters = sorted(set(text))
    place = {c: i for i, c in enumerate(letters)}
    data = torch.tensor([place[c] for c in text])
    held = int(0.9 * len(data))
    training, validation = data[:held], data[held:]
    shape = SHAPES["shakespeare"]
    vocab, context, batch = len(letters), shape[5], shape[6]
    model = Model((vocab, *shape[1:]))
    opt = optimizer(model, 1e-3)
    begun = time.perf_counter()
    for step in range(2000):
        lr = 1e-3 * (step + 1) / 100 if step < 100 else 1e-4 + 4.5e-4 * (1 + math.cos(math.pi * (step - 100) / 1900))
        for group in opt.param_groups:
            group["lr"] = lr
        at = torch.randint(len(training) - context, (batch,))
        rows = torch.stack([training[i : i + context + 1] for i in at])
        loss = F.cross_entropy(model(rows[:, :-1]).view(-1, vocab), rows[:, 1:].reshape(-1))
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    seconds = time.perf_counter() - begun
    total, windows = 0.0, (len(validation) - 1) // context
    x = validation[: windows * context].view(windows, context)
    y = validation[1 : windows * context + 1].view(windows, context)
    with torch.no_grad():
        for i in range(0, windows, 64):
            logits = model(x[i : i + 64]).view(-1, vocab)
            total += F.cross_entropy(logits, y[i : i + 64].reshape(-1), reduction="sum").item()
    return {"seconds": seconds, "val_loss": total / (windows * context)}


if __name__ == "__main__":
    part, *rest = sys.argv[1:]
    if part == "train":
        answer = train(rest[0], rest[1], int(rest[2]), float(rest[3]))
    else:
        answer = quality(rest[0], int(rest[1]))
    print(json.dumps(answer))
