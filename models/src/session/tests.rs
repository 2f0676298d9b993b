//! Against the real library, with models of a few floats. `ORT_DYLIB_PATH` or the cache must name it.
#![allow(clippy::print_stderr)] // what is skipped is said

use std::path::Path;

use super::*;
use crate::error::Error;
use crate::onnx::{Dim, ElementType, GraphBuilder};
use crate::test_files::with_runtime;

/// `features[n, f] = mean over image n of plane f`, times 2.
fn planes() -> Vec<u8> {
    let mut graph = GraphBuilder::new("planes");
    let side = Dim::Fixed(8);
    graph.input("images", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), side.clone(), side]);
    graph.floats("two", &[], &[2.0]);
    graph.node("GlobalAveragePool", &["images"], &["pooled"], []);
    graph.node("Flatten", &["pooled"], &["flat"], []);
    graph.node("Mul", &["flat", "two"], &["features"], []);
    graph.output("features", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3)]);
    graph.build().unwrap()
}

/// `sum = a + b`, `product = a b`.
fn pair() -> Vec<u8> {
    let mut graph = GraphBuilder::new("pair");
    let dims = [Dim::Fixed(1), Dim::Fixed(2)];
    graph.input("a", ElementType::F32, &dims).input("b", ElementType::F32, &dims);
    graph.node("Add", &["a", "b"], &["sum"], []).node("Mul", &["a", "b"], &["product"], []);
    graph.output("sum", ElementType::F32, &dims).output("product", ElementType::F32, &dims);
    graph.build().unwrap()
}

fn encoder(max_batch: usize) -> Encoder {
    Encoder::open(&planes(), "planes", &SessionConfig::default(), max_batch, 8).unwrap()
}

#[test]
fn an_encoder_takes_any_number_of_images_up_to_its_maximum() {
    with_runtime(|| {
        let mut encoder = encoder(3);
        encoder.warm_up().unwrap();
        assert_eq!((encoder.max_batch(), encoder.image_len(), encoder.feature_width()), (3, 192, 3));
        for slot in 0..3 {
            for (plane, values) in encoder.input_mut(slot).unwrap().chunks_exact_mut(64).enumerate() {
                values.fill((slot * 10 + plane) as f32);
            }
        }
        let expected = [0.0, 2.0, 4.0, 20.0, 22.0, 24.0, 40.0, 42.0, 44.0];
        for count in [3, 1, 2, 3] {
            assert_eq!(encoder.run(count).unwrap(), &expected[..count * 3]);
        }
        encoder.input_mut(0).unwrap().fill(1.0);
        assert_eq!(encoder.run(1).unwrap(), [2.0, 2.0, 2.0]);
        for error in [encoder.run(0).unwrap_err(), encoder.run(4).unwrap_err(), encoder.input_mut(3).unwrap_err()] {
            assert!(error.to_string().contains("model planes: "), "{error}");
        }
    });
}

#[test]
fn a_fixed_model_has_inputs_and_outputs_by_name() {
    with_runtime(|| {
        let mut model = FixedModel::open(&pair(), "pair", &SessionConfig::default()).unwrap();
        let (a, b) = (model.input_index("a").unwrap(), model.input_index("b").unwrap());
        let (sum, product) = (model.output_index("sum").unwrap(), model.output_index("product").unwrap());
        for factor in [1.0, -2.0] {
            model.input_mut(a).copy_from_slice(&[factor, 3.0]);
            model.input_mut(b).copy_from_slice(&[5.0, 7.0]);
            model.run().unwrap();
            assert_eq!(model.output(sum), [factor + 5.0, 10.0]);
            assert_eq!(model.output(product), [factor * 5.0, 21.0]);
        }
        assert!(model.input_index("c").unwrap_err().to_string().contains("`c`"));
        assert!(model.input_mut(2).is_empty() && model.output(2).is_empty());
    });
}

/// What the module's documentation states. The first run may set things up; the ones after it must be free.
#[test]
fn a_run_allocates_nothing_on_the_rust_side() {
    with_runtime(|| {
        let mut encoder = encoder(2);
        let mut fixed = FixedModel::open(&pair(), "pair", &SessionConfig::default()).unwrap();
        encoder.run(2).unwrap();
        fixed.run().unwrap();
        let counted = allocation_counter::measure(|| {
            for _ in 0..100 {
                encoder.input_mut(1).unwrap().fill(0.5);
                encoder.run(1).unwrap();
                encoder.run(2).unwrap();
                fixed.input_mut(0).fill(0.5);
                fixed.run().unwrap();
            }
        });
        assert_eq!(counted.count_total, 0, "{counted:?}");
    });
}

#[test]
fn a_provider_that_the_library_does_not_have_is_an_error_that_names_it() {
    with_runtime(|| {
        let available = available_providers().unwrap();
        assert!(available.contains(&"cpu"), "{available:?}");
        for name in ["cuda", "tensorrt"] {
            // A library that has it refuses it all the same where its own libraries or the GPU of that number are missing.
            let config = SessionConfig::from_toml(&format!(
                r#"providers = [{{ name = "{name}", device_id = 63 }}, {{ name = "cpu" }}]"#
            ));
            let error = Encoder::open(&planes(), "planes", &config.unwrap(), 1, 8).unwrap_err();
            let message = error.to_string();
            eprintln!("{message}");
            assert!(matches!(&error, Error::Provider { name: said, .. } if said == name), "{message}");
            assert!(message.contains(&format!("provider {name} is not active")), "{message}");
            assert!(message.contains("offers: ") && message.lines().count() == 1, "{message}");
            let without = message.contains("was built without it");
            assert_eq!(without, !available.contains(&name), "{message}");
            let missing = message.contains("cannot open shared object file");
            assert_eq!(missing, message.contains("LD_LIBRARY_PATH"), "{message}");
        }
    });
}

#[test]
fn settings_out_of_range_are_refused_when_a_model_is_opened() {
    with_runtime(|| {
        let config = SessionConfig { intra_op_threads: 0, ..SessionConfig::default() };
        let error = OrtModel::from_bytes(&pair(), "pair", &config).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        for (max_batch, image_size) in [(0, 8), (257, 8), (1, 0), (1, 4096)] {
            let error =
                Encoder::open(&planes(), "planes", &SessionConfig::default(), max_batch, image_size).unwrap_err();
            assert!(matches!(error, Error::Config { .. }), "{error}");
        }
    });
}

#[test]
fn a_model_that_does_not_fit_is_named() {
    with_runtime(|| {
        let config = SessionConfig::default();
        let cases = [
            (Encoder::open(&planes(), "planes", &config, 1, 16).unwrap_err(), "[N, 3, 16, 16]"),
            (Encoder::open(&pair(), "pair", &config, 1, 8).unwrap_err(), "it has 2 inputs"),
            (FixedModel::open(&planes(), "planes", &config).unwrap_err(), "`images` is not f32 of a fixed shape"),
            (
                Encoder::with_output(OrtModel::from_bytes(&planes(), "planes", &config).unwrap(), 1, 8, "grid")
                    .unwrap_err(),
                "no output `grid`; take one of: features",
            ),
            (OrtModel::from_bytes(b"nonsense", "file.onnx", &config).unwrap_err(), "model file.onnx: "),
            (OrtModel::from_path(Path::new("no/such.onnx"), &config).unwrap_err(), "no/such.onnx"),
        ];
        for (error, said) in cases {
            let message = error.to_string();
            assert!(message.contains(said) && message.lines().count() == 1, "{message}");
        }
    });
}

#[test]
fn bytes_that_are_cut_are_an_error_and_not_a_crash() {
    with_runtime(|| {
        let bytes = planes();
        for length in 0..bytes.len() {
            assert!(
                OrtModel::from_bytes(&bytes[..length], "cut", &SessionConfig::default()).is_err(),
                "cut at {length}"
            );
        }
    });
}

#[test]
fn a_stopped_run_is_an_error_and_the_next_one_is_normal() {
    with_runtime(|| {
        let mut encoder = encoder(1);
        encoder.run(1).unwrap();
        encoder.terminator().terminate().unwrap();
        let error = encoder.run(1).unwrap_err();
        assert!(matches!(error, Error::Ort { .. }), "{error}");
        encoder.run(1).unwrap();
    });
}

#[test]
fn models_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Encoder>();
    is_send::<FixedModel>();
    is_send::<OrtModel>();
    is_send::<Terminator>();
}

#[test]
fn a_library_that_is_missing_or_none_at_all_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("libonnxruntime.so");
    std::fs::write(&text, "not a library").unwrap();
    for path in [folder.path().join("missing.so"), text] {
        let error = init_runtime(&path).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, Error::Runtime { .. }), "{message}");
        assert!(message.contains(path.to_str().unwrap()) && message.lines().count() == 1, "{message}");
    }
}

#[test]
fn the_library_is_loaded_once() {
    with_runtime(|| {
        let other = tempfile::NamedTempFile::new().unwrap();
        let message = init_runtime(other.path()).unwrap_err().to_string();
        assert!(message.contains("is loaded already"), "{message}");
        assert!(runtime_library().unwrap().is_absolute());
        assert!(runtime_version().unwrap().contains("ORT Build Info"));
    });
}
