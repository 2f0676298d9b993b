#!/usr/bin/env python3
"""Ask published weights of the Qwen2.5-VL family about a handful of pictures, and write down what they say, for `striatum models compare`.

    python original_scores.py WEIGHTS CASES.json ORIGINAL.json --prompt prompt_template.txt [--min-pixels 12544] [--max-pixels 76800]

CASES.json is a list of {"task": "...", "pictures": ["before.png", ...]}, a picture for each <image> of the prompt, relative to that file; so they are in
ORIGINAL.json, which is to lie in the same folder. Everything is computed by transformers' own classes in single precision. Besides the most likely text the mean of the 201
answers `<score>-100%</score>` to `<score>+100%</score>` is written down, weighed by their probabilities: it shows a difference long before a text does.
--min-pixels and --max-pixels are those that the bundle is sealed with. Needs torch, transformers 4.57 and pillow up to 11: later ones resize some sizes otherwise.
"""
import argparse
import json
import pathlib

import torch
from PIL import Image
from transformers import AutoTokenizer, Qwen2_5_VLForConditionalGeneration, Qwen2VLImageProcessor

ANSWERS = [f"<score>{'-' if percent < 0 else '+'}{abs(percent)}%</score>" for percent in range(-100, 101)]


class Original:
    def __init__(self, given):
        self.tokenizer = AutoTokenizer.from_pretrained(given.weights, local_files_only=True)
        self.model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            given.weights, dtype=torch.float32, attn_implementation="eager", local_files_only=True
        ).eval()
        self.processor = Qwen2VLImageProcessor.from_pretrained(
            given.weights, min_pixels=given.min_pixels, max_pixels=given.max_pixels, local_files_only=True
        )
        self.template = given.prompt.read_text(encoding="utf-8")

    def inputs(self, task, pictures):
        """Token ids and pictures of a prompt, as the published processor makes them."""
        parts = self.template.replace("{task}", task).split("<image>")
        if len(parts) != len(pictures) + 1:
            raise SystemExit(f"the prompt has {len(parts) - 1} slots, and there are {len(pictures)} pictures")
        content = [{"type": "text", "text": parts[0]}] if parts[0] else []
        for part in parts[1:]:
            content += [{"type": "image"}] + ([{"type": "text", "text": part}] if part else [])
        text = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        images = self.processor(images=[Image.open(path).convert("RGB") for path in pictures], return_tensors="pt")
        for grid in images["image_grid_thw"]:
            pads = "<|placeholder|>" * (int(grid.prod()) // self.processor.merge_size**2)
            text = text.replace("<|image_pad|>", pads, 1)
        ids = self.tokenizer(text.replace("<|placeholder|>", "<|image_pad|>"), add_special_tokens=False)["input_ids"]
        return torch.tensor([ids]), dict(images)

    @torch.no_grad()
    def logits(self, ids, images):
        self.model.model.rope_deltas = None
        return self.model(input_ids=ids, attention_mask=torch.ones_like(ids), **images).logits[0]

    @torch.no_grad()
    def text(self, ids, images):
        self.model.model.rope_deltas = None
        written = self.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), **images, max_new_tokens=16, do_sample=False
        )[0, ids.shape[1]:].tolist()
        ends = self.model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        written = written[: next((at for at, token in enumerate(written) if token in ends), len(written))]
        return self.tokenizer.decode(written, skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def expected(self, ids, images):
        """Each place of the tree of answers is asked for once; slow, and as plain as can be."""
        answers = [self.tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in ANSWERS]
        following = {}
        for answer in answers:
            for end in range(len(answer)):
                prefix = tuple(answer[:end])
                if prefix not in following:
                    whole = torch.cat([ids, torch.tensor([prefix], dtype=ids.dtype)], 1)
                    following[prefix] = self.logits(whole, images)[-1].double().log_softmax(-1)
        sums = [sum(following[tuple(a[:at])][token] for at, token in enumerate(a)) for a in answers]
        shares = torch.stack(sums).softmax(0)
        return float((shares * torch.arange(-100, 101)).sum())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("weights", type=pathlib.Path)
    arguments.add_argument("cases", type=pathlib.Path)
    arguments.add_argument("original", type=pathlib.Path)
    arguments.add_argument("--prompt", type=pathlib.Path, required=True)
    arguments.add_argument("--min-pixels", type=int, default=12_544)
    arguments.add_argument("--max-pixels", type=int, default=76_800)
    given = arguments.parse_args()
    if not (given.weights / "config.json").is_file():
        raise SystemExit(f"{given.weights}: has no config.json; give the folder of the weights as published")
    if given.original.resolve().parent != given.cases.resolve().parent:
        raise SystemExit(f"{given.original}: has to lie beside {given.cases}, whose pictures it names")
    original, told = Original(given), []
    for case in json.loads(given.cases.read_text(encoding="utf-8")):
        ids, images = original.inputs(case["task"], [given.cases.parent / name for name in case["pictures"]])
        asked = {"task": case["task"], "pictures": case["pictures"]}
        told.append(asked | {"text": original.text(ids, images), "expected_percent": original.expected(ids, images)})
        print(f"{told[-1]['text']!r}, expected {told[-1]['expected_percent']:.3f} %", flush=True)
    written = {"weights": given.weights.resolve().name, "case": told}
    given.original.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
