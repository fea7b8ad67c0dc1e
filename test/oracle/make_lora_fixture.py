"""Trains low-rank adapters on a small GPT with PyTorch and writes what the tests hold jobs with `adapters` against.

Usage: python3 make_lora_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

The GPT is the rotary one of make_gpt_fixture.py. Some of its Linear layers get adapters as E. Hu et al. (2021) have them:
A [rank, in], B [out, rank] zero, their product scaled by alpha / rank. One run trains the adapters alone, by AdamW with a rate
of its own for B; the other the output layer too, by SGD with momentum, decay and clipping. What is frozen has no gradient in
PyTorch and is no part of its optimizer. At the end the adapters are merged, and the merged model's logits are written. Layouts,
encoding and precision (float64) are those of make_fixtures.py; weights are written by name.
"""

import pathlib

import torch
import torch.nn.functional as F
from make_fixtures import BATCHES, STEPS, encode, write
from make_gpt_fixture import COMMON, KEPT, MODELS, Gpt, clip, draw, draw_batches, optimizer_of
from torch import nn

RUNS = {
    "adapters": {
        "adapters": {
            "kind": "lora",
            "rank": 3,
            "alpha": 5,
            "targets": ["block*.attention.query.weight", "block*.attention.value.weight", "block2.down.weight"],
        },
        "optimizer": {
            "kind": "adam",
            "learningRate": 0.01,
            "beta1": 0.9,
            "beta2": 0.99,
            "epsilon": 1e-4,
            "weightDecay": 0.02,
            "decoupled": True,
            "groups": [{"names": ["*.up"], "learningRateFactor": 4}],
        },
    },
    "adapters-and-head": {
        "adapters": {
            "kind": "lora",
            "rank": 2,
            "alpha": 4,
            "targets": ["block*.up.weight", "block1.attention.output.weight"],
        },
        "freeze": ["embedding1.*", "block*", "rmsNorm1.*"],
        "optimizer": {
            "kind": "sgd",
            "learningRate": 0.05,
            "momentum": 0.9,
            "nesterov": False,
            "weightDecay": 0.01,
            "clipNorm": 0.4,
        },
    },
}


class Adapted(nn.Module):
    """A Linear layer that stays, and what is learnt beside it."""

    def __init__(self, linear, rank, alpha, generator):
        super().__init__()
        self.linear, self.scaling = linear, alpha / rank
        self.A = nn.Parameter((0.5 * torch.randn(rank, linear.in_features, generator=generator)).double())
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=torch.float64))

    def forward(self, x):
        return self.linear(x) + (x @ self.A.t() @ self.B.t()) * self.scaling

    def merge(self):
        with torch.no_grad():
            self.linear.weight += self.B @ self.A * self.scaling
        return self.linear


def linear_layers(network):
    """Our name of each Linear layer's weight, the module that holds it, and its name there."""
    for number, block in enumerate(network.blocks, start=1):
        for part, attribute in (("query", "query"), ("key", "key"), ("value", "value"), ("output", "out")):
            yield f"block{number}.attention.{part}.weight", block.attention, attribute
        for part in ("up", "down"):
            yield f"block{number}.{part}.weight", block, part


def tensor(values):
    return {"shape": list(values.shape), "values": encode(values)}


def base_weights(network):
    """The weights of the model without adapters, by our names."""
    names = ["embedding1.table"]
    for block in ("block1", "block2"):
        projections = [f"attention.{part}" for part in ("query", "key", "value", "output")]
        names.append(f"{block}.attentionNorm.gain")
        names += [f"{block}.{part}.{kind}" for part in projections for kind in ("weight", "bias")]
        names.append(f"{block}.perceptronNorm.gain")
        names += [f"{block}.{part}.{kind}" for part in ("up", "down") for kind in ("weight", "bias")]
    names += ["rmsNorm1.gain", "dense1.weight", "dense1.bias"]
    return {name: tensor(value.detach().float()) for name, value in zip(names, network.ours(), strict=True)}


def matches(pattern, name):
    before, star, after = pattern.partition("*")
    return name.startswith(before) and name.endswith(after) if star else name == pattern


def adapt(network, settings, generator):
    """Puts adapters into the network. Returns them by our names of the weights that they stand beside."""
    adapters = {}
    for name, holder, attribute in linear_layers(network):
        if any(matches(target, name) for target in settings["targets"]):
            adapters[name] = Adapted(getattr(holder, attribute), settings["rank"], settings["alpha"], generator)
            setattr(holder, attribute, adapters[name])
    return adapters


def merge(network):
    for _, holder, attribute in linear_layers(network):
        layer = getattr(holder, attribute)
        if isinstance(layer, Adapted):
            setattr(holder, attribute, layer.merge())


def trained_of(network, adapters, has_head):
    """What is trained, by our names; each matrix is the transpose of ours."""
    trained = {}
    for name, adapter in adapters.items():
        trained |= {f"{name}.down": adapter.A, f"{name}.up": adapter.B}
    return trained | ({"dense1.weight": network.output.weight, "dense1.bias": network.output.bias} if has_head else {})


def ours(parameter):
    return parameter.detach().t().float()


def rate_of(name, settings):
    groups = [group for group in settings.get("groups", []) if any(matches(pattern, name) for pattern in group["names"])]
    return settings["learningRate"] * (groups[0]["learningRateFactor"] if groups else 1)


def train(network, trained, settings, batches):
    for parameter in network.parameters():
        parameter.requires_grad_(any(parameter is one for one in trained.values()))
    optimizer = optimizer_of([{"params": [p], "lr": rate_of(name, settings)} for name, p in trained.items()], settings)
    steps = []
    for step in range(1, STEPS + 1):
        tokens, following = batches[(step - 1) % BATCHES]
        optimizer.zero_grad()
        loss = F.cross_entropy(network(tokens.long()).flatten(0, 1), following.long().flatten())
        loss.backward()
        clip(trained.values(), settings)
        optimizer.step()
        weights = {name: tensor(ours(parameter)) for name, parameter in trained.items()}
        steps.append({"loss": loss.item(), **({"weights": weights} if step in KEPT else {})})
    return steps


def job_of(name, settings):
    return {
        "name": name,
        "data": {"source": "mnist"},  # in place of it, the test trains on the mini-batches of the fixture
        "model": {"layers": MODELS["rotary"]["layers"]},
        "loss": COMMON["loss"],
        **settings,
        "batchSize": COMMON["batchSize"],
        "steps": STEPS,
    }


def main():
    runs = {}
    for seed, (name, settings) in enumerate(RUNS.items(), start=11):
        torch.manual_seed(seed)  # of PyTorch's own initial biases
        generator = torch.Generator().manual_seed(seed)
        network = Gpt("rotary").double()
        draw(network, generator)
        batches = draw_batches(generator)
        base = base_weights(network)
        adapters = adapt(network, settings["adapters"], generator)
        downs = {f"{weight}.down": tensor(ours(adapter.A)) for weight, adapter in adapters.items()}
        steps = train(network, trained_of(network, adapters, "freeze" in settings), settings["optimizer"], batches)
        merge(network)
        runs[name] = {
            "job": job_of(name, settings),
            "fields": [COMMON["features"], COMMON["labels"]],
            "base": base,
            "downs": downs,
            "batches": [{"tokens": encode(x), "next": encode(y)} for x, y in batches],
            "steps": steps,
            "merged": encode(network(batches[0][0].long()).detach().float()),
        }
    steps = [step for run in runs.values() for step in run["steps"]]
    write(pathlib.Path(__file__).parent / "fixtures" / "lora.json", runs, steps)


if __name__ == "__main__":
    main()
