"""Trains small models with PyTorch and writes what the tests hold the engine and the coordinator against.

Usage: python3 make_fixtures.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

Each fixture is a JSON file: the model as our layers, the optimizer, the mini-batches, and for each of the 20 steps the
mean loss before the step and the weights after it. The one of EPOCHS holds a whole data set instead of mini-batches:
the script shuffles it itself, epoch by epoch, as shared/random describes, and cuts it; the last mini-batch is short. PyTorch computes in float64, so that the fixture does not depend on
its BLAS, and what the test measures is the engine's rounding alone; initial weights and features are f32 values.

Layouts are ours: images [height, width, channels], filters [height, width, channels in, filters], dense weights
[in, out]. Tensors are base64 of little-endian values.
"""

import base64
import json
import pathlib

import torch
import torch.nn.functional as F

STEPS = 20
BATCHES = 4  # used in turn


def classes_field(classes):
    return {"name": "labels", "type": "u8", "shape": [], "classes": classes}


MODELS = {
    "mlp_nesterov": {
        "description": "ReLU MLP, softmax cross-entropy, Nesterov momentum, weight decay",
        "features": {"name": "features", "type": "f32", "shape": [16]},
        "labels": classes_field(4),
        "layers": [
            {"type": "dense", "units": 12},
            {"type": "relu"},
            {"type": "dense", "units": 8},
            {"type": "relu"},
            {"type": "dense", "units": 4},
        ],
        "loss": "softmax-cross-entropy",
        "optimizer": {"kind": "sgd", "learningRate": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01},
        "batchSize": 24,
    },
    "convolutions_momentum": {
        "description": "Two convolutions, two kinds of pooling, softmax cross-entropy, classical momentum",
        "features": {"name": "features", "type": "u8", "shape": [16, 16, 1]},
        "labels": classes_field(10),
        "layers": [
            {"type": "conv2d", "filters": 4, "kernelSize": 5, "padding": "same"},
            {"type": "relu"},
            {"type": "maxPool", "size": 2},
            {"type": "conv2d", "filters": 8, "kernelSize": 3, "stride": 2, "padding": "valid"},
            {"type": "tanh"},
            {"type": "averagePool", "size": 2, "stride": 1},
            {"type": "dense", "units": 10},
        ],
        "loss": "softmax-cross-entropy",
        "optimizer": {"kind": "sgd", "learningRate": 0.2, "momentum": 0.9, "nesterov": False, "weightDecay": 0},
        "batchSize": 20,
    },
    "regression_sigmoid": {
        "description": "Sigmoid MLP, half the sum of squared errors, plain SGD",
        "features": {"name": "features", "type": "f32", "shape": [12]},
        "labels": {"name": "targets", "type": "f32", "shape": [3]},
        "layers": [
            {"type": "dense", "units": 10},
            {"type": "sigmoid"},
            {"type": "dense", "units": 3},
            {"type": "sigmoid"},
        ],
        "loss": "sum-of-squared-errors",
        "optimizer": {"kind": "sgd", "learningRate": 0.5, "momentum": 0, "nesterov": False, "weightDecay": 0},
        "batchSize": 15,
    },
}


EPOCHS = {
    "job": {
        "name": "epochs-momentum",
        "data": {"source": "mnist"},  # in place of it, the test trains on the samples of the fixture
        "model": {
            "layers": [{"type": "dense", "units": 9}, {"type": "tanh"}, {"type": "dense", "units": 4}],
        },
        "loss": "softmax-cross-entropy",
        "optimizer": {"kind": "sgd", "learningRate": 0.2, "momentum": 0.9, "weightDecay": 0.001},
        "schedule": {"kind": "linear", "finalLearningRate": 0.02},
        "batchSize": 32,
        "microbatchSize": 5,
        "epochs": 4,
        "seed": 7,
    },
    "samples": 70,
    "features": {"name": "features", "type": "f32", "shape": [11]},
    "labels": classes_field(4),
}


def philox(key, counter):
    """Philox4x32-10 after Salmon et al. (SC'11): four words of 32 bits."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


SHUFFLE = 2  # the purpose that shuffles draw for


def permutation(count, seed, epoch):
    """The order of an epoch's samples: Durstenfeld's shuffle, the draw for place i at position i."""
    order = list(range(count))
    for place in range(count - 1, 0, -1):
        words = philox((seed & 0xFFFFFFFF, seed >> 32), (place // 2, epoch, SHUFFLE, 0))
        high, low = words[place % 2 * 2] >> 5, words[place % 2 * 2 + 1] >> 6
        other = int((high * 2**26 + low) * 2.0**-53 * (place + 1))
        order[place], order[other] = order[other], order[place]
    return order


def draw_weights(layers, shape, generator):
    """Names and values of the parameters, in our order and our layouts, He-scaled; biases are not left at zero."""
    parameters = []
    numbers = {"dense": 0, "conv": 0}

    def draw(kind, weight_shape, units):
        numbers[kind] += 1
        fan_in = torch.Size(weight_shape[:-1]).numel()
        weight = torch.randn(weight_shape, generator=generator) * (2 / fan_in) ** 0.5
        bias = torch.randn(units, generator=generator) * 0.1
        parameters.extend([(f"{kind}{numbers[kind]}.weight", weight), (f"{kind}{numbers[kind]}.bias", bias)])

    sample = torch.zeros([1, *shape], dtype=torch.float64)
    for layer in layers:
        if layer["type"] == "dense":
            draw("dense", [sample[0].numel(), layer["units"]], layer["units"])
        elif layer["type"] == "conv2d":
            size = layer["kernelSize"]
            draw("conv", [size, size, sample.shape[-1], layer["filters"]], layer["filters"])
        sample = apply_layer(layer, sample, iter([tensor.double() for _, tensor in parameters[-2:]]))
    return parameters


def apply_layer(layer, x, parameters):
    """One of our layers on [samples, ...]; images are channels last outside, channels first inside PyTorch's calls."""
    kind = layer["type"]
    if kind == "dense":
        return x.flatten(1) @ next(parameters) + next(parameters)
    if kind == "conv2d":
        weight, bias = next(parameters), next(parameters)
        padding = layer["kernelSize"] // 2 if layer["padding"] == "same" else 0
        y = F.conv2d(x.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), bias, layer.get("stride", 1), padding)
        return y.permute(0, 2, 3, 1)
    if kind in ("maxPool", "averagePool"):
        pool = F.max_pool2d if kind == "maxPool" else F.avg_pool2d
        return pool(x.permute(0, 3, 1, 2), layer["size"], layer.get("stride", layer["size"])).permute(0, 2, 3, 1)
    return {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[kind](x)


def mean_loss(model, outputs, labels):
    if model["loss"] == "softmax-cross-entropy":
        return F.cross_entropy(outputs, labels.long())
    return 0.5 * ((outputs - labels) ** 2).sum() / len(outputs)


def draw_batches(model, generator, count=BATCHES):
    """Features, and labels that a random linear teacher gives, so that the loss can fall."""
    features, labels = model["features"], model["labels"]
    elements = torch.Size(features["shape"]).numel()
    outputs = labels.get("classes") or torch.Size(labels["shape"]).numel()
    teacher = torch.randn(elements, outputs, generator=generator, dtype=torch.float64)
    batches = []
    for _ in range(count):
        if features["type"] == "u8":
            x = torch.randint(0, 256, [model["batchSize"], elements], generator=generator, dtype=torch.uint8)
        else:
            x = torch.randn(model["batchSize"], elements, generator=generator)
        answer = (x.double() - x.double().mean()) @ teacher
        y = answer.argmax(1).to(torch.uint8) if "classes" in labels else torch.sigmoid(answer / 3).float()
        batches.append((x.reshape(-1, *features["shape"]), y))
    return batches


def train(model, initial, batches):
    """The mean loss before each step, and the weights after it."""
    tensors = [tensor.double().requires_grad_() for _, tensor in initial]
    settings = model["optimizer"]
    optimizer = torch.optim.SGD(
        tensors,
        lr=settings["learningRate"],
        momentum=settings["momentum"],
        nesterov=settings["nesterov"],
        weight_decay=settings["weightDecay"],
    )
    steps = []
    for step in range(STEPS):
        x, y = batches[step % BATCHES]
        x = x.double() / 255 if x.dtype == torch.uint8 else x.double()
        parameters = iter(tensors)
        for layer in model["layers"]:
            x = apply_layer(layer, x, parameters)
        loss = mean_loss(model, x.flatten(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({"loss": loss.item(), "weights": encode(torch.cat([t.detach().flatten() for t in tensors]).float())})
    return steps


def train_epochs(job, initial, x, y):
    """The mean loss before each step of a whole job, and the weights after it."""
    tensors = [tensor.double().requires_grad_() for _, tensor in initial]
    settings, size = job["optimizer"], job["batchSize"]
    momentum, decay = settings["momentum"], settings["weightDecay"]
    optimizer = torch.optim.SGD(tensors, lr=settings["learningRate"], momentum=momentum, weight_decay=decay)
    batches = [
        order[first : first + size]
        for order in (permutation(len(x), job["seed"], epoch) for epoch in range(job["epochs"]))
        for first in range(0, len(x), size)
    ]
    first_rate, last_rate = settings["learningRate"], job["schedule"]["finalLearningRate"]
    steps = []
    for step, indices in enumerate(batches):
        optimizer.param_groups[0]["lr"] = first_rate + (last_rate - first_rate) * step / (len(batches) - 1)
        outputs, parameters = x[indices].double(), iter(tensors)
        for layer in job["model"]["layers"]:
            outputs = apply_layer(layer, outputs, parameters)
        loss = mean_loss(job, outputs.flatten(1), y[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        weights = torch.cat([tensor.detach().flatten() for tensor in tensors]).float()
        steps.append({"samples": len(indices), "loss": loss.item(), "weights": encode(weights)})
    return steps


def write_epochs(folder):
    generator = torch.Generator().manual_seed(100)
    job = EPOCHS["job"]
    initial = draw_weights(job["model"]["layers"], EPOCHS["features"]["shape"], generator)
    ((x, y),) = draw_batches({**EPOCHS, "batchSize": EPOCHS["samples"]}, generator, count=1)
    fixture = {
        "job": job,
        "fields": [EPOCHS["features"], EPOCHS["labels"]],
        "samples": EPOCHS["samples"],
        "data": [encode(x), encode(y)],
        "initial": encode(torch.cat([tensor.flatten() for _, tensor in initial])),
        "steps": train_epochs(job, initial, x, y),
    }
    write(folder / "epochs_momentum.json", fixture)


def write(path, fixture, steps=None):
    path.write_text(json.dumps(fixture, indent=2) + "\n")
    losses = [step["loss"] for step in steps or fixture["steps"]]
    print(f"{path.name}: {path.stat().st_size} bytes, loss {losses[0]:.4f} to {losses[-1]:.4f}")


def encode(tensor):
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()


def main():
    folder = pathlib.Path(__file__).parent / "fixtures"
    for seed, (name, model) in enumerate(MODELS.items(), start=1):
        generator = torch.Generator().manual_seed(seed)
        initial = draw_weights(model["layers"], model["features"]["shape"], generator)
        batches = draw_batches(model, generator)
        fixture = {
            **model,
            "parameters": [{"name": n, "shape": list(t.shape), "initial": encode(t)} for n, t in initial],
            "batches": [{"features": encode(x), "labels": encode(y)} for x, y in batches],
            "steps": train(model, initial, batches),
        }
        write(folder / f"{name}.json", fixture)
    write_epochs(folder)


if __name__ == "__main__":
    main()
