//! What this crate's tests share: numbers from a seed, a stand-in for a backbone, and a drawn task.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use striatum_core::{MAX_VIEWS, Progress, StampNanos, ViewMask};
use striatum_frames::{Frame, FrameSet, Image, SetVerdict, content_hash};

use crate::{
    AdaptConfig, Adapter, Attribute, Backbone, Dim, ElementType, GraphBuilder, Precision, Result, SessionConfig,
    SourceFile,
};

/// Roughly normal numbers from a seed.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn floats(&mut self, count: usize, scale: f64) -> Vec<f32> {
        (0..count).map(|_| (self.normal() * scale) as f32).collect()
    }
}

/// Writes a stand-in for a backbone into `folder`: one random convolution of 16x16 images, squashed, pooled to a 2x2 grid of
/// 6 channels. A picture that is all black gives NaN.
pub(crate) fn tiny_backbone(folder: &Path) -> Backbone {
    let mut noise = Noise::new(77);
    let mut graph = GraphBuilder::new("tiny");
    graph.input("images", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), Dim::Fixed(16), Dim::Fixed(16)]);
    graph.floats("kernel", &[6, 3, 4, 4], &noise.floats(6 * 48, 0.3));
    graph.floats("offset", &[6], &noise.floats(6, 0.3));
    graph.floats("nearly_one", &[], &[0.999]);
    graph.floats("zero", &[], &[0.0]);
    let ints = |name: &str, values: &[i64]| Attribute::ints(name, values);
    graph.node("Conv", &["images", "kernel", "offset"], &["map"], [ints("strides", &[2, 2]), ints("pads", &[1; 4])]);
    graph.node("Tanh", &["map"], &["squashed"], []);
    graph.node("AveragePool", &["squashed"], &["cells"], [ints("kernel_shape", &[4, 4]), ints("strides", &[4, 4])]);
    graph.node("Flatten", &["cells"], &["flat"], [Attribute::int("axis", 1)]);
    // Black is -1 after normalisation, so that the root is of -0.001.
    graph.node("ReduceMean", &["images"], &["mean"], [ints("axes", &[1, 2, 3]), Attribute::int("keepdims", 0)]);
    graph.node("Add", &["mean", "nearly_one"], &["shifted"], []);
    graph.node("Sqrt", &["shifted"], &["root"], []);
    graph.node("Mul", &["root", "zero"], &["nothing"], []);
    graph.ints("column", &[2], &[-1, 1]);
    graph.node("Reshape", &["nothing", "column"], &["nothing_column"], []);
    graph.node("Add", &["flat", "nothing_column"], &["features"], []);
    graph.output("features", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(24)]);
    let file = folder.join("tiny.onnx");
    std::fs::write(&file, graph.build().unwrap()).unwrap();
    Backbone {
        name: "tiny".into(),
        file,
        output: "features".into(),
        image_size: 16,
        mean: [0.5; 3],
        std: [0.5; 3],
        licence: "none".into(),
        precision: Precision::Fp32,
        made: None,
        cached: false,
    }
}

/// The drawn task at some progress as view `view` sees it: a bright block that crosses the picture, another colour and way for
/// each view.
pub(crate) fn drawn(view: usize, progress: f64) -> Arc<Image> {
    let (width, height) = (48_usize, 32_usize);
    let mut image = Image::filled(48, 32, [40, 50, 60]);
    let along = progress * 36.0 + 2.0;
    let (x, y) = if view.is_multiple_of(2) { (along, 6.0 + view as f64) } else { (10.0 + view as f64, along * 0.6) };
    for row in 0..height {
        for column in 0..width {
            // A soft edge, so that small steps show.
            let distance = (column as f64 - x).abs().max((row as f64 - y).abs());
            let share = (1.5 - distance / 5.0).clamp(0.0, 1.0);
            let at = (row * width + column) * 3;
            for (channel, target) in [250.0, 80.0 * (view + 1) as f64 % 256.0, 120.0].into_iter().enumerate() {
                let value = f64::from(image.pixels()[at + channel]);
                image.pixels_mut()[at + channel] = byte(value + share * (target - value));
            }
        }
    }
    Arc::new(image)
}

#[expect(clippy::cast_sign_loss, reason = "what is below 0 is to become 0")]
fn byte(value: f64) -> u8 {
    value.round() as u8
}

/// Settings for the drawn task.
pub(crate) fn drawn_config(views: usize) -> AdaptConfig {
    AdaptConfig {
        task: "move the block".into(),
        views: (0..views).map(|view| format!("view_{view}")).collect(),
        licence: "drawn".into(),
        ..AdaptConfig::default()
    }
}

/// An adapter that has seen the drawn task.
pub(crate) fn drawn_adapter(folder: &Path, config: AdaptConfig) -> Result<Adapter> {
    let views = config.views.len();
    let mut adapter = Adapter::new(config, tiny_backbone(folder), &SessionConfig::default())?;
    adapter.add_source(SourceFile { file: "drawn".into(), sha256: "0".repeat(64) });
    let sets = 80;
    for set in 0..sets {
        let progress = f64::from(set) / f64::from(sets - 1);
        let images: Vec<_> = (0..views).map(|view| drawn(view, progress)).collect();
        let segment = usize::try_from(set / 8).unwrap();
        adapter.push(&images, Progress::new(progress).unwrap(), segment, u32::try_from(set).unwrap())?;
    }
    Ok(adapter)
}

/// Writes the drawn task's bundle to `folder/bundle`.
pub(crate) fn drawn_bundle(folder: &Path, views: usize) -> std::path::PathBuf {
    let bundle = folder.join("bundle");
    drawn_adapter(folder, drawn_config(views)).unwrap().finish(|_, _| {}).unwrap().write(&bundle).unwrap();
    bundle
}

/// A set of pictures, `None` where a view is missing.
pub(crate) fn set_of(images: &[Option<Arc<Image>>]) -> FrameSet {
    let mut frames = [const { None }; MAX_VIEWS];
    let mut views = ViewMask::EMPTY;
    let at = StampNanos(1);
    for (view, image) in images.iter().enumerate() {
        let Some(image) = image else { continue };
        let image = Arc::clone(image);
        frames[view] =
            Some(Frame { view, capture: at, received: at, source_frame: 0, content_hash: content_hash(&image), image });
        views = views.with(view);
    }
    FrameSet { frames, views, oldest: at, newest: at, verdict: SetVerdict::Complete, frozen: ViewMask::EMPTY }
}

/// The drawn task at some progress, all views.
pub(crate) fn drawn_set(views: usize, progress: f64) -> FrameSet {
    set_of(&(0..views).map(|view| Some(drawn(view, progress))).collect::<Vec<_>>())
}
