//! The two architectures as a list of blocks of convolutions, and the names of their tensors in the weights files.

use super::facts::BackboneId;

/// A convolution with its batch norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conv {
    /// Name of the convolution's tensor.
    pub(super) weight: String,
    /// What the names of the batch norm's tensors begin with.
    pub(super) norm: String,
    pub(super) channels_in: usize,
    pub(super) channels_out: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// One kernel for each channel.
    pub(super) depthwise: bool,
    /// ReLU6 follows.
    pub(super) act: bool,
}

/// Convolutions one after the other; with `residual`, the input is added to the last one's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) convs: Vec<Conv>,
    pub(super) residual: bool,
}

/// One row of the architecture's table: the stride belongs to its first block.
struct Row {
    expansion: usize,
    channels: usize,
    repeats: usize,
    stride: usize,
    kernel: usize,
}

const fn row(expansion: usize, channels: usize, repeats: usize, stride: usize, kernel: usize) -> Row {
    Row { expansion, channels, repeats, stride, kernel }
}

const MOBILENET_V2: [Row; 7] = [
    row(1, 16, 1, 1, 3),
    row(6, 24, 2, 2, 3),
    row(6, 32, 3, 2, 3),
    row(6, 64, 4, 2, 3),
    row(6, 96, 3, 1, 3),
    row(6, 160, 3, 2, 3),
    row(6, 320, 1, 1, 3),
];

const EFFICIENTNET_LITE0: [Row; 7] = [
    row(1, 16, 1, 1, 3),
    row(6, 24, 2, 2, 3),
    row(6, 40, 2, 2, 5),
    row(6, 80, 3, 2, 3),
    row(6, 112, 3, 1, 5),
    row(6, 192, 4, 2, 5),
    row(6, 320, 1, 1, 3),
];

const STEM_CHANNELS: usize = 32;

impl BackboneId {
    /// Epsilon of its batch norms.
    pub(super) const fn norm_epsilon(self) -> f64 {
        match self {
            Self::MobilenetV2 => 1e-5,
            Self::EfficientnetLite0 => 1e-3,
        }
    }

    /// Rows or columns of zeros before and after the image. MobileNetV2 pads alike on both sides; EfficientNet-Lite0 was
    /// trained with TensorFlow's SAME, which at stride 2 on an even size puts the odd one behind.
    pub(super) const fn pads(self, kernel: usize, stride: usize) -> (usize, usize) {
        match (self, stride) {
            (Self::EfficientnetLite0, 2) => ((kernel - 2) / 2, (kernel - 1) / 2),
            _ => ((kernel - 1) / 2, (kernel - 1) / 2),
        }
    }

    /// All blocks from the image to the map of 1280 channels.
    pub(super) fn blocks(self) -> Vec<Block> {
        let rows = match self {
            Self::MobilenetV2 => &MOBILENET_V2,
            Self::EfficientnetLite0 => &EFFICIENTNET_LITE0,
        };
        let mut blocks = vec![self.stem()];
        let mut channels_in = STEM_CHANNELS;
        for row in rows {
            for repeat in 0..row.repeats {
                let stride = if repeat == 0 { row.stride } else { 1 };
                blocks.push(self.inverted_residual(blocks.len() - 1, channels_in, stride, row));
                channels_in = row.channels;
            }
        }
        blocks.push(self.head(channels_in));
        blocks
    }

    fn stem(self) -> Block {
        let (weight, norm) = match self {
            Self::MobilenetV2 => ("features.0.0.weight", "features.0.1"),
            Self::EfficientnetLite0 => ("_conv_stem.weight", "_bn0"),
        };
        let shape = (3, STEM_CHANNELS);
        let conv = Conv { kernel: 3, stride: 2, ..pointwise(weight.to_owned(), norm.to_owned(), shape, true) };
        Block { convs: vec![conv], residual: false }
    }

    fn head(self, channels_in: usize) -> Block {
        let (weight, norm) = match self {
            Self::MobilenetV2 => ("features.18.0.weight", "features.18.1"),
            Self::EfficientnetLite0 => ("_conv_head.weight", "_bn1"),
        };
        let shape = (channels_in, self.feature_width());
        Block { convs: vec![pointwise(weight.to_owned(), norm.to_owned(), shape, true)], residual: false }
    }

    /// Expansion, depthwise convolution, projection; `index` counts from 0.
    fn inverted_residual(self, index: usize, channels_in: usize, stride: usize, row: &Row) -> Block {
        let names = |part: Part| self.names(index, part, row.expansion > 1);
        let wide = channels_in * row.expansion;
        let mut convs = Vec::with_capacity(3);
        if row.expansion > 1 {
            let (weight, norm) = names(Part::Expand);
            convs.push(pointwise(weight, norm, (channels_in, wide), true));
        }
        let (weight, norm) = names(Part::Depthwise);
        let depthwise = pointwise(weight, norm, (wide, wide), true);
        convs.push(Conv { kernel: row.kernel, stride, depthwise: true, ..depthwise });
        let (weight, norm) = names(Part::Project);
        convs.push(pointwise(weight, norm, (wide, row.channels), false));
        Block { convs, residual: stride == 1 && channels_in == row.channels }
    }

    fn names(self, index: usize, part: Part, expands: bool) -> (String, String) {
        match self {
            Self::MobilenetV2 => {
                // Convolution and batch norm of a part follow each other; ReLU6 takes a number of its own.
                let first = match (part, expands) {
                    (Part::Expand, _) | (Part::Depthwise, false) => 0,
                    (Part::Depthwise, true) | (Part::Project, false) => 3,
                    (Part::Project, true) => 6,
                };
                let block = format!("features.{}.conv", index + 1);
                (format!("{block}.{first}.weight"), format!("{block}.{}", first + 1))
            }
            Self::EfficientnetLite0 => {
                let (conv, norm) = match part {
                    Part::Expand => ("_expand_conv", "_bn0"),
                    Part::Depthwise => ("_depthwise_conv", "_bn1"),
                    Part::Project => ("_project_conv", "_bn2"),
                };
                (format!("_blocks.{index}.{conv}.weight"), format!("_blocks.{index}.{norm}"))
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Expand,
    Depthwise,
    Project,
}

fn pointwise(weight: String, norm: String, (channels_in, channels_out): (usize, usize), act: bool) -> Conv {
    Conv { weight, norm, channels_in, channels_out, kernel: 1, stride: 1, depthwise: false, act }
}

#[cfg(test)]
mod tests {
    use super::super::facts::InputSize;
    use super::*;

    #[test]
    fn the_lists_have_the_published_lengths_and_end_in_a_32nd_of_the_picture() {
        for (id, blocks, residuals) in [(BackboneId::MobilenetV2, 17, 10), (BackboneId::EfficientnetLite0, 16, 9)] {
            let list = id.blocks();
            assert_eq!(list.len(), blocks + 2);
            assert_eq!(list.iter().filter(|block| block.residual).count(), residuals);
            for size in InputSize::ALL {
                let mut side = size.pixels();
                for conv in list.iter().flat_map(|block| &block.convs) {
                    let (before, after) = id.pads(conv.kernel, conv.stride);
                    // The asymmetric padding at stride 2 is right for even sides alone.
                    assert!(conv.stride == 1 || side.is_multiple_of(2), "{id} {size}");
                    side = (side + before + after - conv.kernel) / conv.stride + 1;
                }
                assert_eq!(side, size.map_side(), "{id} {size}");
            }
        }
    }

    #[test]
    fn lite_pads_behind_at_stride_2() {
        let lite = BackboneId::EfficientnetLite0;
        assert_eq!(
            [lite.pads(3, 2), lite.pads(5, 2), lite.pads(3, 1), lite.pads(5, 1)],
            [(0, 1), (1, 2), (1, 1), (2, 2)]
        );
        assert_eq!(BackboneId::MobilenetV2.pads(3, 2), (1, 1));
    }
}
