"""Writes the learning rates of PyTorch's schedulers, which schedule_registry.test.ts holds ours against.

Usage: python3 make_schedule_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)
"""

import json
import pathlib

import torch
from torch.optim import lr_scheduler

BASE = 0.1
STEPS = 60
STEPS_PER_EPOCH = 10


def after_warm_up(steps, schedule):
    """Rises along a line for so many steps; the schedule begins at the one behind them."""
    return lambda optimizer: lr_scheduler.SequentialLR(
        optimizer,
        [lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / (steps + 1)), schedule(optimizer, STEPS - steps)],
        milestones=[steps],
    )


def constant(optimizer, _steps):
    return lr_scheduler.LambdaLR(optimizer, lambda _step: 1.0)


def linear(optimizer, steps):
    return lr_scheduler.LinearLR(optimizer, start_factor=1, end_factor=0.3, total_iters=steps - 1)


def cosine(optimizer, steps):
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - 1, eta_min=0.003)


CASES = [
    ({"kind": "constant"}, lambda optimizer: constant(optimizer, STEPS)),
    ({"kind": "constant", "warmUpSteps": 7}, after_warm_up(7, constant)),
    (
        {"kind": "step-decay", "everyEpochs": 2, "factor": 0.5},
        lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=2 * STEPS_PER_EPOCH, gamma=0.5),
    ),
    ({"kind": "linear", "finalLearningRate": 0.03}, lambda optimizer: linear(optimizer, STEPS)),
    ({"kind": "linear", "finalLearningRate": 0.03, "warmUpSteps": 10}, after_warm_up(10, linear)),
    ({"kind": "cosine", "finalLearningRate": 0.003}, lambda optimizer: cosine(optimizer, STEPS)),
    ({"kind": "cosine", "finalLearningRate": 0.003, "warmUpSteps": 12}, after_warm_up(12, cosine)),
    ({"kind": "one-cycle"}, lambda optimizer: lr_scheduler.OneCycleLR(optimizer, max_lr=BASE, total_steps=STEPS)),
    (
        {"kind": "one-cycle", "rising": 0.45, "initialDivisor": 10, "finalDivisor": 100},
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, max_lr=BASE, total_steps=STEPS, pct_start=0.45, div_factor=10, final_div_factor=100
        ),
    ),
]


# The validation loss at the end of each epoch: it falls, stands, falls by less than the threshold, rises.
LOSSES = [1.0, 0.9, 0.9, 0.95, 0.8999999, 0.91, 0.7, 0.71, 0.72, 0.73, 0.69, 0.7, 0.7, 0.7, 0.7, 0.7]

PLATEAUS = [
    ({"kind": "plateau", "patience": 1}, {"patience": 1}),
    ({"kind": "plateau", "patience": 0, "factor": 0.5}, {"patience": 0, "factor": 0.5}),
    (
        {"kind": "plateau", "patience": 1, "factor": 0.3, "threshold": 0.03, "cooldown": 2},
        {"patience": 1, "factor": 0.3, "threshold": 0.03, "cooldown": 2},
    ),
    (
        {"kind": "plateau", "patience": 0, "factor": 0.2, "minimumLearningRate": 0.005},
        {"patience": 0, "factor": 0.2, "min_lr": 0.005},
    ),
]


def plateau_rates(options):
    """The learning rate of each epoch, the one behind the last loss included."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, eps=0, **options)
    found = [optimizer.param_groups[0]["lr"]]
    for loss in LOSSES:
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return found


def rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def main():
    fixture = {
        "base": BASE,
        "stepsPerEpoch": STEPS_PER_EPOCH,
        "cases": [{"schedule": schedule, "rates": rates(make)} for schedule, make in CASES],
        "losses": LOSSES,
        "plateaus": [{"schedule": schedule, "rates": plateau_rates(options)} for schedule, options in PLATEAUS],
    }
    path = pathlib.Path(__file__).parent / "fixtures" / "schedules.json"
    path.write_text(json.dumps(fixture))


main()
