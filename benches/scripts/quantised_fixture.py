#!/usr/bin/env python3
"""Copy a golden folder with its decoder's weights in 4 or 8 bits, and its golden numbers as ONNX Runtime's own Python computes them then.

    python quantised_fixture.py models/tests/fixtures/qwen2_5_vl_drawn OUT --bits 4 [--cases NAME,NAME] [--part]

Weights alone are quantised (MatMulNBits, blocks of 32, symmetric), as in the community's `_q4` files; what is computed with them stays in
single precision. --part writes only what differs from SOURCE: the decoder and golden.json. Pictures, tokens and positions in golden.json are
those of SOURCE. Needs numpy, pillow (one that resizes these pictures as SOURCE's did, which is checked), tokenizers, onnxruntime, onnx and onnx_ir.
"""
import argparse
import importlib.util
import json
import pathlib
import shutil
import sys

import numpy as np
import onnx

DECODER = "decoder_model_merged"


def quantise(source, out, bits):
    """As an export does it."""
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models/scripts"))
    from export_grm import in_bits

    model = in_bits(onnx.load(str(source)), bits)
    onnx.save(model, str(out))
    made = sum(node.op_type == "MatMulNBits" for node in model.graph.node)
    assert made > 0, "nothing was quantised"
    print(f"{made} products in {bits} bits, {source.stat().st_size} -> {out.stat().st_size} bytes")


def measure(verify, runtime, case):
    """Puts the numbers that hang on the decoder in place of those that are there."""
    _, _, hashes, ids, features, positions, delta = runtime.start(case)
    wanted = [image["resized_rgb8_sha256"] for image in case["images"]]
    assert hashes == wanted, "this Pillow resizes otherwise than SOURCE's"
    logits, past = runtime.prefill(ids, features, positions)
    last = logits[-1].astype(np.float64)
    top = np.argsort(-last)[:10]
    case["first_logits"] = {
        "top10": {"ids": top.tolist(), "value": [float(last[i]) for i in top]},
        "absmax": float(np.abs(last).max()),
        "logsumexp": float(last.max() + np.log(np.exp(last - last.max()).sum())),
    }
    written = verify.greedy(runtime, ids, logits, past, delta, 16)
    case["greedy16"] = {"ids": written, "text": runtime.tok.decode(written, skip_special_tokens=False)}
    for forced in case["forced_prefix"]:
        after, _ = runtime.extend(forced["prefix_token_ids"], len(ids), delta, past)
        log_prob = verify.log_softmax(after[-1])
        for following in forced["next_log_prob"].values():
            following["log_prob"] = float(log_prob[following["id"]])
        best = np.argsort(-log_prob)[:5]
        forced["top5"] = {"ids": best.tolist(), "log_prob": [float(log_prob[i]) for i in best]}
    log_prob, mean = verify.distribution(runtime, logits, past, len(ids), delta)
    share = np.exp(np.array(log_prob) - max(log_prob))
    share /= share.sum()
    before = case["score_distribution"]["expected_percent"]
    spread = float(np.sqrt((share * (np.arange(-100, 101) - mean) ** 2).sum()))
    case["score_distribution"] |= {"log_prob": log_prob, "expected_percent": mean, "std_percent": spread}
    print(f"{case['name']}: expected {before:.3f} % before, {mean:.3f} % now")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("source", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--bits", type=int, choices=[4, 8], required=True)
    arguments.add_argument("--cases", default="")
    arguments.add_argument("--part", action="store_true")
    given = arguments.parse_args()
    shutil.copytree(given.source, given.out)
    decoder = given.out / "onnx" / f"{DECODER}_q{given.bits}.onnx"
    quantise(given.source / "onnx" / f"{DECODER}.onnx", decoder, given.bits)

    spec = importlib.util.spec_from_file_location("verify_fixture", given.source / "verify_fixture.py")
    verify = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(verify)
    # It asks for the decoder by its plain name.
    shutil.move(decoder, given.out / "onnx" / f"{DECODER}.onnx")
    runtime = verify.Runtime(str(given.out))
    golden = json.loads((given.out / "golden.json").read_text(encoding="utf-8"))
    names = [name for name in given.cases.split(",") if name]
    golden["cases"] = [case for case in golden["cases"] if not names or case["name"] in names]
    for case in golden["cases"]:
        measure(verify, runtime, case)
    del golden["measured_ort_vs_torch"]
    shutil.move(given.out / "onnx" / f"{DECODER}.onnx", decoder)
    if given.part:
        kept = decoder.read_bytes()
        shutil.rmtree(given.out)
        decoder.parent.mkdir(parents=True)
        decoder.write_bytes(kept)
    (given.out / "golden.json").write_text(json.dumps(golden, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
