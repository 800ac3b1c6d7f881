//! Channels to RGB, as libtiff and Pillow convert them.

use super::header::Header;
use super::photometric::Photometric;
use crate::error::{ErrorKind, PictureError};
use crate::picture::alpha::before_multiplied;
use crate::picture::decode::directory::Directory;
use crate::picture::decode::jpeg::rgb_of_inks;

/// The colours of all pixels, and their alpha if it was kept.
pub(super) fn rgb(
    raster: Vec<u8>,
    header: &Header,
    directory: &Directory,
) -> Result<(Vec<u8>, Option<Vec<u8>>), PictureError> {
    let (raster, alpha) = match header.channels() > header.colours() {
        true => apart(&raster, header),
        false => (raster, None),
    };
    let pixels = match header.photometric {
        _ if header.photometric == Photometric::YCbCr && header.samples == 1 => grey(raster),
        // Pillow inverts no wider values.
        Photometric::WhiteIsZero if header.bits <= 16 => {
            grey(raster.into_iter().map(|value| !value))
        }
        Photometric::WhiteIsZero | Photometric::BlackIsZero => grey(raster),
        Photometric::Rgb => raster,
        Photometric::Palette => palette(&raster, directory)?,
        Photometric::Cmyk => {
            let inks = raster.as_chunks().0.iter();
            // Here, 255 is all of an ink.
            inks.flat_map(|inks: &[u8; 4]| rgb_of_inks(inks.map(|ink| !ink)))
                .collect()
        }
        // libjpeg has converted it.
        Photometric::YCbCr if header.compression == 7 && !header.is_planar => raster,
        // Pillow takes a file that is not packed itself, as JPEG's colours.
        Photometric::YCbCr if header.compression == 1 && !header.is_planar => {
            each(raster, jpeg_colour)
        }
        Photometric::YCbCr => {
            let table = YCbCr::of(directory);
            each(raster, |colour| table.rgb(colour))
        }
        Photometric::Lab => each(raster, lab),
    };
    Ok((pixels, alpha))
}

fn grey(values: impl IntoIterator<Item = u8>) -> Vec<u8> {
    values.into_iter().flat_map(|value| [value; 3]).collect()
}

fn each(mut raster: Vec<u8>, convert: impl Fn([u8; 3]) -> [u8; 3]) -> Vec<u8> {
    for pixel in raster.as_chunks_mut().0 {
        *pixel = convert(*pixel);
    }
    raster
}

/// Colours, as they were before alpha was multiplied in, and alpha.
fn apart(raster: &[u8], header: &Header) -> (Vec<u8>, Option<Vec<u8>>) {
    let colours = header.colours();
    let pixels = raster.chunks_exact(colours + 1);
    let alpha = pixels.clone().map(|pixel| pixel[colours]).collect();
    let colour = |pixel: &[u8], n: usize| match pixel[colours] {
        _ if !header.is_premultiplied => pixel[n],
        0 => 0,
        alpha => before_multiplied(pixel[n], alpha),
    };
    let colours = pixels.flat_map(|pixel| (0..colours).map(move |n| colour(pixel, n)));
    (colours.collect(), Some(alpha))
}

/// All reds, all greens and all blues of the table, in sixteen bits.
fn palette(raster: &[u8], directory: &Directory) -> Result<Vec<u8>, PictureError> {
    let missing = || PictureError::new(ErrorKind::Decode, "its palette is missing");
    let table = directory.numbers(320).ok_or_else(missing)?;
    let count = table.len() / 3;
    let colour = |index: &u8| {
        let index = usize::from(*index);
        [0, 1, 2].map(|part| match index < count {
            true => (table[part * count + index] >> 8) as u8,
            false => index as u8,
        })
    };
    Ok(raster.iter().flat_map(colour).collect())
}

/// Pillow's table (src/libImaging/ConvertYCbCr.c): six bits behind the point.
fn jpeg_colour([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
    let part = |value: f64| (value * 64.0 + 0.5) as i32;
    let clip = |value: i32| value.clamp(0, 255) as u8;
    [
        clip(y + (part(1.402 * cr) >> 6)),
        clip(y + ((part(-0.34414 * cb) + part(-0.71414 * cr)) >> 6)),
        clip(y + (part(1.772 * cb) >> 6)),
    ]
}

/// libtiff's tables (libtiff/tif_color.c): sixteen bits behind the point.
struct YCbCr {
    light: [i32; 256],
    red_of_cr: [i32; 256],
    green_of_cr: [i32; 256],
    green_of_cb: [i32; 256],
    blue_of_cb: [i32; 256],
}

impl YCbCr {
    fn of(directory: &Directory) -> Self {
        let numbers = |tag: u16, count: usize| {
            let numbers = directory.reals(tag).filter(|all| all.len() == count);
            numbers.filter(|all| all.iter().all(|number| number.is_finite()))
        };
        let luma = numbers(529, 3).filter(|luma| luma[1] != 0.0);
        let luma = luma.unwrap_or_else(|| vec![0.299, 0.587, 0.114]);
        let range = numbers(532, 6);
        let range = range.unwrap_or_else(|| vec![0.0, 255.0, 128.0, 255.0, 128.0, 255.0]);
        let fixed = |value: f32| (value.clamp(0.0, 2.0) * 65536.0 + 0.5) as i32;
        let (red, blue) = (2.0 - 2.0 * luma[0], 2.0 - 2.0 * luma[2]);
        let of_range = |code: i32, black: f32, white: f32, most: f32| {
            let span = if white - black == 0.0 {
                1.0
            } else {
                white - black
            };
            let value = (code - black as i32) as f32 * most / span;
            value.clamp(-4096.0, 4096.0) as i32
        };
        let table = |f: &dyn Fn(i32) -> i32| std::array::from_fn(|n| f(n as i32));
        let cb = |n| of_range(n - 128, range[2] - 128.0, range[3] - 128.0, 127.0);
        let cr = |n| of_range(n - 128, range[4] - 128.0, range[5] - 128.0, 127.0);
        let half = 1 << 15;
        Self {
            light: table(&|n| of_range(n, range[0], range[1], 255.0)),
            red_of_cr: table(&|n| (fixed(red) * cr(n) + half) >> 16),
            green_of_cr: table(&|n| -fixed(luma[0] * red / luma[1]) * cr(n)),
            green_of_cb: table(&|n| -fixed(luma[2] * blue / luma[1]) * cb(n) + half),
            blue_of_cb: table(&|n| (fixed(blue) * cb(n) + half) >> 16),
        }
    }

    fn rgb(&self, [y, cb, cr]: [u8; 3]) -> [u8; 3] {
        let (light, cb, cr) = (self.light[usize::from(y)], usize::from(cb), usize::from(cr));
        let green = (self.green_of_cb[cb] + self.green_of_cr[cr]) >> 16;
        [
            light + self.red_of_cr[cr],
            light + green,
            light + self.blue_of_cb[cb],
        ]
        .map(|value| value.clamp(0, 255) as u8)
    }
}

/// CIE L*a*b* of daylight at 5000 K to sRGB, by the definitions; Little CMS, which Pillow asks,
/// comes within a level or two of it.
fn lab([l, a, b]: [u8; 3]) -> [u8; 3] {
    let fy = (f32::from(l) * 100.0 / 255.0 + 16.0) / 116.0;
    let fx = fy + f32::from(a as i8) / 500.0;
    let fz = fy - f32::from(b as i8) / 200.0;
    let linear = |f: f32| match f > 6.0 / 29.0 {
        true => f * f * f,
        false => (f - 4.0 / 29.0) * 108.0 / 841.0,
    };
    let (x, y, z) = (0.9642 * linear(fx), linear(fy), 0.8249 * linear(fz));
    // Bradford's adaptation to 6500 K and sRGB's primaries in one.
    [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ]
    .map(|value| {
        let value = value.clamp(0.0, 1.0);
        let coded = match value <= 0.003_130_8 {
            true => 12.92 * value,
            false => 1.055 * value.powf(1.0 / 2.4) - 0.055,
        };
        (coded * 255.0).round() as u8
    })
}
