"""Computes layers of images with PyTorch and writes what the tests hold the engine against.

Usage: python3 make_image_layers_fixture.py, then npm run format       (made with PyTorch 1.13, Debian's python3-torch)

Each case is a convolution of 1x1, through whose weights the gradient of a layer's input shows, and the layer; half the sum of
squared errors of its output, and the gradients of all weights. Layouts, encoding and precision (float64) are those of
make_fixtures.py.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from make_fixtures import encode

SAMPLES, HEIGHT, WIDTH, CHANNELS, INNER = 2, 5, 4, 2, 6


def depthwise(size, **options):
    layer = {"type": "depthwiseConv2d", "kernelSize": size, **options}
    padding = options.get("padding", 0)

    def compute(x, weight, bias):
        stride = options.get("stride", 1)
        return F.conv2d(x, weight.permute(2, 0, 1).unsqueeze(1), bias, stride, padding, groups=INNER)

    return layer, {"depthwise1.weight": [size, size, INNER], "depthwise1": [INNER]}, compute


def transposed(size, filters, **options):
    layer = {"type": "conv2dTranspose", "kernelSize": size, "filters": filters, **options}
    padding = options.get("padding", 0)

    def compute(x, weight, bias):
        return F.conv_transpose2d(x, weight.permute(3, 2, 0, 1), bias, options.get("stride", 1), padding)

    return layer, {"convTranspose1.weight": [size, size, filters, INNER], "convTranspose1": [filters]}, compute


def convolution(size, filters, **options):
    layer = {"type": "conv2d", "kernelSize": size, "filters": filters, **options}

    def compute(x, weight, bias):
        return F.conv2d(x, weight.permute(3, 2, 0, 1), bias, options.get("stride", 1), options["padding"])

    return layer, {"conv2.weight": [size, size, INNER, filters], "conv2": [filters]}, compute


def group_norm(groups, epsilon):
    layer = {"type": "groupNorm", "groups": groups, "epsilon": epsilon}
    shapes = {"groupNorm1.gain": [INNER], "groupNorm1.bias": [INNER]}
    return layer, shapes, lambda x, gain, bias: F.group_norm(x, groups, gain, bias, epsilon)


def upsample(factor, method):
    corners = {} if method == "nearest" else {"align_corners": False}
    layer = {"type": "upsample", "factor": factor, "method": method}
    return layer, {}, lambda x: F.interpolate(x, scale_factor=factor, mode=method, **corners)


def pooling(kind, size, stride, padding):
    layer = {"type": kind, "size": size, "stride": stride, "padding": padding}
    if kind == "maxPool":
        return layer, {}, lambda x: F.max_pool2d(x, size, stride, padding)
    return layer, {}, lambda x: F.avg_pool2d(x, size, stride, padding, count_include_pad=False)


CASES = [
    depthwise(3),
    depthwise(3, stride=2, padding=1),
    depthwise(4, padding=2),
    transposed(2, 3, stride=2),
    transposed(3, 4),
    transposed(4, 3, stride=2, padding=1),
    convolution(3, 4, stride=2, padding=1),
    convolution(4, 3, padding=3),
    group_norm(2, 1e-5),
    group_norm(6, 0.1),
    upsample(3, "nearest"),
    upsample(2, "bilinear"),
    upsample(3, "bilinear"),
    pooling("maxPool", 3, 2, 1),
    pooling("averagePool", 3, 2, 1),
]


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(300)
    x = torch.randn(SAMPLES, HEIGHT, WIDTH, CHANNELS, generator=generator)
    cases = []
    for layer, shapes, compute in CASES:
        shapes = {"conv1.weight": [1, 1, CHANNELS, INNER], **shapes}
        names = [name if "." in name else f"{name}.bias" for name in shapes]
        drawn = [torch.randn(shape, generator=generator) for shape in shapes.values()]
        first, *others = tensors = [tensor.double().requires_grad_() for tensor in drawn]
        # A product of 1x1, channels last, then channels first for PyTorch.
        inner = (x.double() @ first[0, 0]).permute(0, 3, 1, 2)
        output = compute(inner, *others).permute(0, 2, 3, 1)
        target = torch.randn(output.shape, generator=generator)
        loss = 0.5 * ((output - target.double()) ** 2).sum()
        loss.backward()
        weights = [
            {"name": name, "shape": list(tensor.shape), "value": encode(tensor), "gradient": encode(leaf.grad.float())}
            for name, tensor, leaf in zip(names, drawn, tensors)
        ]
        cases.append({
            "layer": layer,
            "shape": list(output.shape[1:]),
            "weights": weights,
            "target": encode(target),
            "output": encode(output.detach().float()),
            "loss": loss.item(),
        })
    fixture = {"samples": SAMPLES, "image": [HEIGHT, WIDTH, CHANNELS], "features": encode(x), "cases": cases}
    path = pathlib.Path(__file__).parent / "fixtures" / "image_layers.json"
    path.write_text(json.dumps(fixture, indent=2) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes, {len(cases)} cases")


if __name__ == "__main__":
    main()
