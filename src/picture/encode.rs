//! Pictures to PNG.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use super::Picture;

/// What a PNG says of who wrote it (PNG specification, section 11.3.3.2, keyword `Software`).
const SOFTWARE: (&str, &str) = ("Software", "effnet");

/// The picture as a PNG that says that this program wrote it, and `description`.
pub fn png(picture: &Picture, description: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(picture, description, &mut bytes).expect("memory takes what is written to it");
    bytes
}

fn write(picture: &Picture, description: &str, to: &mut Vec<u8>) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(to, picture.width as u32, picture.height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    // Three times as fast as the default for a tenth more bytes.
    encoder.set_compression(Compression::Fast);
    // These come before the pixels, in the order of `is_ours`.
    encoder.add_text_chunk(SOFTWARE.0.into(), SOFTWARE.1.into())?;
    encoder.add_itxt_chunk("Description".into(), description.into())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()
}

/// Whether the file at `path` begins as [`png`] writes one.
///
/// # Errors
/// If there is none, or it can't be read.
pub fn is_ours(path: &Path) -> io::Result<bool> {
    // The signature (8 bytes) and IHDR (25), then the length (4) and the kind of the next chunk.
    const CHUNK: usize = 8 + 25 + 4;
    let text = format!("tEXt{}\0{}", SOFTWARE.0, SOFTWARE.1);
    let mut start = Vec::new();
    let length = CHUNK + text.len();
    File::open(path)?
        .take(length as u64)
        .read_to_end(&mut start)?;
    Ok(start.get(CHUNK..) == Some(text.as_bytes()))
}
