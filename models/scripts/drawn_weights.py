#!/usr/bin/env python3
"""Write the random weights behind the drawn fixture as a folder like a published one: to try export_grm.py and original_scores.py with.

    python drawn_weights.py OUT

Needs what make_fixture.py needs.
"""
import argparse
import json
import pathlib
import shutil
import sys

from export_grm import BESIDE, exporter
from tokenizers import Tokenizer

FIXTURE = pathlib.Path(__file__).parents[1] / "tests/fixtures/qwen2_5_vl_drawn"


def main():
    out, maker = pathlib.Path(sys.argv[1]), exporter()
    spec = json.loads((FIXTURE / "spec.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(FIXTURE / "tokenizer.json"))
    sizes = argparse.Namespace(hidden=spec["hidden"], layers=spec["layers"], seed=spec["seed"])
    ids = {name: tokenizer.token_to_id(name) for name in maker.SPECIAL}
    maker.build_model(spec, sizes, tokenizer, ids).save_pretrained(out)
    for name in BESIDE:
        if name != "config.json" and (FIXTURE / name).is_file():
            shutil.copy(FIXTURE / name, out / name)


if __name__ == "__main__":
    main()
