#!/usr/bin/env python3
"""Write a larger random model around the tokenizer and prompt of the drawn fixture, for timing only: it knows nothing.

    python scaled_grm.py models/tests/fixtures/qwen2_5_vl_drawn OUT [--hidden 1024] [--layers 20] [--vision-hidden 640] [--vision-layers 8] [--half]

The three graphs have the names, inputs and outputs of the community layout. The decoder is that of Qwen2 (RMSNorm, grouped queries,
M-RoPE, SwiGLU); the vision encoder is a plain transformer over all patches of a picture, without windows. With the defaults the
decoder has about 250 million parameters and the vision encoder a fifth of that, as it is in the published 3B model. With --half weights,
keys and values are half precision; norms and the angles of positions are computed in single, as in published exports.
Needs numpy and onnx.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F, I = TensorProto.FLOAT, TensorProto.INT64


class Graph:
    """A graph put together operator by operator; constants are random, scaled by their fan-in."""

    def __init__(self, seed, half):
        self.float, self.kind = (np.float16, TensorProto.FLOAT16) if half else (np.float32, F)
        self.nodes, self.constants, self.count = [], [], 0
        self.random = np.random.default_rng(seed)
        self.parameters = 0

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [f"v{self.count + i}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, array):
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def number(self, value):
        return self.const(self.float(value))

    def weight(self, *shape, scale=1.0):
        self.parameters += int(np.prod(shape))
        return self.const((self.random.standard_normal(shape) * scale / np.sqrt(shape[0])).astype(self.float))

    def to(self, x, kind):
        return x if kind == F and self.kind == F else self.op("Cast", x, to=kind)

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def linear(self, x, rows, columns, bias=False):
        y = self.op("MatMul", x, self.weight(rows, columns))
        return self.op("Add", y, self.const(np.zeros(columns, self.float))) if bias else y

    def norm(self, x, width):
        x = self.to(x, F)
        square = self.op("ReduceMean", self.op("Mul", x, x), axes=[-1], keepdims=1)
        root = self.op("Sqrt", self.op("Add", square, self.const(np.float32(1e-6))))
        return self.op("Mul", self.to(self.op("Div", x, root), self.kind), self.const(np.ones(width, self.float)))

    def swiglu(self, x, width, inner):
        gate = self.linear(x, width, inner)
        gate = self.op("Mul", gate, self.op("Sigmoid", gate))
        return self.linear(self.op("Mul", gate, self.linear(x, width, inner)), inner, width)

    def save(self, path, inputs, outputs):
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save_model(model, str(path), save_as_external_data=True, location=path.name + "_data", size_threshold=1024)
        return self.parameters


def value(name, kind, *dims):
    return helper.make_tensor_value_info(name, kind, list(dims))


def vision(path, a, hidden):
    g, w = Graph(1, a.half), a.vision_hidden
    heads, dim = w // 64, 64
    x = g.linear("pixel_values", 1176, w)
    # The grid has to be an input that is used.
    grid = g.op("Cast", g.op("ReduceSum", "image_grid_thw", keepdims=0), to=g.kind)
    x = g.op("Add", x, g.op("Mul", grid, g.number(0)))
    split = lambda y: g.op("Transpose", g.op("Reshape", y, g.ints(0, heads, dim)), perm=[1, 0, 2])
    for _ in range(a.vision_layers):
        y = g.norm(x, w)
        q, k, v = (split(g.linear(y, w, w, bias=True)) for _ in range(3))
        s = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 2, 1]))
        s = g.op("Softmax", g.op("Mul", s, g.number(dim ** -0.5)), axis=-1)
        y = g.op("Reshape", g.op("Transpose", g.op("MatMul", s, v), perm=[1, 0, 2]), g.ints(0, w))
        x = g.op("Add", x, g.linear(y, w, w))
        x = g.op("Add", x, g.swiglu(g.norm(x, w), w, 3 * w))
    x = g.op("Reshape", g.norm(x, w), g.ints(-1, 4 * w))
    y = g.linear(x, 4 * w, hidden)
    g.op("Identity", y)
    g.nodes[-1].output[0] = "image_features"
    return g.save(path, [value("pixel_values", g.kind, "P", 1176), value("image_grid_thw", I, "N", 3)],
                  [value("image_features", g.kind, "M", hidden)])


def embed(path, a, vocabulary):
    g, hidden = Graph(2, a.half), a.hidden
    g.op("Gather", g.weight(vocabulary, hidden, scale=np.sqrt(vocabulary) * 0.3), "input_ids")
    g.nodes[-1].output[0] = "inputs_embeds"
    return g.save(path, [value("input_ids", I, "B", "S")], [value("inputs_embeds", g.kind, "B", "S", hidden)])


def decoder(path, a, vocabulary, kv_heads, sections):
    g, w = Graph(3, a.half), a.hidden
    heads, dim = w // 64, 64
    shape = lambda name, axis: g.op("Gather", g.op("Shape", name), g.ints(axis), axis=0)
    new, total = shape("inputs_embeds", 1), shape("attention_mask", 1)
    # Which of all tokens each new one may look at.
    span = lambda end: g.op("Range", g.const(np.int64(0)), g.op("Squeeze", end), g.const(np.int64(1)))
    own = g.op("Add", span(new), g.op("Sub", total, new))
    seen = g.op("LessOrEqual", g.op("Unsqueeze", span(total), g.ints(0)), g.op("Unsqueeze", own, g.ints(1)))
    there = g.op("Greater", g.op("Unsqueeze", "attention_mask", g.ints(1)), g.const(np.int64(0)))
    seen = g.op("And", g.op("Unsqueeze", seen, g.ints(0)), there)
    mask = g.op("Unsqueeze", g.op("Where", seen, g.number(0), g.number(-6e4)), g.ints(1))
    # M-RoPE: the first frequencies turn by time, the next by rows, the last by columns.
    frequency = (1e6 ** (-np.arange(0, dim, 2) / dim)).astype(np.float32)
    angles = g.op("Mul", g.op("Unsqueeze", g.op("Cast", "position_ids", to=F), g.ints(3)), g.const(frequency))
    axes = g.op("Split", angles, g.ints(1, 1, 1), outputs=3, axis=0)
    bounds = np.cumsum([0, *sections])
    parts = [g.op("Slice", g.op("Squeeze", axis, g.ints(0)), g.ints(lo), g.ints(hi), g.ints(2))
             for axis, lo, hi in zip(axes, bounds, bounds[1:])]
    angle = g.op("Concat", *parts, axis=-1)
    angle = g.op("Unsqueeze", g.op("Concat", angle, angle, axis=-1), g.ints(1))
    cos, sin = (g.to(g.op(kind, angle), g.kind) for kind in ("Cos", "Sin"))

    def turn(x):
        one, two = g.op("Split", x, g.ints(dim // 2, dim // 2), outputs=2, axis=-1)
        half = g.op("Concat", g.op("Neg", two), one, axis=-1)
        return g.op("Add", g.op("Mul", x, cos), g.op("Mul", half, sin))

    split = lambda y, n: g.op("Transpose", g.op("Reshape", y, g.ints(0, 0, n, dim)), perm=[0, 2, 1, 3])
    x = "inputs_embeds"
    for layer in range(a.layers):
        y = g.norm(x, w)
        q = turn(split(g.linear(y, w, heads * dim, bias=True), heads))
        k = turn(split(g.linear(y, w, kv_heads * dim, bias=True), kv_heads))
        v = split(g.linear(y, w, kv_heads * dim, bias=True), kv_heads)
        caches = []
        for kind, now in (("key", k), ("value", v)):
            g.op("Concat", f"past_key_values.{layer}.{kind}", now, axis=2)
            g.nodes[-1].output[0] = f"present.{layer}.{kind}"
            wide = g.op("Unsqueeze", f"present.{layer}.{kind}", g.ints(2))
            ones = g.ints(1, 1, heads // kv_heads, 1, 1)
            wide = g.op("Expand", wide, ones)
            caches.append(g.op("Reshape", wide, g.ints(0, heads, -1, dim)))
        s = g.op("MatMul", q, g.op("Transpose", caches[0], perm=[0, 1, 3, 2]))
        s = g.op("Softmax", g.op("Add", g.op("Mul", s, g.number(dim ** -0.5)), mask), axis=-1)
        y = g.op("Reshape", g.op("Transpose", g.op("MatMul", s, caches[1]), perm=[0, 2, 1, 3]), g.ints(0, 0, heads * dim))
        x = g.op("Add", x, g.linear(y, heads * dim, w))
        x = g.op("Add", x, g.swiglu(g.norm(x, w), w, 11 * w // 4))
    g.op("MatMul", g.norm(x, w), g.weight(w, vocabulary))
    g.nodes[-1].output[0] = "logits"
    kv = [f"{layer}.{kind}" for layer in range(a.layers) for kind in ("key", "value")]
    inputs = [value("inputs_embeds", g.kind, "B", "S", w), value("attention_mask", I, "B", "T"), value("position_ids", I, 3, "B", "S")]
    inputs += [value(f"past_key_values.{n}", g.kind, "B", kv_heads, "past", dim) for n in kv]
    outputs = [value("logits", g.kind, "B", "S", vocabulary)] + [value(f"present.{n}", g.kind, "B", kv_heads, "T", dim) for n in kv]
    return g.save(path, inputs, outputs)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("fixture", type=pathlib.Path)
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--hidden", type=int, default=1024)
    p.add_argument("--layers", type=int, default=20)
    p.add_argument("--vision-hidden", type=int, default=640)
    p.add_argument("--vision-layers", type=int, default=8)
    p.add_argument("--half", action="store_true")
    a = p.parse_args()
    (a.out / "onnx").mkdir(parents=True, exist_ok=True)
    for name in ("generation_config.json", "preprocessor_config.json", "prompt_template.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(a.fixture / name, a.out / name)
    config = json.loads((a.fixture / "config.json").read_text())
    kv_heads, sections = 2, [8, 12, 12]
    config.update(hidden_size=a.hidden, num_hidden_layers=a.layers, num_attention_heads=a.hidden // 64,
                  num_key_value_heads=kv_heads, rope_scaling={"type": "mrope", "mrope_section": sections})
    (a.out / "config.json").write_text(json.dumps(config, indent=1))
    onnx_dir = a.out / "onnx"
    counts = {
        "vision_encoder": vision(onnx_dir / "vision_encoder.onnx", a, a.hidden),
        "embed_tokens": embed(onnx_dir / "embed_tokens.onnx", a, config["vocab_size"]),
        "decoder": decoder(onnx_dir / "decoder_model_merged.onnx", a, config["vocab_size"], kv_heads, sections),
    }
    print({name: f"{count / 1e6:.0f} M parameters" for name, count in counts.items()})


if __name__ == "__main__":
    main()
