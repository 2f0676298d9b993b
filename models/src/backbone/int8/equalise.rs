//! Making channels alike, so that one step size serves them all; what the network says stays the same.

use super::PLAIN_BLOCKS;
use super::net::Net;
use super::ranges::Ranges;

/// ReLU6's upper end.
const SIX: f32 = 6.0;
/// What was seen is taken this much further: other pictures reach a little beyond.
const MARGIN: f32 = 1.1;
/// No channel is scaled by more: one that was never active would be blown up without end.
const MOST: f32 = 64.0;

/// Scales channels of the blocks in 8 bits, and the bottlenecks that they read.
pub(super) fn equalise(net: &mut Net, ranges: &mut Ranges) {
    for (block, maps) in net.blocks.iter_mut().zip(&mut ranges.maps).skip(PLAIN_BLOCKS) {
        let [expand, depthwise, _] = &mut block.layers[..] else { continue };
        // A depthwise kernel has its own step size, so its channel's scale costs nothing. ReLU6 then cuts a channel off where it
        // was never seen.
        let full = |&most: &f32| SIX / (MARGIN * most).clamp(SIX / MOST, SIX);
        let scales: Vec<f32> = maps[0].most.iter().map(full).collect();
        expand.scale_out(&scales);
        depthwise.unscale_in(&scales);
        maps[0].scale(&scales);
    }
    for (first, end) in rows(net) {
        scale_bottleneck(net, ranges, first, end);
    }
}

/// Blocks `first..end` whose outputs are summed, and so have common channels; those whose output a block in 8 bits reads.
fn rows(net: &Net) -> Vec<(usize, usize)> {
    let last = net.blocks.len() - 1;
    let mut rows = Vec::new();
    let mut first = 1;
    while first < last {
        let more = net.blocks[first + 1..last].iter().take_while(|block| block.residual).count();
        let end = first + 1 + more;
        if end >= PLAIN_BLOCKS {
            rows.push((first, end));
        }
        first = end;
    }
    rows
}

/// Half of the way to equal ranges: the rest would only move the trouble into the weights that read them.
fn scale_bottleneck(net: &mut Net, ranges: &mut Ranges, first: usize, end: usize) {
    let Some(channels) = net.blocks[first].layers.last().map(|layer| layer.conv.channels_out) else { return };
    let mut reached = vec![0.0_f32; channels];
    for block in first..end {
        for range in ranges.maps[block].last().into_iter().chain(&ranges.sums[block]) {
            reached.iter_mut().zip(range.magnitudes()).for_each(|(most, v)| *most = most.max(v));
        }
    }
    let most = reached.iter().copied().fold(0.0, f32::max);
    if most <= 0.0 {
        return;
    }
    let scales: Vec<f32> = reached.iter().map(|&v| (most / v.max(most / MOST)).sqrt()).collect();
    for block in first..end {
        if let Some(project) = net.blocks[block].layers.last_mut() {
            project.scale_out(&scales);
        }
        if let Some(reader) = net.blocks[block + 1].layers.first_mut() {
            reader.unscale_in(&scales);
        }
        ranges.maps[block].last_mut().into_iter().chain(&mut ranges.sums[block]).for_each(|range| range.scale(&scales));
    }
}
