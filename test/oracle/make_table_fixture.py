"""Trains a model with embeddings on a table with PyTorch and writes what the tests hold data and engine against.

Usage: python3 make_table_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

The table is text: reading it, filling missing numbers with their mean, standardizing and coding the categories in the
order of their first appearance are part of what is compared. Encoding and precision (float64) are those of
make_fixtures.py.
"""

import pathlib

import torch
from make_fixtures import BATCHES, STEPS, encode, write

ROWS = 64
COLUMNS = ["colour", "length", "weekday", "weight", "price"]
CATEGORIES = {"colour": ["red", "green", "blue"], "weekday": ["monday", "friday", "sunday", "tuesday"]}
WIDTH = 3  # of an embedding
UNITS = 8
LEARNING_RATE = 0.01


def draw_table(generator):
    rows = []
    for row in range(ROWS):
        pick = {name: kinds[int(torch.randint(len(kinds), (), generator=generator))] for name, kinds in CATEGORIES.items()}
        length, weight, noise = torch.randn(3, generator=generator).tolist()
        price = 3 + length - 0.5 * weight + 2 * (pick["colour"] == "blue") - (pick["weekday"] == "sunday") + 0.1 * noise
        missing = row % 9 == 4
        rows.append([pick["colour"], "" if missing else f"{20 + 5 * length:.2f}", pick["weekday"], f"{900 + 80 * weight:.1f}", f"{price:.3f}"])
    return rows


def standardized(rows, column):
    values = [float(row[column]) if row[column] else None for row in rows]
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known)
    filled = torch.tensor([mean if value is None else value for value in values], dtype=torch.float64)
    return (filled - filled.mean()) / filled.std(unbiased=False)


def coded(rows, column, first):
    known = list(dict.fromkeys(row[column] for row in rows))
    return torch.tensor([first + known.index(row[column]) for row in rows])


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(7, WIDTH)
        self.hidden = torch.nn.Linear(2 + 2 * WIDTH, UNITS)
        self.output = torch.nn.Linear(UNITS, 1)

    def forward(self, numbers, codes):
        x = torch.cat([numbers, self.table(codes).flatten(1)], 1)
        return self.output(torch.relu(self.hidden(x))).squeeze(1)


def flat_of(network):
    """In the order and layout of ours: dense weights are [in, out]."""
    parameters = [network.table.weight, network.hidden.weight.t(), network.hidden.bias]
    parameters += [network.output.weight.t(), network.output.bias]
    return torch.cat([parameter.detach().flatten() for parameter in parameters]).float()


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(300)
    rows = draw_table(generator)
    numbers = torch.stack([standardized(rows, 1), standardized(rows, 3)], 1)
    codes = torch.stack([coded(rows, 0, 0), coded(rows, 2, 3)], 1)
    target = torch.tensor([float(row[4]) for row in rows], dtype=torch.float64)
    network = Network()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    network.double()
    initial = encode(flat_of(network))
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    steps = []
    for step in range(STEPS):
        size = ROWS // BATCHES
        part = slice(step % BATCHES * size, (step % BATCHES + 1) * size)
        optimizer.zero_grad()
        loss = ((network(numbers[part], codes[part]) - target[part]) ** 2).sum() / 2 / size
        loss.backward()
        optimizer.step()
        steps.append({"loss": loss.item(), "weights": encode(flat_of(network))})
    fixture = {
        "table": "\n".join(",".join(row) for row in [COLUMNS, *rows]) + "\n",
        "batchSize": ROWS // BATCHES,
        "learningRate": LEARNING_RATE,
        "initial": initial,
        "steps": steps,
    }
    write(pathlib.Path(__file__).parent / "fixtures" / "table_embeddings.json", fixture)


if __name__ == "__main__":
    main()
