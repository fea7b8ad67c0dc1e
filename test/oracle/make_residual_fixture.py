"""Trains a residual network with batch norm with PyTorch and writes what the tests hold the engine against.

Usage: python3 make_residual_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

The mini-batch is one microbatch in the first run, torch.nn.BatchNorm2d as it stands; in the second, microbatches are
normalized each alone, their gradients are summed, and the running statistics move once a step to the mean of the
microbatches'. Layouts, encoding and precision (float64) are those of make_fixtures.py.
"""

import pathlib

import torch
import torch.nn.functional as F
from make_fixtures import BATCHES, STEPS, classes_field, draw_batches, encode, write

KEPT = (1, 2, 5, 10, 15, 20)  # steps whose weights are written


def conv(filters, size=3, stride=1):
    return {"type": "conv2d", "filters": filters, "kernelSize": size, "padding": "same", "stride": stride, "bias": False}


NORM = {"type": "batchNorm", "momentum": 0.2, "epsilon": 0.001}

MODEL = {
    "description": "Residual network with batch norm, a shortcut that strides, softmax cross-entropy, Nesterov momentum",
    "features": {"name": "features", "type": "u8", "shape": [10, 8, 2]},
    "labels": classes_field(4),
    "layers": [
        conv(5),
        NORM,
        {"type": "relu"},
        {"type": "residual", "layers": [conv(5), NORM, {"type": "relu"}, conv(5), NORM]},
        {"type": "relu"},
        {
            "type": "residual",
            "layers": [conv(8, stride=2), NORM, {"type": "relu"}, conv(8), NORM],
            "shortcut": [conv(8, size=1, stride=2), NORM],
        },
        {"type": "relu"},
        {"type": "globalAveragePool"},
        {"type": "dense", "units": 4},
    ],
    "loss": "softmax-cross-entropy",
    "optimizer": {"kind": "sgd", "learningRate": 0.1, "momentum": 0.9, "nesterov": True, "weightDecay": 0.0005},
    "batchSize": 24,
}


class ChannelsFirst(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 3, 1, 2)


class SamePadding(torch.nn.Module):
    """The zeros of our `same`: an odd one behind."""

    def __init__(self, size, stride):
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x):
        zeros = [max(0, (-(-n // self.stride) - 1) * self.stride + self.size - n) for n in x.shape[2:]]
        (top, left) = (n // 2 for n in zeros)
        return F.pad(x, (left, zeros[1] - left, top, zeros[0] - top))


class Residual(torch.nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.shortcut, self.body = shortcut, body  # our order: the shortcut's parameters come first

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Pool(torch.nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def module_of(layer, channels):
    """The module of one of our layers, and the channels behind it."""
    kind = layer["type"]
    if kind == "conv2d":
        size, stride, filters = layer["kernelSize"], layer["stride"], layer["filters"]
        convolution = torch.nn.Conv2d(channels, filters, size, stride, bias=False)
        return torch.nn.Sequential(SamePadding(size, stride), convolution), filters
    if kind == "batchNorm":
        return torch.nn.BatchNorm2d(channels, eps=layer["epsilon"], momentum=layer["momentum"]), channels
    if kind == "residual":
        body, behind = chain_of(layer["layers"], channels)
        shortcut, _ = chain_of(layer.get("shortcut", []), channels)
        return Residual(body, shortcut), behind
    if kind == "dense":
        return torch.nn.Linear(channels, layer["units"]), layer["units"]
    return {"relu": torch.nn.ReLU, "globalAveragePool": Pool}[kind](), channels


def chain_of(layers, channels):
    modules = []
    for layer in layers:
        module, channels = module_of(layer, channels)
        modules.append(module)
    return torch.nn.Sequential(*modules), channels


def norms_of(network):
    return [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]


def ours(tensor):
    """Filters to [height, width, in, out], dense weights to [in, out]."""
    return tensor.permute(2, 3, 1, 0) if tensor.dim() == 4 else tensor.t() if tensor.dim() == 2 else tensor


def flat_of(network):
    """Parameters, then running statistics, flat: the order of our layout."""
    states = [state for norm in norms_of(network) for state in (norm.running_mean, norm.running_var)]
    tensors = [ours(tensor.detach()) for tensor in [*network.parameters(), *states]]
    return torch.cat([tensor.flatten() for tensor in tensors]).float()


def compute(network, x, y, microbatch_size):
    """Adds up the gradients of the mean loss; moves the running statistics once, to the mean of the microbatches'."""
    norms = norms_of(network)
    before = [(norm.running_mean.clone(), norm.running_var.clone(), norm.momentum) for norm in norms]
    sums = [(torch.zeros_like(norm.running_mean), torch.zeros_like(norm.running_var)) for norm in norms]
    loss = 0
    for first in range(0, len(x), microbatch_size):
        part = slice(first, first + microbatch_size)
        for norm in norms:
            norm.momentum = 1  # leaves the microbatch's own statistics
        loss_sum = F.cross_entropy(network(x[part]), y[part], reduction="sum")
        (loss_sum / len(x)).backward()
        loss += loss_sum.item() / len(x)
        for norm, (mean, variance) in zip(norms, sums):
            mean += norm.running_mean * len(x[part]) / len(x)
            variance += norm.running_var * len(x[part]) / len(x)
    for norm, (mean, variance, momentum), (new_mean, new_variance) in zip(norms, before, sums):
        norm.momentum = momentum
        norm.running_mean.copy_((1 - momentum) * mean + momentum * new_mean)
        norm.running_var.copy_((1 - momentum) * variance + momentum * new_variance)
    return loss


def compute_whole(network, x, y, _):
    """PyTorch's own way: the mini-batch at once."""
    loss = F.cross_entropy(network(x), y)
    loss.backward()
    return loss.item()


def train(initial, batches, microbatch_size):
    network = network_of(initial)
    settings = MODEL["optimizer"]
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=settings["learningRate"],
        momentum=settings["momentum"],
        nesterov=settings["nesterov"],
        weight_decay=settings["weightDecay"],
    )
    step_of = compute_whole if microbatch_size == MODEL["batchSize"] else compute
    steps = []
    for step in range(1, STEPS + 1):
        x, y = batches[(step - 1) % BATCHES]
        optimizer.zero_grad()
        loss = step_of(network, x.double() / 255, y.long(), microbatch_size)
        optimizer.step()
        steps.append({"loss": loss, **({"weights": encode(flat_of(network))} if step in KEPT else {})})
    network.eval()
    predicted = network(batches[0][0].double() / 255).detach().float()
    return {"microbatchSize": microbatch_size, "steps": steps, "prediction": encode(predicted)}


def network_of(initial):
    torch.manual_seed(1)
    chain, _ = chain_of(MODEL["layers"], MODEL["features"]["shape"][-1])
    network = torch.nn.Sequential(ChannelsFirst(), chain).double()
    if initial is not None:
        network.load_state_dict(initial)
    return network


def draw_initial(generator):
    """Weights that are f32 values; gains, biases and running statistics are not left where they start."""
    network = network_of(None)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.dtype != torch.float64:
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            spread = (2 / tensor[0].numel()) ** 0.5 if tensor.dim() > 1 else 0.1
            tensor.copy_(noise * spread + (0 if tensor.dim() > 1 else tensor.float()))
            if name.endswith("running_var"):
                tensor.abs_()
    return network.state_dict()


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(200)
    initial = draw_initial(generator)
    batches = draw_batches(MODEL, generator)
    fixture = {
        **MODEL,
        "initial": encode(flat_of(network_of(initial))),
        "batches": [{"features": encode(x), "labels": encode(y)} for x, y in batches],
        "runs": [train(initial, batches, size) for size in (MODEL["batchSize"], 7)],
    }
    folder = pathlib.Path(__file__).parent / "fixtures"
    write(folder / "residual_batch_norm.json", fixture, fixture["runs"][0]["steps"])


if __name__ == "__main__":
    main()
