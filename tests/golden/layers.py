"""What PyTorch's layers, activations and losses answer, and their gradients.

    python tests/golden/layers.py

Needs torch; ran with torch 2.15.0 on a CPU. Computed in float64. Every input is a multiple of 1/64, so it is the same
number in float32. Writes layers.json beside itself:

    {"torch", "cases": [{"name", "case", "options", "inputs", "output", "upstream", "grads"}]}

    name       the function: "linear", "gelu", "cross_entropy".
    case       which of its cases: "" or, for instance, "large".
    options    what it was given besides tensors: {"eps": 1e-5}.
    inputs     {input: {"shape", "data": flat}}; ids and class targets are 0-based integers.
    output     {"shape", "data"}; a loss has shape [].
    upstream   the gradient that flows into the output: `grads` are those of sum(output * upstream).
    grads      {input: {"shape", "data"}} for every input but ids and targets.

Weights of `linear` are PyTorch's [out, in]. `smooth_l1` with beta 1 is also the Huber loss with delta 1. Softmaxes
run along the last axis. PyTorch's softplus is the identity above 20: 2e-9 from the exact value.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(2)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
cases = []


def draw(*shape, scale=1.0):
    """Random multiples of 1/64, none of them 0, where some functions have no derivative."""
    x = (torch.randn(shape) * scale * 64).round() / 64
    return torch.where(x == 0, 1 / 64, x)


def record(name, function, inputs, case="", **options):
    """Runs `function(*inputs, **options)`; gradients of every input but ids and targets."""
    free = [key for key in inputs if key not in ("ids", "targets")]
    inputs = {key: x.clone().requires_grad_(key in free) for key, x in inputs.items()}
    output = function(*inputs.values(), **options)
    upstream = draw(*output.shape)
    grads = torch.autograd.grad((output * upstream).sum(), [inputs[key] for key in free])
    store = lambda x: {"shape": list(x.shape), "data": x.detach().flatten().tolist()}
    cases.append({
        "name": name,
        "case": case,
        "options": options,
        "inputs": {key: store(x) for key, x in inputs.items()},
        "output": store(output),
        "upstream": store(upstream),
        "grads": {key: store(g) for key, g in zip(free, grads)},
    })


def layers():
    record("linear", F.linear, dict(x=draw(3, 4), weight=draw(5, 4), bias=draw(5)))
    record("linear", F.linear, dict(x=draw(2, 3, 4), weight=draw(5, 4)), case="batched, no bias")
    ids = torch.tensor([[0, 3, 1], [3, 3, 5]])  # one id three times: its gradients add up
    record("embedding", F.embedding, dict(ids=ids, weight=draw(6, 4)))
    rms_norm = lambda x, weight, eps: F.rms_norm(x, (6,), weight, eps)
    layer_norm = lambda x, weight, bias, eps: F.layer_norm(x, (6,), weight, bias, eps)
    for case, scale in [("", 1.0), ("small", 1 / 64)]:  # small: where eps matters
        record("rms_norm", rms_norm, dict(x=draw(2, 3, 6, scale=scale), weight=draw(6)), case=case, eps=1e-5)
        inputs = dict(x=draw(2, 3, 6, scale=scale), weight=draw(6), bias=draw(6))
        record("layer_norm", layer_norm, inputs, case=case, eps=1e-5)


def activations():
    large = torch.tensor([-100, -30, -10, -5, 5, 10, 30, 100.0])
    for name, function, options in [
        ("gelu", F.gelu, {}),  # exact, through erf
        ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), {}),
        ("silu", F.silu, {}),
        ("tanh", torch.tanh, {}),
        ("sigmoid", torch.sigmoid, {}),
        ("softplus", F.softplus, {}),
        ("leaky_relu", F.leaky_relu, dict(negative_slope=0.01)),
        ("elu", F.elu, dict(alpha=1.0)),
    ]:
        record(name, function, dict(x=draw(3, 4, scale=2)), **options)
        record(name, function, dict(x=large), case="large", **options)
    for name, function in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        record(name, function, dict(x=draw(3, 5, scale=2)), dim=-1)
        record(name, function, dict(x=torch.stack([large, -large, large + 900])), case="large", dim=-1)


def losses():
    targets = torch.tensor([2, 0, 4, 2])
    some = torch.tensor([2, -100, 4, -100])  # the mean is over the two that count
    record("cross_entropy", F.cross_entropy, dict(logits=draw(4, 5, scale=2), targets=targets))
    record("cross_entropy", F.cross_entropy, dict(logits=draw(4, 5, scale=300), targets=targets), case="large")
    inputs = dict(logits=draw(4, 5, scale=2), targets=some)
    record("cross_entropy", F.cross_entropy, inputs, case="ignored", ignore_index=-100)
    record("nll", F.nll_loss, dict(log_probs=-draw(4, 5).abs(), targets=targets))

    targets = draw(3, 4)
    for name, function, options in [
        ("mse", F.mse_loss, {}),
        ("l1", F.l1_loss, {}),
        ("smooth_l1", F.smooth_l1_loss, dict(beta=1.0)),
    ]:
        record(name, function, dict(x=targets + draw(3, 4, scale=2), targets=targets), **options)

    targets = torch.tensor([[1, 0, 0.25], [0, 1, 0.75]])
    probs = torch.tensor([[58, 3, 20], [1, 32, 63]]) / 64
    record("bce", F.binary_cross_entropy, dict(probs=probs, targets=targets))
    record("bce_with_logits", F.binary_cross_entropy_with_logits, dict(logits=draw(2, 3, scale=2), targets=targets))
    logits = torch.tensor([[100, -100, 30], [100, -100, -30.0]])
    record("bce_with_logits", F.binary_cross_entropy_with_logits, dict(logits=logits, targets=targets), case="large")


layers()
activations()
losses()
rows = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
Path(__file__).with_suffix(".json").write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{rows}\n]}}\n')
print(f"{len(cases)} cases of {len({case['name'] for case in cases})} functions")
