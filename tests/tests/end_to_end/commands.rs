//! The commands that work on files, and what a bundle is worth on an episode that it was not made from.

use std::path::Path;

use striatum_tests::kit::{run, run_with};

use crate::{PROGRAM, own_folder, text, world};

fn eval(arguments: &[&str]) -> serde_json::Value {
    let output = run(PROGRAM, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout and nothing else")
}

fn measure(report: &serde_json::Value, name: &str) -> f64 {
    report["episodes"][0][name].as_f64().unwrap_or_else(|| panic!("{name} in {report}"))
}

#[test]
fn a_bundle_orders_another_episode_of_the_same_task() {
    let (other, bundle) = (text(&world().other), text(&world().bundle));
    let plain = eval(&["eval", other, "--bundle", bundle, "--stride", "2", "--json", "-"]);
    assert!(measure(&plain, "voc_plus") >= 0.97, "{plain}");
    assert!(measure(&plain, "voc_minus") <= -0.97, "{plain}");
    assert!(measure(&plain, "mae") <= 0.11, "{plain}");
    assert_eq!(measure(&plain, "frozen_drift"), 0.0, "the memoryless potential cannot drift");
    assert_eq!(
        plain["encoder_calls_per_step"].as_f64(),
        Some(3.0),
        "three views, three images, whatever the perspectives"
    );
    let warped = eval(&["eval", other, "--bundle", bundle, "--stride", "2", "--transform", "warp:3", "--json", "-"]);
    let difference = (measure(&warped, "mae") - measure(&plain, "mae")).abs();
    assert!(difference <= 0.02, "{difference}");
}

/// What is played after the first playback takes features from memory; played by itself, with another command, it does not.
#[test]
fn a_playback_from_memory_has_the_numbers_of_one_without_bit_for_bit() {
    let (other, bundle) = (text(&world().other), text(&world().bundle));
    let remembered = eval(&["eval", other, "--bundle", bundle, "--hacks", "--json", "-"]);
    let alone = |transform: &str| {
        let by_itself = ["--transform", transform, "--playbacks", "forward", "--json", "-"];
        eval(&[&["eval", other, "--bundle", bundle], &by_itself[..]].concat())
    };
    let reversed = alone("reverse");
    assert_eq!(measure(&remembered, "voc_minus").to_bits(), measure(&reversed, "voc_plus").to_bits());
    assert!(reversed["episodes"][0]["voc_minus"].is_null());
    assert_eq!(
        (&remembered["encoder_calls_per_step"], &reversed["encoder_calls_per_step"]),
        (&3.0.into(), &3.0.into())
    );
    for kind in ["reverse", "stall", "shuffle", "swap", "drop", "warp"] {
        let hacks = remembered["episodes"][0]["hacks"].as_array().unwrap();
        let hack = hacks.iter().find(|hack| hack["transform"].as_str().is_some_and(|name| name.starts_with(kind)));
        let hack = hack.unwrap_or_else(|| panic!("{kind} in {remembered}"));
        let alone = alone(hack["transform"].as_str().unwrap());
        for name in ["voc_plus", "mae", "rmse", "final_progress", "ood_mean"] {
            assert_eq!(hack[name].as_f64(), Some(measure(&alone, name)), "{kind} {name}");
        }
    }
}

#[test]
fn label_writes_the_columns_that_are_promised() {
    let folder = own_folder();
    let csv = folder.path().join("l.csv");
    let out = run(
        PROGRAM,
        &["label", text(&world().other), "--bundle", text(&world().bundle), "--out", text(&csv), "--stride", "5"],
    );
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let table = std::fs::read_to_string(&csv).unwrap();
    let header = table.lines().next().unwrap();
    let promised =
        "frame_index,source_frame,timestamp_secs,progress,std,ood,potential,shaping,incremental,forward,backward,";
    assert!(header.starts_with(promised), "{header}");
    assert!(["cam_high", "cam_side", "cam_wrist"].iter().all(|view| header.contains(view)), "{header}");
    let frames: Vec<&str> = table.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(frames, ["0", "5", "10", "15", "20", "25", "30", "35", "40", "45", "50", "55"]);
}

#[test]
fn bench_measures_every_stage() {
    let arguments = [
        "bench",
        "--bundle",
        text(&world().bundle),
        "--episode",
        text(&world().teacher),
        "--steps",
        "20",
        "--stride",
        "2",
        "--record",
        "--json",
        "-",
    ];
    let output = run(PROGRAM, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stages = [
        "receive",
        "decode",
        "synchronise",
        "preprocess",
        "encode",
        "score",
        "fuse_shape_wire",
        "publish",
        "record",
        "step",
    ];
    for stage in stages {
        assert!(report["stages_ms"][stage]["p99"].as_f64().is_some_and(|ms| ms > 0.0), "{stage}: {report}");
    }
    assert_eq!(report["encoder_calls_per_step"].as_f64(), Some(3.0));
    assert_eq!(report["allocations_per_step"]["max"].as_u64(), Some(0), "{report}");
    assert!(report["step_over_encode"].as_f64().unwrap() > 1.0 && report["step_over_floor"].as_f64().is_some());
}

#[test]
fn doctor_and_models_say_what_is_here() {
    let output = run(PROGRAM, &["doctor", "--bundle", text(&world().bundle)]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("onnxruntime loads") && said.contains("bundle") && !said.contains("FAIL"), "{said}");
    // Nothing is left in the user's home: ONNX Runtime would open a telemetry store there.
    let home = own_folder();
    let cache = striatum::Cache::from_env().unwrap();
    let variables = [("HOME", text(home.path())), ("STRIATUM_CACHE", text(cache.root()))];
    let output = run_with(PROGRAM, &["doctor", "--bundle", text(&world().bundle)], &variables);
    assert!(output.status.success());
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let output = run(PROGRAM, &["models", "verify"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let output = run(PROGRAM, &["models", "fetch", "mobilenet_v3"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("mobilenet_v2"), "{said}");
}

/// A generative model is looked into, made a bundle and asked; one that was changed afterwards is refused by name.
#[test]
fn a_generative_model_is_inspected_sealed_and_asked() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/fixtures/qwen2_5_vl_drawn");
    let place = own_folder();
    let folder = place.path();
    std::fs::create_dir(folder.join("onnx")).unwrap();
    let graphs = ["vision_encoder", "embed_tokens", "decoder_model_merged"].map(|graph| format!("onnx/{graph}.onnx"));
    let texts = ["config", "generation_config", "preprocessor_config", "tokenizer", "tokenizer_config"];
    let texts = texts.map(|text| format!("{text}.json"));
    for name in graphs.iter().chain(&texts).map(String::as_str).chain(["prompt_template.txt"]) {
        std::fs::copy(fixture.join(name), folder.join(name)).unwrap();
    }

    let output = run(PROGRAM, &["models", "inspect", text(folder)]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    for part in ["community", "qwen2_5_vl", "2 KV heads", "512 bytes a token", "has every operator"] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }

    let seal = ["models", "seal", text(folder), "--score-meaning", "task-fraction", "--licence", "drawn"];
    let output = run(PROGRAM, &seal);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("9 files sealed"));

    let pictures = ["cam_high_0000", "cam_high_1276", "cam_high_0400", "cam_left_wrist_0400", "cam_right_wrist_0400"];
    let pictures = pictures.into_iter().chain(["cam_high_0900", "cam_left_wrist_0900", "cam_right_wrist_0900"]);
    let pictures: Vec<String> =
        pictures.map(|name| text(&fixture.join("images").join(format!("{name}.png"))).to_owned()).collect();
    let mut ask = vec!["models", "ask", text(folder), "--task", "clear the table", "--every-answer"];
    ask.extend(pictures.iter().map(String::as_str));
    let output = run(PROGRAM, &ask);
    let said = String::from_utf8_lossy(&output.stdout);
    // The golden value of the fixture's eight pictures.
    let golden = std::fs::read_to_string(fixture.join("golden.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == "eight_images_76800").unwrap();
    let wanted = case["score_distribution"]["expected_percent"].as_f64().unwrap();
    let expected = said.split("expected  ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(expected.is_some_and(|got| (got - wanted).abs() < 3e-3), "{wanted}: {said}");
    assert!(said.contains("a vote    no"), "a random model writes no answer: {said}");

    // As original_scores.py writes it: what transformers' own classes said of the same pictures.
    let original = folder.with_extension("json");
    let case = |percent: f64| {
        serde_json::json!({"weights": "drawn", "case": [{
            "task": "clear the table", "pictures": pictures, "text": "no answer", "expected_percent": percent,
        }]})
    };
    std::fs::write(&original, case(wanted).to_string()).unwrap();
    let output = run(PROGRAM, &["models", "compare", text(folder), text(&original), "--most", "0.003"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 cases within 0.00") && said.contains("1 with another"),
        "{said}"
    );
    std::fs::write(&original, case(wanted + 0.6).to_string()).unwrap();
    let output = run(PROGRAM, &["models", "compare", text(folder), text(&original)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("0.6") && said.contains("--most"), "{said}");
    std::fs::write(&original, "{\"weights\": \"drawn\", \"case\": []}").unwrap();
    let output = run(PROGRAM, &["models", "compare", text(folder), text(&original)]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no case"));
    std::fs::remove_file(&original).unwrap();

    std::fs::write(folder.join("prompt_template.txt"), "another one").unwrap();
    let output = run(PROGRAM, &ask);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("prompt_template.txt") && said.contains("SHA-256"),
        "{said}"
    );
}
