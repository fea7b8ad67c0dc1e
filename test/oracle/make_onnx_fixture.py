"""Writes fixtures/pytorch_exported.json: a small model as PyTorch's own exporter writes it, and what it gives.

Usage: python3 make_onnx_fixture.py, then npm run format    (made with PyTorch 1.13, Debian's python3-torch)

The ONNX file is base64; inputs and outputs are base64 of little-endian f32, images [samples, height, width, channels].
"""

import base64
import io
import json
import pathlib

import torch
from torch import nn

torch.manual_seed(11)
torch.set_num_threads(1)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm2d(6)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.gate = nn.Linear(6, 6)
        self.hidden = nn.Linear(6 * 2 * 3, 8)
        self.layer_norm = nn.LayerNorm(8)
        self.last = nn.Linear(8, 4)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))[:, :, None, None]
        x = x + nn.functional.hardswish(self.depthwise(x)) * gate
        x = self.pool(x).view(x.size(0), -1)
        return self.last(nn.functional.dropout(torch.tanh(self.layer_norm(self.hidden(x))), 0.5, self.training))


def encode(tensor):
    return base64.b64encode(tensor.detach().numpy().astype('<f4').tobytes()).decode()


model = Model().eval()
model.norm.running_mean.normal_()
model.norm.running_var.uniform_(0.5, 2)
images = torch.randn(5, 3, 8, 12)
file = io.BytesIO()
torch.onnx.export(
    model,
    images,
    file,
    opset_version=17,
    input_names=['images'],
    output_names=['logits'],
    dynamic_axes={'images': {0: 'samples'}, 'logits': {0: 'samples'}},
    training=torch.onnx.TrainingMode.PRESERVE,
    do_constant_folding=False,
)
fixture = {
    'description': "PyTorch 1.13's exporter: convolutions, batch norm, a gate for each channel, layer norm",
    'file': base64.b64encode(file.getvalue()).decode(),
    'shape': [8, 12, 3],
    'classes': 4,
    'samples': 5,
    'inputs': encode(images.permute(0, 2, 3, 1).contiguous()),
    'outputs': encode(model(images)),
}
path = pathlib.Path(__file__).parent / 'fixtures' / 'pytorch_exported.json'
path.write_text(json.dumps(fixture, indent=2) + '\n')
