"""Trajectories of PyTorch's SGD, Adam and AdamW on the Rosenbrock function, in float64.

    python tests/golden/optim.py

Needs torch; ran with torch 2.15.0 on a CPU. f(x, y) = 100 (y - x²)² + (1 - x)², from (-1.5, 2). Writes optim.json beside
itself:

    {"torch", "x0", "runs": [{"name", "method", "options", "trajectory": {step: [x, y]}}]}

`method` and `options` are Mynah's names; what `options` leaves out is at the default.
`trajectory` holds the point after 1, 2, 3, 10, 50 and 200 steps.
"""

import json
from pathlib import Path

import torch

X0 = [-1.5, 2.0]
STEPS = [1, 2, 3, 10, 50, 200]
METHODS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
RUNS = [
    ("sgd", "sgd", dict(lr=1e-5)),
    ("sgd_momentum", "sgd", dict(lr=1e-5, momentum=0.9)),
    ("sgd_nesterov", "sgd", dict(lr=1e-5, momentum=0.9, nesterov=True)),
    ("sgd_weight_decay", "sgd", dict(lr=1e-5, weight_decay=0.1)),
    ("adam", "adam", dict(lr=0.01)),
    ("adam_weight_decay", "adam", dict(lr=0.01, weight_decay=0.1)),  # in the gradient, as an L2 penalty
    ("adam_amsgrad", "adam", dict(lr=0.01, amsgrad=True)),
    ("adamw", "adamw", dict(lr=0.01, weight_decay=0.1, beta1=0.9, beta2=0.95)),
]


def torch_options(options):
    """PyTorch takes the two decays as a pair."""
    rest = dict(options)
    if "beta1" in rest:
        rest["betas"] = (rest.pop("beta1"), rest.pop("beta2"))
    return rest


def trajectory(method, options):
    x = torch.tensor(X0, dtype=torch.float64, requires_grad=True)
    opt = METHODS[method]([x], **torch_options(options))
    points = {}
    for step in range(1, STEPS[-1] + 1):
        opt.zero_grad()
        (100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2).backward()
        opt.step()
        if step in STEPS:
            points[step] = x.tolist()
    return points


torch.set_num_threads(1)
runs = [
    {"name": name, "method": method, "options": options, "trajectory": trajectory(method, options)}
    for name, method, options in RUNS
]
rows = ",\n".join(json.dumps(run) for run in runs)
text = f'{{"torch": "{torch.__version__}", "x0": {X0}, "runs": [\n{rows}\n]}}\n'
Path(__file__).with_suffix(".json").write_text(text)
