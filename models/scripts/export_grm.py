#!/usr/bin/env python3
"""Export weights of the Qwen2.5-VL family as the three graphs of the community layout, with the files that belong to them.

    python export_grm.py WEIGHTS OUT [--bits 4|8]

WEIGHTS is a folder as published: config.json, *.safetensors, tokenizer and processor files. OUT gets onnx/, those files, and nothing else: put the
prompt that the weights were trained with beside them as prompt_template.txt, then `striatum models seal OUT`. Everything is computed in single precision; --bits
keeps the decoder's weights in 4 or 8 bits (MatMulNBits, blocks of 32, symmetric). Weights of each graph lie beside it in one file.
Needs torch, transformers 4.57, onnx, and with --bits onnxruntime and onnx_ir; memory for the weights in single precision three times over.
"""
import argparse
import importlib.util
import logging
import pathlib
import shutil
import tempfile

import onnx

GRAPHS = ("vision_encoder", "embed_tokens", "decoder_model_merged")
BESIDE = (
    "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja", "chat_template.json",
)


def exporter():
    """The modules that the drawn fixture is exported with: its golden numbers are what says that they are right."""
    path = pathlib.Path(__file__).parents[1] / "tests/fixtures/qwen2_5_vl_drawn/make_fixture.py"
    spec = importlib.util.spec_from_file_location("make_fixture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(weights):
    import torch
    from transformers import Qwen2_5_VLForConditionalGeneration

    return Qwen2_5_VLForConditionalGeneration.from_pretrained(
        weights, dtype=torch.float32, attn_implementation="eager", local_files_only=True
    ).eval()


def in_bits(model, bits):
    from onnxruntime.quantization import matmul_nbits_quantizer as nbits

    logging.disable(logging.INFO)
    config = nbits.DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True, bits=bits)
    quantiser = nbits.MatMulNBitsQuantizer(model, algo_config=config)
    quantiser.process()
    return quantiser.model.model


def write(model, path):
    """One graph and one file of weights beside it."""
    data = path.name + "_data"
    onnx.save(model, str(path), save_as_external_data=True, all_tensors_to_one_file=True, location=data, size_threshold=1024)
    print(f"{path.name}: {(path.stat().st_size + (path.parent / data).stat().st_size) >> 20} MiB")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("weights", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--bits", type=int, choices=[4, 8])
    given = arguments.parse_args()
    if not (given.weights / "config.json").is_file():
        raise SystemExit(f"{given.weights}: has no config.json; give the folder of the weights as published")
    if given.out.exists():
        raise SystemExit(f"{given.out}: is there already; give another folder")
    (given.out / "onnx").mkdir(parents=True)
    model = load(given.weights)
    with tempfile.TemporaryDirectory(dir=given.out) as rough:
        exporter().export(model, rough)
        for name in GRAPHS:
            graph = onnx.load(f"{rough}/onnx/{name}.onnx")
            ending = ""
            if given.bits and name == "decoder_model_merged":
                graph, ending = in_bits(graph, given.bits), f"_q{given.bits}"
            write(graph, given.out / "onnx" / f"{name}{ending}.onnx")
    for name in BESIDE:
        if (given.weights / name).is_file():
            shutil.copy(given.weights / name, given.out / name)


if __name__ == "__main__":
    main()
