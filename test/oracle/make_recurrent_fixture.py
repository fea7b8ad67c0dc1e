"""Trains a recurrent model of language with PyTorch and writes what the tests hold the engine against.

Usage: python3 make_recurrent_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

Ids as rows of ones and zeros, an LSTM, a GRU, a dense layer for each position; the loss of a sample is the mean over the
positions that are not ignored, of smoothed cross-entropy; RMSProp. torch.nn.LSTM and torch.nn.GRU stand as they are, but
that the LSTM's second bias, which adds nothing to the first, is zero and stays so. Layouts, encoding and precision (float64)
are those of make_fixtures.py: our weights are PyTorch's transposed.
"""

import pathlib

import torch
import torch.nn.functional as F
from make_fixtures import BATCHES, STEPS, encode, write

KEPT = (1, 2, 5, 10, 15, 20)  # steps whose weights are written
WINDOW, VOCABULARY, IGNORED = 9, 11, 255

MODEL = {
    "description": "LSTM and GRU over token ids, smoothed cross-entropy of each position, some ignored, RMSProp",
    "features": {"name": "tokens", "type": "u8", "shape": [WINDOW], "classes": VOCABULARY},
    "labels": {"name": "next", "type": "u8", "shape": [WINDOW], "classes": VOCABULARY, "ignored": IGNORED},
    "layers": [
        {"type": "oneHot"},
        {"type": "lstm", "units": 7},
        {"type": "gru", "units": 6},
        {"type": "dense", "units": VOCABULARY, "perPosition": True},
    ],
    "loss": {"kind": "softmax-cross-entropy", "labelSmoothing": 0.1},
    "optimizer": {
        "kind": "rms-prop",
        "learningRate": 0.01,
        "decay": 0.9,
        "epsilon": 0.001,
        "momentum": 0.5,
        "centred": False,
        "weightDecay": 0,
    },
    "batchSize": 16,
}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(VOCABULARY, 7, batch_first=True)
        self.gru = torch.nn.GRU(7, 6, batch_first=True)
        self.dense = torch.nn.Linear(6, VOCABULARY)

    def forward(self, tokens):
        x = F.one_hot(tokens.long(), VOCABULARY).double()
        return self.dense(self.gru(self.lstm(x)[0])[0])

    def ours(self):
        """The parameters in our order, the weights transposed."""
        lstm, gru, dense = self.lstm, self.gru, self.dense
        return [
            ("lstm1.weight", lstm.weight_ih_l0.T),
            ("lstm1.recurrentWeight", lstm.weight_hh_l0.T),
            ("lstm1.bias", lstm.bias_ih_l0),
            ("gru1.weight", gru.weight_ih_l0.T),
            ("gru1.recurrentWeight", gru.weight_hh_l0.T),
            ("gru1.bias", gru.bias_ih_l0),
            ("gru1.recurrentBias", gru.bias_hh_l0),
            ("dense1.weight", dense.weight.T),
            ("dense1.bias", dense.bias),
        ]


def flat(model):
    return torch.cat([tensor.detach().contiguous().flatten() for _, tensor in model.ours()]).float()


def draw_batches(generator):
    """A walk through the vocabulary that the ids before decide; a fifth of the labels stands for none."""
    batches = []
    for _ in range(BATCHES):
        ids = torch.randint(0, VOCABULARY, [MODEL["batchSize"], WINDOW + 1], generator=generator)
        for place in range(2, WINDOW + 1):
            ids[:, place] = (ids[:, place - 1] + 2 * ids[:, place - 2] + place % 2) % VOCABULARY
        labels = ids[:, 1:].clone()
        ignored = torch.rand(labels.shape, generator=generator) < 0.2
        ignored[:, 0] = False
        ignored[3, :] = True  # a sample of which nothing counts
        labels[ignored] = IGNORED
        batches.append((ids[:, :-1].to(torch.uint8), labels.to(torch.uint8)))
    return batches


def mean_loss(logits, labels):
    terms = F.cross_entropy(
        logits.transpose(1, 2),
        labels.long(),
        ignore_index=IGNORED,
        reduction="none",
        label_smoothing=MODEL["loss"]["labelSmoothing"],
    )
    counted = (labels != IGNORED).sum(1).clamp(min=1)
    return (terms.sum(1) / counted).mean()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(5)
    model = Model().double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # f32 values to begin with, some of them large enough to saturate a gate.
            parameter.copy_((2 * parameter).float().double())
            if name == "lstm.bias_hh_l0":
                parameter.zero_()
                parameter.requires_grad_(False)
    batches = draw_batches(torch.Generator().manual_seed(6))
    settings = MODEL["optimizer"]
    optimizer = torch.optim.RMSprop(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=settings["learningRate"],
        alpha=settings["decay"],
        eps=settings["epsilon"],
        momentum=settings["momentum"],
    )
    initial = flat(model)
    steps = []
    for step in range(1, STEPS + 1):
        x, y = batches[(step - 1) % BATCHES]
        loss = mean_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({"loss": loss.item(), **({"weights": encode(flat(model))} if step in KEPT else {})})
    fixture = {
        **MODEL,
        "tensors": [{"name": name, "shape": list(tensor.shape)} for name, tensor in model.ours()],
        "initial": encode(initial),
        "batches": [{"features": encode(x), "labels": encode(y)} for x, y in batches],
        "steps": steps,
        "prediction": encode(model(batches[0][0]).detach().float()),
    }
    write(pathlib.Path(__file__).parent / "fixtures" / "recurrent.json", fixture)


if __name__ == "__main__":
    main()
