//! Naming a format that is not decoded, so far as its first bytes tell, and what to do.

use crate::error::{ErrorKind, PictureError};

pub(super) fn unsupported(bytes: &[u8]) -> PictureError {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let brand = (bytes.get(4..8) == Some(b"ftyp")).then(|| bytes.get(8..12).unwrap_or_default());
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let (name, how) = match brand {
        Some(b"avif" | b"avis") => ("AVIF", "`avifdec photo.avif photo.png`"),
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1") => {
            ("HEIC", "`heif-convert photo.heic photo.jpg`")
        }
        Some(b"crx ") => ("Canon RAW", "`dcraw_emu -w photo.cr3`"),
        Some(_) => ("a video", "`ffmpeg -i clip.mp4 -frames 1 frame.png`"),
        None if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => {
            ("JPEG XL", "`djxl photo.jxl photo.png`")
        }
        None if starts(b"%PDF") => ("PDF", "`pdftoppm -png -singlefile file.pdf page`"),
        None if starts(b"8BPS") => ("Photoshop", "`magick photo.psd[0] photo.png`"),
        None if starts(b"FUJIFILM") || starts(b"IIU\0") || starts(b"IIRO") => {
            ("camera RAW", "`dcraw_emu -w photo.raf`")
        }
        None if text.contains("<svg") => ("SVG", "`rsvg-convert drawing.svg -o drawing.png`"),
        None => {
            let message = "not a picture in a supported format (JPEG, PNG, GIF, WebP, TIFF, BMP, \
                           PNM, QOI, ICO)";
            return PictureError::new(ErrorKind::Unsupported, message);
        }
    };
    let message = format!("{name} is not supported; convert it first, for example with {how}");
    PictureError::new(ErrorKind::Unsupported, message)
}
