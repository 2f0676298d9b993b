//! Round trips, and everything a sender can get wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn gradient(width: u32, height: u32) -> Image {
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x * 3) as u8, (y * 5) as u8, (x + y) as u8]));
    Image::new(width, height, pixels.collect()).unwrap()
}

fn decode_default(bytes: &[u8], encoding: Encoding) -> Result<Image> {
    decode(bytes, encoding, &ImageLimits::default())
}

fn raw(format: PixelFormat, width: u32, height: u32, step: u32) -> Encoding {
    Encoding::Raw { format, width, height, step }
}

#[test]
fn png_keeps_every_bit_and_jpeg_nearly() {
    let image = gradient(70, 33);
    assert_eq!(decode_default(&encode_png(&image).unwrap(), Encoding::Png).unwrap(), image);
    let back = decode_default(&encode_jpeg(&image, 95).unwrap(), Encoding::Jpeg).unwrap();
    let error: u64 = back.pixels().iter().zip(image.pixels()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(error / (70 * 33 * 3) < 4, "mean error of {error} / {}", 70 * 33 * 3);
}

#[test]
fn other_pixel_layouts_become_rgb() {
    let grey = image::GrayImage::from_fn(9, 5, |x, y| image::Luma([(x * 20 + y) as u8]));
    let with_alpha = image::RgbaImage::from_fn(9, 5, |x, y| image::Rgba([x as u8, y as u8, 200, 7]));
    for (format, encoding) in [(image::ImageFormat::Png, Encoding::Png), (image::ImageFormat::Jpeg, Encoding::Jpeg)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        grey.write_to(&mut bytes, format).unwrap();
        let back = decode_default(bytes.get_ref(), encoding).unwrap();
        assert!(back.pixels().as_chunks::<3>().0.iter().all(|&[r, g, b]| r == g && g == b));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    with_alpha.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let back = decode_default(bytes.get_ref(), Encoding::Png).unwrap();
    assert_eq!(back.pixels()[..6], [0, 0, 200, 1, 0, 200]);
}

#[test]
fn raw_rows_are_unpacked() {
    let bytes = [1, 2, 3, 4, 5, 6, 99, 99, 7, 8, 9, 10, 11, 12, 99, 99];
    let rgb = decode_default(&bytes, raw(PixelFormat::Rgb8, 2, 2, 8)).unwrap();
    assert_eq!(rgb.pixels(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    let bgr = decode_default(&bytes[..14], raw(PixelFormat::Bgr8, 2, 2, 8)).unwrap();
    assert_eq!(bgr.pixels(), [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]);
    let mono = decode_default(&bytes[..4], raw(PixelFormat::Mono8, 2, 2, 2)).unwrap();
    assert_eq!(mono.pixels(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
}

#[test]
fn raw_numbers_that_do_not_agree_are_refused() {
    let short = decode_default(&[0; 13], raw(PixelFormat::Rgb8, 2, 2, 8));
    assert!(matches!(short, Err(Error::Truncated { .. })), "{short:?}");
    let long = decode_default(&[0; 17], raw(PixelFormat::Rgb8, 2, 2, 8));
    assert!(matches!(long, Err(Error::Malformed { .. })), "{long:?}");
    let step = decode_default(&[0; 10], raw(PixelFormat::Rgb8, 2, 2, 5));
    assert!(matches!(step, Err(Error::Malformed { .. })), "{step:?}");
    let empty = decode_default(&[], raw(PixelFormat::Mono8, 0, 0, 0));
    assert!(matches!(empty, Err(Error::Malformed { .. })), "{empty:?}");
    let huge = decode_default(&[0; 10], raw(PixelFormat::Rgb8, u32::MAX, u32::MAX, u32::MAX));
    assert!(matches!(huge, Err(Error::TooLarge { .. })), "{huge:?}");
}

#[test]
fn limits_hold_for_every_encoding() {
    let image = gradient(64, 48);
    let (png, jpeg) = (encode_png(&image).unwrap(), encode_jpeg(&image, 90).unwrap());
    let inputs: [(&[u8], Encoding); 3] =
        [(&png, Encoding::Png), (&jpeg, Encoding::Jpeg), (image.pixels(), raw(PixelFormat::Rgb8, 64, 48, 64 * 3))];
    let exact = ImageLimits { max_width: 64, max_height: 48, max_bytes: 64 * 48 * 3 };
    for (bytes, encoding) in inputs {
        assert!(decode(bytes, encoding, &exact).is_ok());
        for tight in [
            ImageLimits { max_width: 63, ..exact },
            ImageLimits { max_height: 47, ..exact },
            ImageLimits { max_bytes: 64 * 48 * 3 - 1, ..exact },
            ImageLimits { max_bytes: 10, ..exact },
        ] {
            let result = decode(bytes, encoding, &tight);
            assert!(matches!(result, Err(Error::TooLarge { .. })), "{encoding:?} {tight:?}: {result:?}");
        }
    }
}

/// The size is changed in the header only: far more pixels than the data can hold.
#[test]
fn a_lying_header_is_refused_before_memory_is_taken() {
    let image = gradient(16, 16);
    let mut png = encode_png(&image).unwrap();
    png[16..24].copy_from_slice(&[0, 0, 0x0f, 0xff, 0, 0, 0x0f, 0xff]);
    let result = decode_default(&png, Encoding::Png);
    assert!(matches!(&result, Err(Error::Malformed { what, .. }) if what.contains("4095x4095")), "{result:?}");

    let mut jpeg = encode_jpeg(&image, 90).unwrap();
    let frame_header = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame_header + 5..frame_header + 9].copy_from_slice(&[0x0f, 0xff, 0x0f, 0xff]);
    let result = decode_default(&jpeg, Encoding::Jpeg);
    assert!(matches!(&result, Err(Error::Malformed { what, .. }) if what.contains("4095x4095")), "{result:?}");
}

/// Cut anywhere: an error of one line, never half a picture.
#[test]
fn a_picture_cut_anywhere_is_an_error() {
    let image = gradient(40, 30);
    for (bytes, encoding) in
        [(encode_png(&image).unwrap(), Encoding::Png), (encode_jpeg(&image, 80).unwrap(), Encoding::Jpeg)]
    {
        for cut in 0..bytes.len() {
            let error = decode_default(&bytes[..cut], encoding).expect_err("cut");
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}

/// Some cameras pad their JPEGs to a fixed length.
#[test]
fn padding_after_the_end_does_no_harm() {
    let mut jpeg = encode_jpeg(&gradient(40, 30), 80).unwrap();
    let whole = decode_default(&jpeg, Encoding::Jpeg).unwrap();
    jpeg.resize(jpeg.len() + 512, 0);
    assert_eq!(decode_default(&jpeg, Encoding::Jpeg).unwrap(), whole);
}

proptest! {
    /// Bytes that were changed at random give a picture or an error of one line, within the limits, and no panic.
    #[test]
    fn damaged_bytes_never_panic(
        as_png: bool, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let image = gradient(24, 18);
        let (mut bytes, encoding) = if as_png {
            (encode_png(&image).unwrap(), Encoding::Png)
        } else {
            (encode_jpeg(&image, 70).unwrap(), Encoding::Jpeg)
        };
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let limits = ImageLimits { max_width: 64, max_height: 64, max_bytes: 64 * 64 * 3 };
        match decode(&bytes, encoding, &limits) {
            Ok(image) => prop_assert!(image.width() <= 64 && image.height() <= 64),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
        }
    }

    #[test]
    fn any_bytes_under_any_name_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), size in any::<(u32, u32, u32)>()) {
        for encoding in [Encoding::Jpeg, Encoding::Png, raw(PixelFormat::Bgr8, size.0, size.1, size.2)] {
            prop_assert!(decode_default(&bytes, encoding).is_err());
        }
    }
}
