//! Images as ROS 2 cameras send them: `sensor_msgs/msg/CompressedImage` and `sensor_msgs/msg/Image`, read as views that
//! borrow from the message and written into the caller's buffer.
//!
//! What is checked here is the message: lengths, stamps, the pixel layout. Whether a JPEG decodes, and how large an image
//! may be, is for the room that decodes it.

use striatum_core::StampNanos;

use crate::cdr::{CdrReader, CdrWriter, align_up};
use crate::error::{Error, short};
use crate::header::{TEXT_MAX, after_stamp, after_str, get_header, put_header};
use crate::keys::encoding;

/// The longest frame id, format or encoding that is read, in bytes.
pub const IMAGE_TEXT_MAX: usize = TEXT_MAX;

/// Pixel layouts of a raw image that are known: those of RGB cameras.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelEncoding {
    /// Red, green, blue, one byte each.
    Rgb8,
    /// Blue, green, red, one byte each.
    Bgr8,
    /// One byte of grey.
    Mono8,
}

impl PixelEncoding {
    /// Bytes of one pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Rgb8 | Self::Bgr8 => 3,
            Self::Mono8 => 1,
        }
    }

    /// The name ROS 2 gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rgb8 => "rgb8",
            Self::Bgr8 => "bgr8",
            Self::Mono8 => "mono8",
        }
    }

    /// The layout with this name.
    ///
    /// # Errors
    /// When it is none of the three that are known.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "rgb8" => Ok(Self::Rgb8),
            "bgr8" => Ok(Self::Bgr8),
            "mono8" => Ok(Self::Mono8),
            _ => Err(Error::Encoding { found: short(name) }),
        }
    }
}

/// A compressed image: the bytes of a JPEG or PNG file with a capture stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressedImage<'a> {
    /// Capture time, Unix nanoseconds.
    pub stamp_nanos: StampNanos,
    /// The camera's coordinate frame; not used, kept for recordings.
    pub frame_id: &'a str,
    /// What `data` is, as the sender says: `jpeg`, `png`, or longer forms such as `rgb8; jpeg compressed bgr8`.
    pub format: &'a str,
    /// The file's bytes.
    pub data: &'a [u8],
}

impl<'a> CompressedImage<'a> {
    const NAME: &'static str = "CompressedImage";
    /// The ROS 2 type, which is also the schema's name in a recording.
    pub const TYPE: &'static str = "sensor_msgs/msg/CompressedImage";

    /// Bytes that [`encode`](Self::encode) writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let at = after_str(after_str(after_stamp(), self.frame_id), self.format);
        align_up(at, 4).saturating_add(4).saturating_add(self.data.len())
    }

    /// Writes the message to the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// When the buffer is too small (see [`encoded_len`](Self::encoded_len)), a text has a NUL inside, or the stamp lies
    /// after what ROS 2 can say (year 2038).
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut writer = CdrWriter::new(Self::NAME, buffer)?;
        put_header(&mut writer, self.stamp_nanos, self.frame_id)?;
        writer.str("format", self.format)?;
        writer.sequence("data", self.data)?;
        Ok(writer.written())
    }

    /// Reads a message; texts and data are borrowed from it.
    ///
    /// # Errors
    /// When the bytes are not exactly one such message, the stamp is negative or not a time, or there is no data.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = CdrReader::new(Self::NAME, bytes)?;
        let (stamp_nanos, frame_id) = get_header(&mut reader)?;
        let format = reader.str("format", IMAGE_TEXT_MAX)?;
        let data = reader.sequence("data")?;
        reader.finish()?;
        if data.is_empty() {
            let why = "is empty; the camera sent no image";
            return Err(Error::Contradiction { message: Self::NAME, field: "data", why });
        }
        Ok(Self { stamp_nanos, frame_id, format, data })
    }
}

/// An uncompressed image with a capture stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawImage<'a> {
    /// Capture time, Unix nanoseconds.
    pub stamp_nanos: StampNanos,
    /// The camera's coordinate frame; not used, kept for recordings.
    pub frame_id: &'a str,
    /// Rows, > 0.
    pub height: u32,
    /// Pixels in a row, > 0.
    pub width: u32,
    /// Pixel layout.
    pub encoding: PixelEncoding,
    /// Bytes from the start of one row to the start of the next, at least width x channels.
    pub step: u32,
    /// Rows from the top, at least height x step bytes.
    pub data: &'a [u8],
}

impl<'a> RawImage<'a> {
    const NAME: &'static str = "Image";
    /// The ROS 2 type, which is also the schema's name in a recording.
    pub const TYPE: &'static str = "sensor_msgs/msg/Image";

    /// Bytes that [`encode`](Self::encode) writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let at = align_up(after_str(after_stamp(), self.frame_id), 4).saturating_add(8);
        let at = after_str(at, self.encoding.name()).saturating_add(1);
        align_up(at, 4).saturating_add(8).saturating_add(self.data.len())
    }

    /// Writes the message to the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// When the sizes contradict each other, the buffer is too small (see [`encoded_len`](Self::encoded_len)), the frame id
    /// has a NUL inside, or the stamp lies after what ROS 2 can say (year 2038).
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.check()?;
        let mut writer = CdrWriter::new(Self::NAME, buffer)?;
        put_header(&mut writer, self.stamp_nanos, self.frame_id)?;
        writer.u32("height", self.height)?;
        writer.u32("width", self.width)?;
        writer.str("encoding", self.encoding.name())?;
        writer.u8("is_bigendian", 0)?;
        writer.u32("step", self.step)?;
        writer.sequence("data", self.data)?;
        Ok(writer.written())
    }

    /// Reads a message; the frame id and the data are borrowed from it.
    ///
    /// # Errors
    /// When the bytes are not exactly one such message, the stamp is negative or not a time, the encoding is not known, or
    /// the sizes contradict each other.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = CdrReader::new(Self::NAME, bytes)?;
        let (stamp_nanos, frame_id) = get_header(&mut reader)?;
        let height = reader.u32("height")?;
        let width = reader.u32("width")?;
        let encoding = PixelEncoding::from_name(reader.str("encoding", IMAGE_TEXT_MAX)?)?;
        // Says nothing about one-byte channels, and some drivers leave rubbish in it.
        let _is_bigendian = reader.u8("is_bigendian")?;
        let step = reader.u32("step")?;
        let data = reader.sequence("data")?;
        reader.finish()?;
        let image = Self { stamp_nanos, frame_id, height, width, encoding, step, data };
        image.check()?;
        Ok(image)
    }

    /// Row `y` without the padding behind it; `None` below the image.
    #[must_use]
    pub fn row(&self, y: u32) -> Option<&'a [u8]> {
        if y >= self.height {
            return None;
        }
        let start = usize::try_from(u64::from(y) * u64::from(self.step)).ok()?;
        let len = usize::try_from(self.width).ok()?.checked_mul(self.encoding.channels())?;
        self.data.get(start..start.checked_add(len)?)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |field, why| Err(Error::Contradiction { message: Self::NAME, field, why });
        if self.height == 0 {
            return wrong("height", "is 0; the camera sent no image");
        }
        if self.width == 0 {
            return wrong("width", "is 0; the camera sent no image");
        }
        // u64: width and height are at most u32::MAX and a pixel at most 3 bytes, so no product overflows.
        if u64::from(self.step) < u64::from(self.width) * self.encoding.channels() as u64 {
            return wrong("step", "is less than width x channels; rows would overlap");
        }
        if u64::from(self.height) * u64::from(self.step) > self.data.len() as u64 {
            return wrong("data", "is shorter than height x step; the image is not all there");
        }
        Ok(())
    }
}

/// Which of the two image types a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageKind {
    /// `sensor_msgs/msg/CompressedImage`.
    Compressed,
    /// `sensor_msgs/msg/Image`.
    Raw,
}

impl ImageKind {
    /// The zenoh content type under which it travels.
    #[must_use]
    pub const fn encoding(self) -> &'static str {
        match self {
            Self::Compressed => encoding::COMPRESSED_IMAGE,
            Self::Raw => encoding::IMAGE,
        }
    }

    /// The type that a zenoh content type stands for.
    ///
    /// # Errors
    /// When it is neither of the two.
    pub fn from_encoding(text: &str) -> Result<Self, Error> {
        match text {
            encoding::COMPRESSED_IMAGE => Ok(Self::Compressed),
            encoding::IMAGE => Ok(Self::Raw),
            _ => Err(Error::ContentType { found: short(text) }),
        }
    }
}

/// An image of either type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageMessage<'a> {
    /// `sensor_msgs/msg/CompressedImage`.
    Compressed(CompressedImage<'a>),
    /// `sensor_msgs/msg/Image`.
    Raw(RawImage<'a>),
}

impl<'a> ImageMessage<'a> {
    /// Reads a message of this kind.
    ///
    /// # Errors
    /// As the `decode` of [`CompressedImage`] and [`RawImage`].
    pub fn decode(kind: ImageKind, bytes: &'a [u8]) -> Result<Self, Error> {
        match kind {
            ImageKind::Compressed => CompressedImage::decode(bytes).map(Self::Compressed),
            ImageKind::Raw => RawImage::decode(bytes).map(Self::Raw),
        }
    }

    /// Which type it is.
    #[must_use]
    pub const fn kind(&self) -> ImageKind {
        match self {
            Self::Compressed(_) => ImageKind::Compressed,
            Self::Raw(_) => ImageKind::Raw,
        }
    }

    /// Capture time, Unix nanoseconds.
    #[must_use]
    pub const fn stamp_nanos(&self) -> StampNanos {
        match self {
            Self::Compressed(image) => image.stamp_nanos,
            Self::Raw(image) => image.stamp_nanos,
        }
    }

    /// Bytes that [`encode`](Self::encode) writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Compressed(image) => image.encoded_len(),
            Self::Raw(image) => image.encoded_len(),
        }
    }

    /// Writes the message to the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// As the `encode` of [`CompressedImage`] and [`RawImage`].
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Compressed(image) => image.encode(buffer),
            Self::Raw(image) => image.encode(buffer),
        }
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
