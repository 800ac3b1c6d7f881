//! Pictures that the tests draw, and those that the program writes.

use std::io::Cursor;
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Encoder};

/// An RGB picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<[u8; 3]>,
}

impl Drawing {
    pub fn new(width: usize, height: usize, at: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self {
            width,
            height,
            pixels: rows.map(|(x, y)| at(x, y)).collect(),
        }
    }

    /// Stripes and discs, different in every corner.
    pub fn scene(width: usize, height: usize) -> Self {
        Self::new(width, height, |x, y| {
            let is_in = |(a, b): (usize, usize), radius: usize| {
                x.abs_diff(a).pow(2) + y.abs_diff(b).pow(2) < radius * radius
            };
            let radius = width.min(height) / 3;
            match () {
                () if is_in((width / 3, height / 3), radius) => [230, 180, 20],
                () if is_in((width * 3 / 4, height * 2 / 3), radius / 2) => [30, 60, 200],
                () if y > height * 3 / 4 => [40, 130, (x % 8 * 20) as u8],
                () => [200, 210, 220],
            }
        })
    }

    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    /// As a PNG, which the EXIF orientation says is to be turned.
    pub fn png(&self, exif: Option<Vec<u8>>) -> Vec<u8> {
        self.encoded(ColorType::Rgb, self.pixels.as_flattened(), exif)
    }

    /// As a PNG with alpha, where `is_clear` says it clear.
    pub fn png_with(&self, is_clear: &dyn Fn(usize, usize) -> bool) -> Vec<u8> {
        let pixels = self.pixels.iter().enumerate().flat_map(|(at, &[r, g, b])| {
            let clear = is_clear(at % self.width, at / self.width);
            [r, g, b, if clear { 0 } else { 255 }]
        });
        let pixels: Vec<u8> = pixels.collect();
        self.encoded(ColorType::Rgba, &pixels, None)
    }

    fn encoded(&self, kind: ColorType, pixels: &[u8], exif: Option<Vec<u8>>) -> Vec<u8> {
        let mut info = png::Info::with_size(self.width as u32, self.height as u32);
        (info.color_type, info.bit_depth) = (kind, BitDepth::Eight);
        info.exif_metadata = exif.map(Into::into);
        let mut bytes = Vec::new();
        let encoder = Encoder::with_info(&mut bytes, info).expect("a PNG");
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(pixels).expect("pixels");
        writer.finish().expect("an end");
        bytes
    }

    /// The PNG at `path`, as the program writes them.
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut reader = Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
        let size = reader.output_buffer_size().expect("a size");
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!(frame.color_type, ColorType::Rgb);
        Self {
            width: frame.width as usize,
            height: frame.height as usize,
            pixels: pixels.as_chunks().0.to_vec(),
        }
    }
}
