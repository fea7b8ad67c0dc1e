"""Steps a small vector with PyTorch's optimizers and writes what every_optimizer.test.ts holds the engine against.

Usage: python3 make_optimizer_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

PyTorch computes in float64, so that what the test measures is the engine's rounding alone; weights and gradients are f32
values. Gradients have zeros and magnitudes far apart; the learning rate changes from step to step. Lion, which PyTorch has
not, is the program of its paper (X. Chen et al., 2023, appendix) on the same vectors.
"""

import json
import pathlib

import torch

ELEMENTS = 13
STEPS = 30

ADAM = {"kind": "adam", "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0, "decoupled": True}
RMS_PROP = {"kind": "rms-prop", "decay": 0.99, "epsilon": 1e-8, "momentum": 0.0, "centred": False, "weightDecay": 0.0}
ADA_GRAD = {"kind": "ada-grad", "epsilon": 1e-10, "weightDecay": 0.0}
SGD = {"kind": "sgd", "momentum": 0.0, "nesterov": False, "weightDecay": 0.0}
LION = {"kind": "lion", "beta1": 0.9, "beta2": 0.99, "weightDecay": 0.0}

CASES = {
    "SGD": SGD,
    "SGD with Nesterov's momentum and decay": {**SGD, "momentum": 0.9, "nesterov": True, "weightDecay": 0.1},
    "SGD, clipped": {**SGD, "momentum": 0.9, "clipNorm": 2.0},
    "Adam": ADAM,
    "Adam with decay in the gradient": {
        **ADAM, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weightDecay": 0.1, "decoupled": False,
    },
    "AdamW": {**ADAM, "beta2": 0.95, "weightDecay": 0.1},
    "AdamW, clipped": {**ADAM, "weightDecay": 0.1, "clipNorm": 3.0},
    "Adam without memory": {**ADAM, "beta1": 0.0, "beta2": 0.0, "epsilon": 1e-3},
    "RMSProp": RMS_PROP,
    "RMSProp with momentum and decay": {**RMS_PROP, "decay": 0.9, "momentum": 0.8, "weightDecay": 0.1},
    "RMSProp, centred": {**RMS_PROP, "epsilon": 1e-3, "decay": 0.95, "centred": True},
    "AdaGrad": ADA_GRAD,
    "AdaGrad with decay": {**ADA_GRAD, "epsilon": 1e-6, "weightDecay": 0.1},
    "Lion": LION,
    "Lion with decay": {**LION, "beta2": 0.9, "weightDecay": 0.5},
}


class Lion(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for weights in group["params"]:
                momentum = self.state[weights].setdefault("momentum", torch.zeros_like(weights))
                direction = (beta1 * momentum + (1 - beta1) * weights.grad).sign()
                weights.mul_(1 - group["lr"] * group["weight_decay"]).sub_(group["lr"] * direction)
                momentum.mul_(beta2).add_((1 - beta2) * weights.grad)


def optimizer_of(case, weights):
    decay = case["weightDecay"]
    lr = learning_rate(0)
    if case["kind"] == "sgd":
        return torch.optim.SGD(weights, lr=lr, momentum=case["momentum"], nesterov=case["nesterov"], weight_decay=decay)
    if case["kind"] == "adam":
        kind = torch.optim.AdamW if case["decoupled"] else torch.optim.Adam
        return kind(weights, lr=lr, betas=(case["beta1"], case["beta2"]), eps=case["epsilon"], weight_decay=decay)
    if case["kind"] == "rms-prop":
        return torch.optim.RMSprop(
            weights, lr=lr, alpha=case["decay"], eps=case["epsilon"], weight_decay=decay, momentum=case["momentum"],
            centered=case["centred"],
        )
    if case["kind"] == "ada-grad":
        return torch.optim.Adagrad(weights, lr=lr, eps=case["epsilon"], weight_decay=decay)
    return Lion(weights, lr, (case["beta1"], case["beta2"]), decay)


def learning_rate(step):
    return 0.05 / (1 + step / 10)


def f32_values(*shape):
    return torch.randn(*shape, dtype=torch.float32).to(torch.float64)


def weights_after_each_step(case, initial, gradients):
    weights = torch.nn.Parameter(initial.clone())
    optimizer = optimizer_of(case, [weights])
    after = []
    for step, gradient in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = learning_rate(step)
        weights.grad = gradient.clone()
        if "clipNorm" in case:
            torch.nn.utils.clip_grad_norm_([weights], case["clipNorm"])
        optimizer.step()
        after.append(weights.detach().tolist())
    return after


# Names and elements of the tensors that the vector is made of, where parameters are trained in groups.
TENSORS = [("a.weight", 5), ("a.bias", 1), ("b.weight", 4), ("b.bias", 3)]

# What a job states of groups, and for each tensor the factor and the decay that it means.
GROUPED = {
    "AdamW without decay of biases": (
        {**ADAM, "weightDecay": 0.1, "groups": [{"names": ["*.bias"], "weightDecay": 0.0}]},
        [(1, 0.1), (1, 0.0), (1, 0.1), (1, 0.0)],
    ),
    "SGD with rates of its own, clipped": (
        {
            **SGD, "momentum": 0.9, "weightDecay": 0.1, "clipNorm": 2.0,
            "groups": [
                {"names": ["a.bias", "b.*"], "learningRateFactor": 0.1},
                {"names": ["*.bias"], "learningRateFactor": 3.0, "weightDecay": 0.5},
                {"names": ["a.weight"], "learningRateFactor": 0.0},
            ],
        },
        [(0, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1)],
    ),
}


def grouped_weights(case, members, initial, gradients):
    sizes = [elements for _, elements in TENSORS]
    parts = [torch.nn.Parameter(part.clone()) for part in initial.split(sizes)]
    optimizer = optimizer_of(case, parts)
    [defaults] = optimizer.param_groups
    optimizer.param_groups = [
        {**defaults, "params": [part], "weight_decay": decay} for part, (_, decay) in zip(parts, members)
    ]
    after = []
    for step, gradient in enumerate(gradients):
        for group, (factor, _) in zip(optimizer.param_groups, members):
            group["lr"] = learning_rate(step) * factor
        for part, piece in zip(parts, gradient.split(sizes)):
            part.grad = piece.clone()
        if "clipNorm" in case:
            torch.nn.utils.clip_grad_norm_(parts, case["clipNorm"])
        optimizer.step()
        after.append(torch.cat([part.detach() for part in parts]).tolist())
    return after


def averages(initial, gradients, decay):
    """The weights of plain SGD after each step, and PyTorch's moving average of them."""
    model = torch.nn.Module()
    model.weights = torch.nn.Parameter(initial.clone())
    averaged = torch.optim.swa_utils.AveragedModel(
        model, avg_fn=lambda average, weights, _count: decay * average + (1 - decay) * weights
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    steps = []
    for gradient in gradients:
        model.weights.grad = gradient.clone()
        optimizer.step()
        averaged.update_parameters(model)
        steps.append({"weights": model.weights.tolist(), "average": averaged.module.weights.tolist()})
    return {"decay": decay, "steps": steps}


def main():
    torch.manual_seed(1)
    initial = f32_values(ELEMENTS)
    gradients = f32_values(STEPS, ELEMENTS)
    gradients[:, 0] = 0
    gradients[10:, 1] = 0
    gradients[:, 2] *= 2.0**6
    gradients[::2, 2] *= 2.0**-12
    gradients[:, 3] *= 2.0**-20
    fixture = {
        "learningRates": [learning_rate(step) for step in range(STEPS)],
        "initial": initial.tolist(),
        "gradients": gradients.tolist(),
        "cases": [
            {
                "name": name,
                "specification": {"learningRate": learning_rate(0), **case},
                "weights": weights_after_each_step(case, initial, gradients)[9::10],
            }
            for name, case in CASES.items()
        ],
        "tensors": [{"name": name, "elements": elements} for name, elements in TENSORS],
        "grouped": [
            {
                "name": name,
                "specification": {"learningRate": learning_rate(0), **case},
                "weights": grouped_weights(case, members, initial, gradients)[9::10],
            }
            for name, (case, members) in GROUPED.items()
        ],
        "average": averages(initial, gradients[:12], 0.9),
    }
    path = pathlib.Path(__file__).parent / "fixtures" / "optimizers.json"
    path.write_text(json.dumps(fixture))


main()
