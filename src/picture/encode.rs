//! Pictures to PNG.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use png::text_metadata::TEXtChunk;
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, EncodingError};

use super::Picture;

/// What a PNG says of who wrote it (PNG specification, section 11.3.3.2, keyword `Software`).
const SOFTWARE: (&str, &str) = ("Software", "effnet");
const DESCRIPTION: &str = "Description";

/// Writes the picture as a PNG that says that this program wrote it, and `description`.
///
/// # Errors
/// If `to` can't take it.
pub fn png(picture: &Picture, description: &str, to: impl Write) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(to, picture.width as u32, picture.height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    // Three times as fast as the default for a tenth more bytes.
    encoder.set_compression(Compression::Fast);
    encoder.add_text_chunk(SOFTWARE.0.into(), SOFTWARE.1.into())?;
    encoder.add_itxt_chunk(DESCRIPTION.into(), description.into())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()
}

/// The description of the file at `path`, if it is one that [`png()`] wrote.
pub fn description(path: &Path) -> Option<String> {
    let decoder = Decoder::new(BufReader::new(File::open(path).ok()?));
    let reader = decoder.read_info().ok()?;
    let info = reader.info();
    let is_software = |text: &TEXtChunk| (&*text.keyword, &*text.text) == SOFTWARE;
    if !info.uncompressed_latin1_text.iter().any(is_software) {
        return None;
    }
    let mut texts = info.utf8_text.iter();
    let description = texts.find(|text| text.keyword == DESCRIPTION)?;
    description.get_text().ok()
}
