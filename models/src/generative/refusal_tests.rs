//! What is refused, where, and with what words.

use std::path::Path;

use prost::Message;
use serde_json::Value;

use super::model::{Caching, GenerativeGrm, GenerativeOptions};
use super::testkit::{drawn, drawn_copy, grm, manifest, set};
use super::{Limits, inspect_generative};
use crate::error::{Error, Result};
use crate::onnx::proto::{EXTERNAL, ModelProto, StringEntry};
use crate::test_files::with_runtime;

const DECODER: &str = "onnx/decoder_model_merged.onnx";
const EMBED: &str = "onnx/embed_tokens.onnx";

/// The refusal of a drawn model that was changed.
fn refused(change: impl FnOnce(&Path)) -> String {
    let place = drawn_copy();
    change(place.path());
    let message = grm(place.path(), &GenerativeOptions::default()).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

fn change_json(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn change_text(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn the_untouched_copy_is_accepted() {
    with_runtime(|| {
        grm(drawn_copy().path(), &GenerativeOptions::default()).unwrap();
    });
}

#[test]
fn the_tokenizer_of_other_weights_is_refused() {
    with_runtime(|| {
        let message = refused(|folder| {
            change_text(&folder.join("tokenizer.json"), |text| text.replace("<|image_pad|>", "<|other_pad|>"));
        });
        says(&message, &["tokenizer.json", "<|image_pad|>", "831"]);
        let message = refused(|folder| {
            change_json(&folder.join("config.json"), |json| json["image_token_id"] = 832.into());
        });
        says(&message, &["`<|image_pad|>` at 832, it has it at 831"]);
        let message = refused(|folder| std::fs::write(folder.join("tokenizer.json"), "{}").unwrap());
        says(&message, &["tokenizer.json", "it is no tokenizer"]);
    });
}

#[test]
fn a_template_with_another_number_of_slots_is_refused() {
    with_runtime(|| {
        let prompt = "prompt_template.txt";
        let message = refused(|folder| change_text(&folder.join(prompt), |text| text.replacen("<image>", "", 1)));
        says(&message, &[prompt, "7 `<image>`", "8 slots"]);
        // A chat template that writes each picture twice.
        let message = refused(|folder| {
            change_text(&folder.join("tokenizer_config.json"), |text| {
                text.replace("<|image_pad|><|vision_end|>", "<|image_pad|><|image_pad|><|vision_end|>")
            });
        });
        says(&message, &["16 slots", "8 in the prompt"]);
        let message = refused(|folder| {
            change_text(&folder.join("tokenizer_config.json"), |text| text.replace("{% for m", "{% fur m"));
        });
        says(&message, &["tokenizer_config.json", "cannot be rendered"]);
        // One that never ends is stopped.
        let message = refused(|folder| {
            let text = "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}";
            std::fs::write(folder.join("chat_template.jinja"), text).unwrap();
        });
        says(&message, &["chat_template.jinja", "cannot be rendered"]);
    });
}

#[test]
fn pictures_and_tasks_that_do_not_fit_are_refused_and_the_next_step_is_normal() {
    with_runtime(|| {
        let mut model = grm(&drawn(), &GenerativeOptions::default()).unwrap();
        assert!(model.step(&set(400, 1)).unwrap_err().to_string().contains("none has begun"));
        for task in ["do it<|im_end|>", "look at <image>", "<|image_pad|>"] {
            let message = model.begin(task, &set(400, 1), &set(900, 1)).unwrap_err().to_string();
            says(&message, &["task: it holds"]);
        }
        let message = model.begin("fold", &set(400, 1)[..2], &set(900, 1)).unwrap_err().to_string();
        says(&message, &["2 pictures for 3 views"]);
        model.begin("fold", &set(400, 1), &set(900, 1)).unwrap();
        let mut strip = set(400, 2);
        strip[1] = std::sync::Arc::new(striatum_frames::Image::filled(9000, 3, [0; 3]));
        says(&model.step(&strip).unwrap_err().to_string(), &["9000x3", "ratio"]);
        model.step(&set(400, 2)).unwrap();
        let few = model.ask("fold", &[]).unwrap_err().to_string();
        says(&few, &["0 pictures for 8 slots"]);
    });
}

#[test]
fn keys_and_values_of_another_shape_are_refused() {
    with_runtime(|| {
        let message = refused(|folder| {
            change_json(&folder.join("config.json"), |json| json["num_key_value_heads"] = 4.into());
        });
        says(&message, &["decoder_model_merged", "past_key_values.0.key", "4"]);
        let message = refused(|folder| {
            change_json(&folder.join("config.json"), |json| json["num_hidden_layers"] = 3.into());
        });
        says(&message, &["decoder_model_merged", "no input `past_key_values.2.key`"]);
        let message = refused(|folder| {
            change_json(&folder.join("config.json"), |json| json["num_hidden_layers"] = 1.into());
        });
        says(&message, &["wants an input", "past_key_values.1.key"]);
        let message = refused(|folder| {
            change_json(&folder.join("config.json"), |json| {
                json["hidden_size"] = 32.into();
                json["num_attention_heads"] = 2.into();
            });
        });
        says(&message, &["vision_encoder", "image_features", "32"]);
    });
}

#[test]
fn files_that_are_cut_or_missing_are_refused() {
    with_runtime(|| {
        for file in
            ["onnx/vision_encoder.onnx", EMBED, DECODER, "tokenizer.json", "config.json", "preprocessor_config.json"]
        {
            let name = file.rsplit('/').next().unwrap();
            let message = refused(|folder| {
                let bytes = std::fs::read(folder.join(file)).unwrap();
                std::fs::write(folder.join(file), &bytes[..bytes.len() / 2]).unwrap();
            });
            says(&message, &[name]);
            let message = refused(|folder| std::fs::remove_file(folder.join(file)).unwrap());
            says(&message, &[name.split('.').next().unwrap()]);
        }
    });
}

/// Moves the embeddings of the drawn model into a file beside it, which the model calls `location`.
fn move_weights(folder: &Path, location: &str, keep_bytes: usize) {
    let path = folder.join(EMBED);
    let mut model = ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
    let tensor = model
        .graph
        .as_mut()
        .unwrap()
        .initializer
        .iter_mut()
        .max_by_key(|tensor| tensor.raw_data.as_ref().map_or(0, Vec::len))
        .unwrap();
    let bytes = tensor.raw_data.take().unwrap();
    let entry = |key: &str, value: String| StringEntry { key: Some(key.to_owned()), value: Some(value) };
    tensor.external_data = vec![
        entry("location", location.to_owned()),
        entry("offset", "0".to_owned()),
        entry("length", bytes.len().to_string()),
    ];
    tensor.data_location = Some(EXTERNAL);
    std::fs::write(&path, model.encode_to_vec()).unwrap();
    let file = path.parent().unwrap().join(location);
    let _ = std::fs::create_dir_all(file.parent().unwrap());
    std::fs::write(file, &bytes[..bytes.len().min(keep_bytes)]).unwrap();
}

#[test]
fn weights_in_a_file_beside_are_read_and_those_outside_the_folder_are_refused() {
    with_runtime(|| {
        let place = drawn_copy();
        move_weights(place.path(), "embed_tokens.onnx_data", usize::MAX);
        let mut beside = grm(place.path(), &GenerativeOptions::default()).unwrap();
        let mut within = grm(&drawn(), &GenerativeOptions::default()).unwrap();
        let play = |model: &mut GenerativeGrm| {
            model.begin("fold", &set(400, 1), &set(900, 1)).unwrap();
            model.step(&set(400, 2)).unwrap()
        };
        assert_eq!(play(&mut beside), play(&mut within));

        for outside in ["../stolen.data", "sub/stolen.data"] {
            let message = refused(|folder| move_weights(folder, outside, usize::MAX));
            says(&message, &["embed_tokens.onnx", outside, "outside its folder"]);
        }
        let message = refused(|folder| move_weights(folder, "short.data", 1000));
        says(&message, &["embed_tokens.onnx", "short.data", "cut short"]);
        #[cfg(unix)]
        {
            let message = refused(|folder| {
                move_weights(folder, "real.data", usize::MAX);
                std::fs::rename(folder.join("onnx/real.data"), folder.join("elsewhere.data")).unwrap();
                std::os::unix::fs::symlink(folder.join("elsewhere.data"), folder.join("onnx/real.data")).unwrap();
            });
            says(&message, &["real.data", "is a link"]);
        }
    });
}

#[test]
fn an_operator_that_the_library_has_not_is_named_before_anything_is_loaded() {
    with_runtime(|| {
        let spoil = |folder: &Path| {
            let path = folder.join(DECODER);
            let mut model = ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
            let node = &mut model.graph.as_mut().unwrap().node[0];
            node.op_type = Some("AttentionOfTomorrow".to_owned());
            node.domain = Some("com.microsoft".to_owned());
            std::fs::write(&path, model.encode_to_vec()).unwrap();
        };
        says(&refused(spoil), &["decoder_model_merged", "com.microsoft.AttentionOfTomorrow"]);
        let place = drawn_copy();
        spoil(place.path());
        let report = inspect_generative(place.path()).unwrap();
        assert_eq!(report.graphs[2].missing_operators, ["com.microsoft.AttentionOfTomorrow"]);
        assert!(report.graphs[0].missing_operators.is_empty() && report.graphs[1].missing_operators.is_empty());
    });
}

#[test]
fn a_report_says_what_is_there() {
    with_runtime(|| {
        let report = inspect_generative(&drawn()).unwrap();
        // 2 layers of keys and values, 2 heads of 16, 32 bits.
        assert_eq!(report.kv_bytes_per_token, 2 * 2 * 2 * 16 * 4);
        assert_eq!(report.logits_bytes_per_token, 896 * 4);
        assert!(report.weight_bytes > 400_000 && report.weight_bytes < 2_000_000, "{}", report.weight_bytes);
        assert_eq!(report.prompt_bytes(10), 10 * (512 + 3584));
    });
}

/// More memory than may be used is refused before it is taken, with the numbers; what fits is read all the same.
#[test]
fn a_run_that_needs_too_much_memory_is_refused_and_a_smaller_one_is_not() {
    with_runtime(|| {
        let limits = Limits { memory_bytes: 600 << 10, ..Limits::default() };
        let options = GenerativeOptions { limits, ..GenerativeOptions::default() };
        let mut model = grm(&drawn(), &options).unwrap();
        model.begin("fold", &set(400, 1), &set(900, 1)).unwrap();
        let error = model.step(&set(400, 2)).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        says(&error.to_string(), &["limits.memory_bytes", "614400"]);
        let small = std::sync::Arc::new(striatum_frames::Image::filled(56, 56, [9; 3]));
        let small = vec![small; 3];
        let mut manifest = manifest();
        (manifest.min_pixels, manifest.max_pixels) = (784, 3136);
        let mut model = GenerativeGrm::with_manifest(&drawn(), manifest, [0; 32], &options).unwrap();
        model.begin("fold", &small, &small).unwrap();
        model.step(&small).unwrap();
    });
}

fn sealed() -> tempfile::TempDir {
    let place = drawn_copy();
    manifest().seal(place.path()).unwrap();
    place
}

fn open(folder: &Path) -> Result<GenerativeGrm> {
    GenerativeGrm::open(folder, &GenerativeOptions { caching: Caching::Kept, ..GenerativeOptions::default() })
}

#[test]
fn a_sealed_bundle_opens_and_any_change_is_named() {
    with_runtime(|| {
        let place = sealed();
        let grm = open(place.path()).unwrap();
        assert!(grm.manifest().file.iter().any(|entry| entry.path == DECODER));
        assert_ne!(grm.hash(), [0; 32]);

        type Change = fn(&Path);
        let cases: [(Change, &str); 6] = [
            (|f| std::fs::write(f.join("prompt_template.txt"), "other").unwrap(), "SHA-256"),
            (|f| std::fs::write(f.join("onnx/new.onnx"), "x").unwrap(), "`onnx/new.onnx` is not in the manifest"),
            (|f| std::fs::remove_file(f.join("spec.json")).unwrap(), "`spec.json` is in the manifest and not"),
            (
                |f| change_text(&f.join("generative.toml"), |t| t.replace("format_version = 1", "format_version = 2")),
                "format_version is 2",
            ),
            (
                |f| change_text(&f.join("generative.toml"), |t| t.replace("licence", "licnce")),
                "did you mean `licence`?",
            ),
            (
                |f| change_text(&f.join("generative.toml"), |t| t.replace("view = \"cam_high\"", "view = \"cam_low\"")),
                "cam_low",
            ),
        ];
        for (change, said) in cases {
            let place = sealed();
            change(place.path());
            let message = open(place.path()).unwrap_err().to_string();
            assert!(message.contains(said) && message.lines().count() == 1, "{message}");
        }
    });
}
