//! Whether an execution provider works on this machine, which its being in the library does not say.

use super::config::SessionConfig;
use super::encoder::Encoder;
use super::provider::Provider;
use crate::error::Result;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

/// Pixels of the pictures it is tried with.
const SIDE: usize = 8;

/// Runs a convolution and a matrix product on `provider` and nothing else: what a backbone needs of its libraries.
///
/// # Errors
/// [`Error::Provider`](crate::Error::Provider) if it is not active, and why; [`Error::Ort`](crate::Error::Ort) if it fails later.
pub fn try_provider(provider: &Provider) -> Result<()> {
    let config = SessionConfig { providers: vec![provider.clone()], ..SessionConfig::default() };
    let mut encoder = Encoder::open(&model()?, provider.name(), &config, 1, SIDE)?;
    encoder.run(1).map(|_| ())
}

fn model() -> Result<Vec<u8>> {
    let mut graph = GraphBuilder::new("probe");
    let side = Dim::Fixed(SIDE);
    graph.input("images", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), side.clone(), side]);
    graph.floats("kernel", &[4, 3, 3, 3], &[0.1; 108]).floats("weights", &[4, 2], &[1.0; 8]);
    graph.node("Conv", &["images", "kernel"], &["convolved"], [Attribute::ints("pads", &[1, 1, 1, 1])]);
    graph.node("GlobalAveragePool", &["convolved"], &["pooled"], []);
    graph.node("Flatten", &["pooled"], &["flat"], []);
    graph.node("MatMul", &["flat", "weights"], &["features"], []);
    graph.output("features", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(2)]);
    graph.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::available_providers;
    use crate::test_files::with_runtime;

    #[test]
    fn the_processor_works_and_what_the_library_has_not_does_not() {
        with_runtime(|| {
            try_provider(&Provider::default()).unwrap();
            let available = available_providers().unwrap();
            for name in ["cuda", "tensorrt"] {
                let provider = Provider::by_name(name).unwrap();
                assert!(available.contains(&name) || try_provider(&provider).is_err());
            }
            assert_eq!(Provider::by_name("gpu"), None);
        });
    }
}
