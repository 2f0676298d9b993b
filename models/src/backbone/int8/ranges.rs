//! What every map of the network reached, channel by channel, over the pictures that were looked at.

use super::net::{Net, NetBlock};
use crate::backbone::build::conv_attributes;
use crate::backbone::facts::InputSize;
use crate::error::{Error, Result};
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};
use crate::session::FixedModel;

/// Of one map, by channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    pub(super) least: Vec<f32>,
    pub(super) most: Vec<f32>,
}

impl Range {
    fn none(channels: usize) -> Self {
        Self { least: vec![f32::INFINITY; channels], most: vec![f32::NEG_INFINITY; channels] }
    }

    /// Over all channels, 0 among them.
    pub(super) fn whole(&self) -> (f32, f32) {
        (self.least.iter().copied().fold(0.0, f32::min), self.most.iter().copied().fold(0.0, f32::max))
    }

    /// The greatest magnitude of each channel.
    pub(super) fn magnitudes(&self) -> impl Iterator<Item = f32> {
        self.least.iter().zip(&self.most).map(|(least, most)| least.abs().max(most.abs()))
    }

    pub(super) fn scale(&mut self, scales: &[f32]) {
        for ((least, most), scale) in self.least.iter_mut().zip(&mut self.most).zip(scales) {
            *least *= scale;
            *most *= scale;
        }
    }
}

/// By block: of each convolution's map, after its activation; and of the sum with the block's input.
#[derive(Debug, Clone)]
pub(super) struct Ranges {
    pub(super) maps: Vec<Vec<Range>>,
    pub(super) sums: Vec<Option<Range>>,
}

impl Ranges {
    pub(super) fn new(net: &Net) -> Self {
        let of_block = |block: &NetBlock| -> Vec<Range> {
            block.layers.iter().map(|layer| Range::none(layer.conv.channels_out)).collect()
        };
        let sum = |block: &NetBlock| {
            block.layers.last().filter(|_| block.residual).map(|layer| Range::none(layer.conv.channels_out))
        };
        Self { maps: net.blocks.iter().map(of_block).collect(), sums: net.blocks.iter().map(sum).collect() }
    }

    /// In the order of the graph's outputs.
    fn each(&mut self) -> impl Iterator<Item = &mut Range> {
        self.maps.iter_mut().zip(&mut self.sums).flat_map(|(maps, sum)| maps.iter_mut().chain(sum))
    }

    /// Takes in what the model gave last.
    ///
    /// # Errors
    /// A map that is not finite.
    pub(super) fn widen(&mut self, model: &FixedModel) -> Result<()> {
        for (map, range) in self.each().enumerate() {
            let (most, least) = (model.output(2 * map), model.output(2 * map + 1));
            if most.iter().chain(least).any(|v| !v.is_finite()) {
                let what = "the backbone gives numbers that are not finite";
                return Err(Error::adapt(what, "check the backbone with `striatum models verify`"));
            }
            range.most.iter_mut().zip(most).for_each(|(range, &v)| *range = range.max(v));
            range.least.iter_mut().zip(least).for_each(|(range, &v)| *range = range.min(v));
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<()> {
        let seen = self.maps.iter().flatten().all(|range| range.most.iter().all(|v| v.is_finite()));
        if seen { Ok(()) } else { Err(Error::adapt("no picture was looked at", "give an episode with frames")) }
    }
}

/// The network for one picture, with the greatest and the least value of each channel of each map as outputs.
pub(super) fn graph(net: &Net, size: InputSize) -> Result<Vec<u8>> {
    let mut graph = GraphBuilder::new(net.id.name());
    let side = Dim::Fixed(size.pixels());
    graph.input("images", ElementType::F32, &[Dim::Fixed(1), Dim::Fixed(3), side.clone(), side]);
    graph.floats("zero", &[], &[0.0]).floats("six", &[], &[6.0]);
    let mut map = "images".to_owned();
    for block in &net.blocks {
        let input = map.clone();
        for layer in &block.layers {
            let (name, weight, bias) = (&layer.name, format!("{}_weight", layer.name), format!("{}_bias", layer.name));
            graph.floats(&weight, &layer.shape, &layer.weight).floats(&bias, &[layer.bias.len()], &layer.bias);
            graph.node("Conv", &[&map, &weight, &bias], &[name], conv_attributes(net.id, &layer.conv));
            map = if layer.conv.act { format!("{name}_act") } else { name.clone() };
            if layer.conv.act {
                graph.node("Clip", &[name, "zero", "six"], &[&map], []);
            }
            extremes(&mut graph, &map, layer.conv.channels_out);
        }
        if let (true, Some(last)) = (block.residual, block.layers.last()) {
            let sum = format!("{map}_sum");
            graph.node("Add", &[&map, &input], &[&sum], []);
            extremes(&mut graph, &sum, last.conv.channels_out);
            map = sum;
        }
    }
    graph.build()
}

fn extremes(graph: &mut GraphBuilder, map: &str, channels: usize) {
    for operator in ["ReduceMax", "ReduceMin"] {
        let name = format!("{map}_{operator}");
        let over = [Attribute::ints("axes", &[2, 3]), Attribute::int("keepdims", 0)];
        graph.node(operator, &[map], &[&name], over);
        graph.output(&name, ElementType::F32, &[Dim::Fixed(1), Dim::Fixed(channels)]);
    }
}
