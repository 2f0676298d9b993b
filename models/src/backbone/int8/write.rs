//! The network as QDQ: what ONNX Runtime fuses into its 8-bit convolutions.

use super::PLAIN_BLOCKS;
use super::net::{Layer, Net, NetBlock};
use super::ranges::{Range, Ranges};
use crate::backbone::build::{add_pools, conv_attributes, describe};
use crate::backbone::facts::InputSize;
use crate::backbone::{BackboneId, INPUT_NAME};
use crate::error::Result;
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};

/// Weights from -64 to 64: twice 255 x 64 fits 16 bits.
const MOST_WEIGHT: f64 = 64.0;
/// Steps of an activation.
const STEPS: f32 = 255.0;

/// A map as the graph has it.
#[derive(Clone)]
enum Map {
    Plain(String),
    /// Name, and step size; its constants are `NAME_step` and `NAME_zero`.
    Quantised(String, f32),
}

pub(super) fn write(net: &Net, ranges: &Ranges, size: InputSize, grid: u8) -> Result<Vec<u8>> {
    let mut graph = GraphBuilder::new(net.id.name());
    let side = Dim::Fixed(size.pixels());
    graph.input(INPUT_NAME, ElementType::F32, &[Dim::symbol("N"), Dim::Fixed(3), side.clone(), side]);
    graph.floats("zero", &[], &[0.0]).floats("six", &[], &[6.0]);
    let mut writer = Writer { id: net.id, graph, next: 0 };
    let mut map = Map::Plain(INPUT_NAME.to_owned());
    let last = net.blocks.len() - 1;
    for (index, block) in net.blocks.iter().enumerate() {
        map = if index < PLAIN_BLOCKS || index == last {
            Map::Plain(writer.plain_block(block, &map))
        } else {
            if let (Map::Plain(_), Some(range)) = (&map, ranges.maps[index - 1].last()) {
                let (least, most) = ranges.sums[index - 1].as_ref().unwrap_or(range).whole();
                map = writer.quantise(&map, least, most);
            }
            writer.block(block, &map, (&ranges.maps[index], ranges.sums[index].as_ref()))
        };
    }
    let map = writer.plain(&map);
    let mut graph = writer.graph;
    add_pools(&mut graph, net.id, &map, (size, Some(grid)));
    describe(&mut graph, net.id, &net.weights_sha256);
    graph.metadata("striatum.precision", "int8");
    graph.build()
}

struct Writer {
    id: BackboneId,
    graph: GraphBuilder,
    /// Number of the next map that is quantised or dequantised.
    next: usize,
}

impl Writer {
    fn plain_block(&mut self, block: &NetBlock, input: &Map) -> String {
        let input = self.plain(input);
        let mut map = input.clone();
        for layer in &block.layers {
            let [weight, bias] = ["weight", "bias"].map(|part| format!("{}_{part}", layer.name));
            self.graph.floats(&weight, &layer.shape, &layer.weight).floats(&bias, &[layer.bias.len()], &layer.bias);
            map = self.convolve(layer, [&map, &weight, &bias]);
            if layer.conv.act {
                let act = format!("{map}_act");
                self.graph.node("Clip", &[&map, "zero", "six"], &[&act], []);
                map = act;
            }
        }
        if block.residual { self.add(&map, &input) } else { map }
    }

    /// ReLU6 needs no node: it is the range of what comes out.
    fn block(&mut self, block: &NetBlock, input: &Map, (maps, sum): (&[Range], Option<&Range>)) -> Map {
        let mut map = input.clone();
        for (layer, range) in block.layers.iter().zip(maps) {
            let (least, most) = if layer.conv.act { (0.0, 6.0) } else { range.whole() };
            let step_in = match &map {
                Map::Quantised(_, step) => *step,
                Map::Plain(_) => 1.0,
            };
            let (plain, weight, bias) = (self.plain(&map), self.weight(layer), self.bias(layer, step_in));
            let out = self.convolve(layer, [&plain, &weight, &bias]);
            map = self.quantise(&Map::Plain(out), least, most);
        }
        let Some(sum) = sum.filter(|_| block.residual) else { return map };
        let (a, b) = (self.plain(&map), self.plain(input));
        let added = self.add(&a, &b);
        let (least, most) = sum.whole();
        self.quantise(&Map::Plain(added), least, most)
    }

    fn convolve(&mut self, layer: &Layer, inputs: [&str; 3]) -> String {
        self.graph.node("Conv", &inputs, &[&layer.name], conv_attributes(self.id, &layer.conv));
        layer.name.clone()
    }

    fn add(&mut self, map: &str, input: &str) -> String {
        let sum = format!("{map}_sum");
        self.graph.node("Add", &[map, input], &[&sum], []);
        sum
    }

    fn quantise(&mut self, map: &Map, least: f32, most: f32) -> Map {
        let from = self.plain(map);
        let name = self.name("q");
        let step = ((most - least) / STEPS).max(f32::MIN_POSITIVE);
        #[expect(clippy::cast_sign_loss, reason = "least is at most 0")]
        let zero = (-least / step).round().clamp(0.0, STEPS) as u8;
        let [step_name, zero_name] = ["step", "zero"].map(|part| format!("{name}_{part}"));
        self.graph.floats(&step_name, &[], &[step]).unsigned_bytes(&zero_name, &[], &[zero]);
        self.graph.node("QuantizeLinear", &[&from, &step_name, &zero_name], &[&name], []);
        Map::Quantised(name, step)
    }

    fn plain(&mut self, map: &Map) -> String {
        match map {
            Map::Plain(name) => name.clone(),
            Map::Quantised(from, _) => {
                let name = self.name("d");
                let inputs = [from.clone(), format!("{from}_step"), format!("{from}_zero")];
                self.graph.node("DequantizeLinear", &inputs.each_ref().map(String::as_str), &[&name], []);
                name
            }
        }
    }

    fn weight(&mut self, layer: &Layer) -> String {
        let channels = layer.shape[0];
        let steps = weight_steps(layer);
        let kernel = layer.weight.len() / channels;
        let kernels = layer.weight.chunks_exact(kernel).zip(&steps);
        let bytes: Vec<i8> = kernels
            .flat_map(|(kernel, &step)| {
                let round = move |&w: &f32| (f64::from(w) / f64::from(step)).round();
                kernel.iter().map(round).map(|w| w.clamp(-MOST_WEIGHT, MOST_WEIGHT) as i8)
            })
            .collect();
        let name = format!("{}_weight", layer.name);
        let [stored, step, zero] = ["stored", "step", "zero"].map(|part| format!("{name}_{part}"));
        self.graph.signed_bytes(&stored, &layer.shape, &bytes).floats(&step, &[channels], &steps);
        self.graph.signed_bytes(&zero, &[channels], &vec![0; channels]);
        self.graph.node("DequantizeLinear", &[&stored, &step, &zero], &[&name], [Attribute::int("axis", 0)]);
        name
    }

    fn bias(&mut self, layer: &Layer, step_in: f32) -> String {
        let channels = layer.shape[0];
        let steps: Vec<f32> = weight_steps(layer).iter().map(|step| step * step_in).collect();
        let round = |(&bias, &step): (&f32, &f32)| (f64::from(bias) / f64::from(step)).round();
        let limit = f64::from(i32::MAX);
        let values: Vec<i32> =
            layer.bias.iter().zip(&steps).map(round).map(|v| v.clamp(-limit, limit) as i32).collect();
        let name = format!("{}_bias", layer.name);
        let [stored, step, zero] = ["stored", "step", "zero"].map(|part| format!("{name}_{part}"));
        self.graph.short_ints(&stored, &[channels], &values).floats(&step, &[channels], &steps);
        self.graph.short_ints(&zero, &[channels], &vec![0; channels]);
        self.graph.node("DequantizeLinear", &[&stored, &step, &zero], &[&name], [Attribute::int("axis", 0)]);
        name
    }

    fn name(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }
}

/// By channel, what a step of its weights is worth.
fn weight_steps(layer: &Layer) -> Vec<f32> {
    let kernel = layer.weight.len() / layer.shape[0];
    let most = |weights: &[f32]| weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    layer.weight.chunks_exact(kernel).map(|weights| most(weights).max(1e-8) / MOST_WEIGHT as f32).collect()
}
