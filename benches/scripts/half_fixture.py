#!/usr/bin/env python3
"""Copy a golden folder with its three graphs in half precision: weights, inputs, outputs, keys and values.

    python half_fixture.py models/tests/fixtures/qwen2_5_vl_drawn OUT

The decoder's angles of positions stay in single precision, as in published exports. Needs onnx and onnxconverter-common.
"""
import pathlib
import shutil
import sys

import onnx
from onnx import TensorProto
from onnxconverter_common import float16


def main():
    source, out = map(pathlib.Path, sys.argv[1:3])
    shutil.copytree(source, out)
    for path in sorted((out / "onnx").glob("*.onnx")):
        model = onnx.load(str(path))
        single = {node.name for node in model.graph.node if "rot" in node.name.lower()}
        before = {node.name for node in model.graph.node}
        model = float16.convert_float_to_float16(model, keep_io_types=False, node_block_list=sorted(single))
        # The converter leaves the model's own casts to single as they were.
        for node in model.graph.node:
            if node.op_type == "Cast" and node.name in before - single:
                for attribute in node.attribute:
                    if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                        attribute.i = TensorProto.FLOAT16
        onnx.save(model, str(path))


if __name__ == "__main__":
    main()
