"""The workloads in PyTorch."""

import torch
from torch import nn

BATCH_SIZES = {"W1": 100, "W2": 128, "W3": 64, "W4": 32, "W5": 16}
LEARNING_RATES = {"W1": 0.05, "W2": 0.05, "W3": 0.02, "W4": 0.02, "W5": 0.05}


POSITIONS, TOKENS, WIDTH, HEADS = 64, 96, 128, 4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.projections, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.register_buffer("mask", torch.full([POSITIONS, POSITIONS], -torch.inf).triu(1))

    def forward(self, x):
        samples = len(x)
        heads = self.projections(self.norms[0](x)).view(samples, POSITIONS, 3, HEADS, WIDTH // HEADS)
        q, k, v = heads.permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + self.mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(samples, POSITIONS, WIDTH)
        x = x + self.output(mixed)
        return x + self.down(nn.functional.gelu(self.up(self.norms[1](x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(TOKENS, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(POSITIONS, WIDTH))
        self.blocks = nn.Sequential(Block(), Block(), nn.LayerNorm(WIDTH), nn.Linear(WIDTH, TOKENS))

    def forward(self, tokens):
        return self.blocks(self.table(tokens) + self.positions).flatten(0, 1)


def create_model(workload):
    if workload == "W5":
        return Gpt()
    if workload == "W1":
        return nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    if workload == "W2":
        return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    if workload == "W4":
        return nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(4096, 10),
        )
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(784, 10),
    )


def create_batches(workload, batch_size, seed=1):
    """Eight mini-batches, used in turn: features in [0, 1), or tokens; and labels."""
    generator = torch.Generator().manual_seed(seed)
    if workload == "W5":
        texts = [torch.randint(0, TOKENS, [batch_size, POSITIONS + 1], generator=generator) for _ in range(8)]
        return [(text[:, :-1], text[:, 1:].flatten()) for text in texts]
    shape = [batch_size, *{"W3": [1, 28, 28], "W4": [3, 32, 32]}.get(workload, [784])]
    return [
        (torch.rand(shape, generator=generator), torch.randint(0, 10, [batch_size], generator=generator))
        for _ in range(8)
    ]


def create_step(workload, model, batches):
    """A function that trains on mini-batch `index` and returns the loss."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATES[workload])

    def step(index):
        features, labels = batches[index % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(features), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
