"""Steps a small vector with PyTorch's Adam and AdamW and writes what adam.test.ts holds the engine against.

Usage: python3 make_adam_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

PyTorch computes in float64, so that what the test measures is the engine's rounding alone; weights and gradients are f32
values. Gradients have zeros and magnitudes far apart; the learning rate changes from step to step.
"""

import json
import pathlib

import torch

ELEMENTS = 13
STEPS = 30

CASES = {
    "plain": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0, "decoupled": True},
    "with decay in the gradient": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weightDecay": 0.1, "decoupled": False},
    "with decoupled decay": {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1, "decoupled": True},
    "without memory": {"beta1": 0.0, "beta2": 0.0, "epsilon": 1e-3, "weightDecay": 0.0, "decoupled": True},
}


def learning_rate(step):
    return 0.05 / (1 + step / 10)


def f32_values(*shape):
    return torch.randn(*shape, dtype=torch.float32).to(torch.float64)


def weights_after_each_step(case, initial, gradients):
    weights = torch.nn.Parameter(initial.clone())
    kind = torch.optim.AdamW if case["decoupled"] else torch.optim.Adam
    optimizer = kind(
        [weights], betas=(case["beta1"], case["beta2"]), eps=case["epsilon"], weight_decay=case["weightDecay"]
    )
    after = []
    for step, gradient in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = learning_rate(step)
        weights.grad = gradient.clone()
        optimizer.step()
        after.append(weights.detach().tolist())
    return after


def main():
    torch.manual_seed(1)
    initial = f32_values(ELEMENTS)
    gradients = f32_values(STEPS, ELEMENTS)
    gradients[:, 0] = 0
    gradients[10:, 1] = 0
    gradients[:, 2] *= 2.0**20
    gradients[:, 3] *= 2.0**-20
    fixture = {
        "learningRates": [learning_rate(step) for step in range(STEPS)],
        "initial": initial.tolist(),
        "gradients": gradients.tolist(),
        "cases": [
            {
                "name": name,
                "specification": {"kind": "adam", "learningRate": learning_rate(0), **case},
                "weights": weights_after_each_step(case, initial, gradients)[9::10],
            }
            for name, case in CASES.items()
        ],
    }
    path = pathlib.Path(__file__).parent / "fixtures" / "adam.json"
    path.write_text(json.dumps(fixture))


main()
