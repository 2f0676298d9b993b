//! Against golden numbers of transformers' own classes, in any folder of the fixture's form: `STRIATUM_GRM_FIXTURE` names one.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use striatum_frames::{Encoding, Image, ImageLimits, decode};

use super::answers::Answers;
use super::chat::ChatTemplate;
use super::config::ModelConfig;
use super::distribution::{best, log_sum};
use super::engine::{Engine, Limits, Picture, Rows, Seen};
use super::folder::Folder;
use super::json::Json;
use super::patches::Patcher;
use super::prompt::{Prompt, PromptTemplate};
use super::reader::{Ended, read, write_on};
use super::reading::ReadingRules;
use super::smart_resize::{PixelLimits, Size, smart_resize};
use super::testkit::{copy_folder, drawn, drawn_copy, fixture};
use super::tokens::Tokens;
use crate::test_files::{session, with_runtime};

/// What the fixture allows, given bit-equal resizing.
const PIXELS: f64 = 1e-5;
const FEATURES: f64 = 5e-4;
const LOGITS: f64 = 5e-4;
const LOG_PROBS: f64 = 2e-3;
const PERCENT: f64 = 2e-3;

struct Golden {
    root: std::path::PathBuf,
    json: Value,
    folder: Folder,
    tokens: Tokens,
    chat: ChatTemplate,
}

fn golden() -> Golden {
    golden_in(fixture())
}

fn golden_in(root: std::path::PathBuf) -> Golden {
    let json = serde_json::from_str(&std::fs::read_to_string(root.join("golden.json")).unwrap()).unwrap();
    let folder = Folder::read(&root).unwrap();
    let tokens = Tokens::read(&root.join("tokenizer.json"), &folder.config).unwrap();
    Golden { json, tokens, chat: ChatTemplate::find(&root).unwrap(), folder, root }
}

impl Golden {
    fn cases(&self) -> &[Value] {
        self.json["cases"].as_array().unwrap()
    }

    fn image(&self, image: &Value) -> Image {
        let path = self.root.join("images").join(image["file"].as_str().unwrap());
        decode(&std::fs::read(path).unwrap(), Encoding::Png, &ImageLimits::default()).unwrap()
    }

    fn template(&self, case: &Value) -> PromptTemplate {
        match case["template"].as_str().unwrap() {
            "prompt_template.txt" => PromptTemplate::read(&self.root.join("prompt_template.txt")).unwrap(),
            text => PromptTemplate::new(text).unwrap(),
        }
    }

    fn prompt(&self, case: &Value, seen: &[super::patches::Grid]) -> Prompt {
        let slotted = self.template(case).tokens(case["task"].as_str().unwrap(), &self.chat, &self.tokens).unwrap();
        slotted.fill(seen, self.folder.patches.merge, self.folder.config.most_tokens).unwrap()
    }
}

fn limits(case: &Value) -> PixelLimits {
    PixelLimits { least: case["min_pixels"].as_u64().unwrap(), most: case["max_pixels"].as_u64().unwrap() }
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The largest difference so far of each kind, printed at the end so that a change shows before it fails.
fn near(what: &str, got: impl IntoIterator<Item = f64>, wanted: &[f64], most: f64, worst: &mut f64) {
    let mut count = 0;
    for (got, wanted) in got.into_iter().zip(wanted) {
        let difference = (got - wanted).abs();
        assert!(difference <= most, "{what}: {got} instead of {wanted}");
        *worst = worst.max(difference);
        count += 1;
    }
    assert_eq!(count, wanted.len(), "{what}");
}

/// First of all: with another resize nothing after it can be right.
#[test]
fn resized_pictures_are_pillows_to_the_bit() {
    let golden = golden();
    let mut patcher = Patcher::new(golden.folder.patches.clone());
    for case in golden.cases() {
        for image in case["images"].as_array().unwrap() {
            let mut pixels = Vec::new();
            let grid = patcher.cut(&golden.image(image), limits(case), &mut pixels).unwrap();
            let name = format!("{} {}", case["name"], image["file"]);
            assert_eq!(hex(patcher.resized()), image["resized_rgb8_sha256"].as_str().unwrap(), "{name}");
            assert_eq!(vec![1, grid.rows, grid.columns], list::<usize>(&image["grid_thw"]), "{name}");
            let wanted = &image["pixel_values"];
            assert_eq!(vec![grid.patches(), pixels.len() / grid.patches()], list::<usize>(&wanted["shape"]), "{name}");
            let samples = list::<usize>(&wanted["samples"]["flat_index"]);
            let got = samples.iter().map(|&at| f64::from(pixels[at]));
            near(&name, got, &list::<f64>(&wanted["samples"]["value"]), PIXELS, &mut 0.0);
            let count = pixels.len() as f64;
            let mean = pixels.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
            let variance = pixels.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count;
            let wanted = ["mean", "std"].map(|key| wanted[key].as_f64().unwrap());
            near(&name, [mean, variance.sqrt()], &wanted, PIXELS, &mut 0.0);
        }
    }
}

#[test]
fn sizes_are_those_of_the_published_processor() {
    let golden = golden();
    for row in golden.json["smart_resize"]["rows"].as_array().unwrap() {
        let numbers: Vec<Option<u64>> = list(row);
        let number = |at: usize| u32::try_from(numbers[at].unwrap()).unwrap();
        let limits = PixelLimits { least: numbers[2].unwrap(), most: numbers[3].unwrap() };
        let got = smart_resize(Size { width: number(1), height: number(0) }, limits, 28).ok();
        let wanted = numbers[4].map(|_| Size { width: number(5), height: number(4) });
        assert_eq!(got, wanted, "{row}");
    }
}

#[test]
fn texts_become_the_same_tokens_and_back() {
    let golden = golden();
    for case in golden.json["tokenizer_cases"].as_array().unwrap() {
        let ids = golden.tokens.encode(case["text"].as_str().unwrap()).unwrap();
        assert_eq!(ids, list::<u32>(&case["ids"]), "{case}");
        assert_eq!(golden.tokens.decode(&ids).unwrap(), case["decoded"].as_str().unwrap());
    }
}

#[test]
fn prompts_and_positions_are_those_of_the_published_processor() {
    let golden = golden();
    for case in golden.cases() {
        let name = &case["name"];
        let text = golden.template(case).render(case["task"].as_str().unwrap(), &golden.chat, &golden.tokens).unwrap();
        let slot = "<|vision_start|><|image_pad|><|vision_end|>";
        assert_eq!(text, case["prompt_text"].as_str().unwrap().replace("<image>", slot), "{name}");
        let grids: Vec<_> = case["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|image| {
                let size = list::<u32>(&image["size_hw"]);
                let size = Size { width: size[1], height: size[0] };
                golden.folder.patches.grid(size, limits(case)).unwrap().1
            })
            .collect();
        let prompt = golden.prompt(case, &grids);
        assert_eq!(prompt.ids, list::<u32>(&case["token_ids"]), "{name}");
        let wanted = &case["mrope"];
        let end = prompt.ids.len();
        let bytes: Vec<u8> =
            (0..3).flat_map(|axis| prompt.positions.axis(axis, 0..end)).flat_map(|p| p.to_le_bytes()).collect();
        assert_eq!(hex(&bytes), wanted["sha256_int64_le_3xT"].as_str().unwrap(), "{name}");
        assert_eq!(prompt.positions.rope_delta(), wanted["rope_delta"].as_i64().unwrap(), "{name}");
        assert_eq!(prompt.positions.next(), wanted["next_position"].as_i64().unwrap(), "{name}");
    }
}

#[test]
fn both_layouts_of_the_config_say_the_same() {
    let golden = golden();
    for name in ["config_nested.json", "config_flat.json"] {
        let path = golden.root.join(name);
        if path.exists() {
            let generation = Json::read(&golden.root.join("generation_config.json")).unwrap();
            let other = ModelConfig::read(&Json::read(&path).unwrap(), Some(&generation)).unwrap();
            assert_eq!(other, golden.folder.config, "{name}");
        }
    }
}

/// Features, first logits, greedy tokens, forced prefixes and all 201 answers of every case.
#[test]
fn the_model_says_what_transformers_says() {
    says_what_is_golden(&golden());
}

/// Against what ONNX Runtime's own Python makes of the same graphs.
#[test]
fn weights_in_four_and_in_eight_bits_are_run_as_onnx_runtime_runs_them() {
    for bits in ["q4", "q8"] {
        let place = drawn_copy();
        std::fs::remove_file(place.path().join("onnx/decoder_model_merged.onnx")).unwrap();
        let there = drawn().with_file_name(format!("qwen2_5_vl_drawn_{bits}"));
        copy_folder(&there, place.path(), &[]);
        copy_folder(&drawn().join("images"), &place.path().join("images"), &[]);
        says_what_is_golden(&golden_in(place.path().to_owned()));
    }
}

#[allow(clippy::print_stderr)] // differences are to be seen, not only bounded
fn says_what_is_golden(golden: &Golden) {
    with_runtime(|| {
        let mut engine = Engine::open(&golden.folder, &session(), Limits::default()).unwrap();
        // Half precision in any graph: about a thousand times coarser than single, and random weights amplify it.
        let slack = if engine.decoder.is_half() { 200.0 } else { 1.0 };
        let answers = Answers::new("<score>{percent}%</score>", &golden.tokens).unwrap();
        let mut worst = [0.0; 5];
        for case in golden.cases() {
            let name = case["name"].as_str().unwrap();
            let seen: Vec<Arc<Seen>> = case["images"]
                .as_array()
                .unwrap()
                .iter()
                .map(|image| {
                    let picture = Picture::new(Arc::new(golden.image(image)), limits(case));
                    engine.look(&picture, limits(case), true).unwrap()
                })
                .collect();
            let features: Vec<f32> = seen.iter().flat_map(|seen| seen.features.iter().copied()).collect();
            let wanted = &case["image_features"]["samples"];
            let got = list::<usize>(&wanted["flat_index"]).into_iter().map(|at| f64::from(features[at]));
            near(name, got, &list::<f64>(&wanted["value"]), FEATURES * slack, &mut worst[0]);

            let grids: Vec<_> = seen.iter().map(|seen| seen.grid).collect();
            let prompt = golden.prompt(case, &grids);
            let past = engine.decoder.nothing_read().unwrap();
            let end = prompt.ids.len();
            let decoded = engine.read(&[(&prompt, &seen)], 0..end, &past).unwrap();
            let logits = decoded.logits(0, end - 1).unwrap();
            let top = list::<usize>(&case["first_logits"]["top10"]["ids"]);
            let got = top.iter().map(|&id| f64::from(logits[id]));
            near(name, got, &list::<f64>(&case["first_logits"]["top10"]["value"]), LOGITS * slack, &mut worst[1]);
            near(
                name,
                [log_sum(&logits)],
                &[case["first_logits"]["logsumexp"].as_f64().unwrap()],
                LOGITS * slack,
                &mut 0.0,
            );
            assert_eq!(best(&logits), u32::try_from(top[0]).ok(), "{name}");

            let ended = Ended { kv: &decoded.kv, row: 0, logits, next: prompt.positions.next() };
            let written = write_on(&mut engine, &ended, Vec::new(), 16, |_| false).unwrap();
            if slack > 1.0 {
                eprintln!("{name}: half precision, greedy tokens {:?}", written.tokens);
            } else {
                assert_eq!(written.tokens, list::<u32>(&case["greedy16"]["ids"]), "{name}");
                assert_eq!(golden.tokens.decode(&written.tokens).unwrap(), case["greedy16"]["text"].as_str().unwrap());
            }

            for forced in case["forced_prefix"].as_array().unwrap() {
                let ids = golden.tokens.encode(forced["prefix"].as_str().unwrap()).unwrap();
                assert_eq!(ids, list::<u32>(&forced["prefix_token_ids"]), "{name}");
                let rows = Rows { tokens: std::slice::from_ref(&ids), positions: &[ended.next] };
                let after = engine.read_text(&rows, ended.kv).unwrap().logits(0, ids.len() - 1).unwrap();
                let sum = log_sum(&after);
                let of = |id: usize| f64::from(after[id]) - sum;
                for next in forced["next_log_prob"].as_object().unwrap().values() {
                    let id = usize::try_from(next["id"].as_u64().unwrap()).unwrap();
                    near(name, [of(id)], &[next["log_prob"].as_f64().unwrap()], LOG_PROBS * slack, &mut worst[2]);
                }
                let top = list::<usize>(&forced["top5"]["ids"]).into_iter().map(of);
                near(name, top, &list::<f64>(&forced["top5"]["log_prob"]), LOG_PROBS * slack, &mut worst[2]);
            }

            let rules = ReadingRules { prune_below: 0.0, ..ReadingRules::default() };
            let reading = read(&mut engine, &golden.tokens, &answers, &[ended], &rules).unwrap().remove(0);
            let distribution = reading.distribution.unwrap();
            let wanted = &case["score_distribution"];
            let log_prob = distribution.log_prob.iter().copied();
            near(name, log_prob, &list::<f64>(&wanted["log_prob"]), LOG_PROBS * slack, &mut worst[3]);
            let got = [distribution.expected * 100.0, distribution.variance.sqrt() * 100.0];
            let wanted = ["expected_percent", "std_percent"].map(|key| wanted[key].as_f64().unwrap());
            near(name, got, &wanted, PERCENT * slack, &mut worst[4]);
            assert!(distribution.missing_mass.abs() <= 0.0);
        }
        let [features, logits, forced, answers, percent] = worst;
        eprintln!(
            "largest differences: features {features:.1e}, logits {logits:.1e}, forced {forced:.1e}, \
             answers {answers:.1e}, percent {percent:.1e}"
        );
    });
}
