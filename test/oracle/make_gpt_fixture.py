"""Trains two small GPTs with PyTorch and writes what the tests hold the engine against.

Usage: python3 make_gpt_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

The first is torch.nn's own MultiheadAttention, LayerNorm and Embedding, its output the embedding's table, trained by SGD: a
key's bias moves no probability, and Adam would make steps of its rounding. The second has RMS norm, rotary positions by complex
numbers and heads that share keys, written out here, and is trained by AdamW. Layouts, encoding and precision (float64) are those
of make_fixtures.py.
"""

import pathlib

import torch
import torch.nn.functional as F
from make_fixtures import BATCHES, STEPS, encode, write
from torch import nn

KEPT = (1, 5, 20)  # steps whose weights are written
POSITIONS, TOKENS, WIDTH, HEADS = 10, 13, 8, 2
BATCH = 12
BASE = 50

SMALL = {"kind": "normal", "standardDeviation": 0.02}

COMMON = {
    "features": {"name": "tokens", "type": "u8", "shape": [POSITIONS], "classes": TOKENS},
    "labels": {"name": "next", "type": "u8", "shape": [POSITIONS], "classes": TOKENS},
    "loss": {"kind": "softmax-cross-entropy", "labelSmoothing": 0},
    "batchSize": BATCH,
}

BLOCK = {"type": "transformerBlock", "heads": HEADS, "causal": True, "factor": 2}

MODELS = {
    "learned": {
        "layers": [
            {"type": "embedding", "width": WIDTH},
            {"type": "positionalEmbedding"},
            BLOCK,
            BLOCK,
            {"type": "layerNorm"},
            {"type": "unembedding"},
        ],
        "optimizer": {"kind": "sgd", "learningRate": 0.3, "momentum": 0.9, "nesterov": False, "weightDecay": 0, "clipNorm": 1},
    },
    "rotary": {
        "layers": [
            {"type": "embedding", "width": WIDTH},
            {**BLOCK, "keyValueHeads": 1, "rotary": {"base": BASE}, "norm": "rmsNorm"},
            {**BLOCK, "keyValueHeads": 1, "rotary": {"base": BASE}, "norm": "rmsNorm"},
            {"type": "rmsNorm"},
            {"type": "dense", "units": TOKENS, "perPosition": True},
        ],
        "optimizer": {
            "kind": "adam",
            "learningRate": 0.01,
            "beta1": 0.9,
            "beta2": 0.99,
            "epsilon": 1e-4,
            "weightDecay": 0.01,
            "decoupled": True,
        },
    },
}


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class LearnedAttention(nn.Module):
    """PyTorch's own."""

    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, x):
        mask = torch.ones(POSITIONS, POSITIONS, dtype=torch.bool).triu(1)
        return self.inner(x, x, x, attn_mask=mask, need_weights=False)[0]

    def ours(self):
        weights = self.inner.in_proj_weight.chunk(3)
        biases = self.inner.in_proj_bias.chunk(3)
        projections = [part for pair in zip(weights, biases) for part in (pair[0].t(), pair[1])]
        return [*projections, self.inner.out_proj.weight.t(), self.inner.out_proj.bias]


class RotaryAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = WIDTH // HEADS
        self.query, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.key, self.value = nn.Linear(WIDTH, self.size), nn.Linear(WIDTH, self.size)

    def turn(self, x):
        half = self.size // 2
        frequencies = BASE ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = torch.arange(POSITIONS, dtype=torch.float64)[:, None] * frequencies
        turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([turned.real, turned.imag], -1)

    def forward(self, x):
        samples = len(x)
        q = self.turn(self.query(x).view(samples, POSITIONS, HEADS, self.size).transpose(1, 2))
        k, v = self.turn(self.key(x))[:, None], self.value(x)[:, None]
        scores = q @ k.transpose(-1, -2) / self.size**0.5
        scores = scores.masked_fill(torch.ones(POSITIONS, POSITIONS, dtype=torch.bool).triu(1), -torch.inf)
        heads = scores.softmax(-1) @ v
        return self.out(heads.transpose(1, 2).reshape(samples, POSITIONS, WIDTH))

    def ours(self):
        layers = [self.query, self.key, self.value, self.out]
        return [part for layer in layers for part in (layer.weight.t(), layer.bias)]


class Block(nn.Module):
    def __init__(self, norm, attention):
        super().__init__()
        self.first, self.attention, self.second = norm(WIDTH), attention(), norm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.attention(self.first(x))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh"))

    def ours(self):
        perceptron = [self.up.weight.t(), self.up.bias, self.down.weight.t(), self.down.bias]
        return [*self.first.parameters(), *self.attention.ours(), *self.second.parameters(), *perceptron]


class Gpt(nn.Module):
    def __init__(self, kind):
        super().__init__()
        learned = kind == "learned"
        norm, attention = (nn.LayerNorm, LearnedAttention) if learned else (RmsNorm, RotaryAttention)
        self.table = nn.Embedding(TOKENS, WIDTH)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH)) if learned else None
        self.blocks = nn.ModuleList([Block(norm, attention), Block(norm, attention)])
        self.norm = norm(WIDTH)
        self.output = None if learned else nn.Linear(WIDTH, TOKENS)

    def forward(self, tokens):
        x = self.table(tokens)
        if self.positions is not None:
            x = x + self.positions
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return F.linear(x, self.table.weight) if self.output is None else self.output(x)

    def ours(self):
        """Parameters in the order and the layouts of our layers; views, so that they can be written to."""
        positions = [] if self.positions is None else [self.positions]
        output = [] if self.output is None else [self.output.weight.t(), self.output.bias]
        blocks = [tensor for block in self.blocks for tensor in block.ours()]
        return [self.table.weight, *positions, *blocks, *self.norm.parameters(), *output]


def flat_of(network):
    return torch.cat([tensor.detach().reshape(-1) for tensor in network.ours()]).float()


def draw(network, generator):
    """Weights that are f32 values and large enough to matter; gains and biases are not left where they start."""
    with torch.no_grad():
        for tensor in network.ours():
            noise = torch.randn(tensor.shape, generator=generator)
            if tensor.dim() > 1:
                tensor.copy_(0.4 * noise)
            else:
                tensor.copy_(0.1 * noise + tensor.float())


def draw_batches(generator):
    """Tokens that count upwards by one step or another, with noise."""
    batches = []
    for _ in range(BATCHES):
        start, step = (torch.randint(1, TOKENS, [BATCH, 1], generator=generator) for _ in range(2))
        noise = torch.randint(0, 2, [BATCH, POSITIONS + 1], generator=generator)
        tokens = ((start + step * torch.arange(POSITIONS + 1) + noise) % TOKENS).to(torch.uint8)
        batches.append((tokens[:, :-1], tokens[:, 1:]))
    return batches


def optimizer_of(parameters, settings):
    if settings["kind"] == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=settings["learningRate"],
            momentum=settings["momentum"],
            weight_decay=settings["weightDecay"],
        )
    return torch.optim.AdamW(
        parameters,
        lr=settings["learningRate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
        weight_decay=settings["weightDecay"],
    )


def clip(parameters, settings):
    """Scales gradients down to the largest norm; PyTorch's own adds 1e-6 to theirs."""
    if "clipNorm" in settings:
        norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in parameters))
        for parameter in parameters:
            parameter.grad *= min(1, settings["clipNorm"] / norm.item())


def train(network, settings, batches):
    optimizer = optimizer_of(network.parameters(), settings)
    steps = []
    for step in range(1, STEPS + 1):
        tokens, following = batches[(step - 1) % BATCHES]
        optimizer.zero_grad()
        loss = F.cross_entropy(network(tokens.long()).flatten(0, 1), following.long().flatten())
        loss.backward()
        clip(list(network.parameters()), settings)
        optimizer.step()
        steps.append({"loss": loss.item(), **({"weights": encode(flat_of(network))} if step in KEPT else {})})
    return steps


def main():
    models = {}
    for seed, (kind, model) in enumerate(MODELS.items(), start=1):
        torch.manual_seed(seed)  # of PyTorch's own initial biases
        generator = torch.Generator().manual_seed(seed)
        network = Gpt(kind).double()
        draw(network, generator)
        batches = draw_batches(generator)
        models[kind] = {
            **COMMON,
            **model,
            "initial": encode(flat_of(network)),
            "batches": [{"tokens": encode(x), "next": encode(y)} for x, y in batches],
            "steps": train(network, model["optimizer"], batches),
        }
    steps = [step for model in models.values() for step in model["steps"]]
    write(pathlib.Path(__file__).parent / "fixtures" / "gpt.json", models, steps)


if __name__ == "__main__":
    main()
