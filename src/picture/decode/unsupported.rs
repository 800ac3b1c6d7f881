//! Naming a format that is not decoded, so far as its first bytes tell, and what to do.

use super::brands::{Brand, brand};
use crate::error::{ErrorKind, PictureError};

/// What is said where a network sees alpha, and that of this format isn't read.
pub(super) fn transparency(format: &str) -> PictureError {
    let message = format!(
        "the transparency of {format}, which this network sees, can't be read; convert it to PNG first"
    );
    PictureError::new(ErrorKind::Unsupported, message)
}

/// What is said of a kind of picture that is not decoded.
pub(super) fn unsupported_kind(kind: &str) -> PictureError {
    refusal((kind, "`magick photo photo.png`"))
}

pub(super) fn unsupported(bytes: &[u8]) -> PictureError {
    let named = brand(bytes)
        .map(of_brand)
        .or_else(|| of_start(bytes))
        .or_else(|| of_text(bytes))
        .or_else(|| of_fields(bytes));
    let Some(named) = named else {
        let message = "not a picture in a supported format (JPEG, PNG, GIF, WebP, TIFF, BMP, PNM, \
                       QOI, ICO, ICNS, AVIF, JPEG XL, JPEG 2000, PSD, DDS, BLP, SGI, TGA, camera RAW)";
        return PictureError::new(ErrorKind::Unsupported, message);
    };
    refusal(named)
}

/// What is said of a variety of AVIF.
pub(super) fn avif(variety: &str) -> PictureError {
    refusal((variety, AVIF.1))
}

/// What is said of camera RAW that holds no other picture.
pub(super) fn raw() -> PictureError {
    refusal(("camera RAW without a preview", RAW))
}

/// What is said of HEIC, wherever it is found.
pub(super) fn heic() -> PictureError {
    refusal(HEIC)
}

/// What is said of a variety of HEIC.
#[cfg(feature = "heic")]
pub(super) fn heic_kind(variety: &str) -> PictureError {
    refusal((variety, HEIC.1))
}

fn refusal((name, how): (&str, &str)) -> PictureError {
    let build = match name == HEIC.0 && !cfg!(feature = "heic") {
        true => "build with `--features heic`, or ",
        false => "",
    };
    let message =
        format!("{name} is not supported; {build}convert it first, for example with {how}");
    PictureError::new(ErrorKind::Unsupported, message)
}

type Named = (&'static str, &'static str);

const AVIF: Named = ("AVIF", "`avifdec photo.avif photo.png`");
const HEIC: Named = ("HEIC", "`heif-convert photo.heic photo.jpg`");
const RAW: &str = "`dcraw_emu -w photo.raf`";
/// Formats that Pillow knows, of few programs.
const MCIDAS: Named = ("McIDAS", PILLOW);
const FLIC: Named = ("FLI", "`ffmpeg -i clip.fli -frames 1 frame.png`");
const IM: Named = ("IM", PILLOW);
const PILLOW: &str = "Python: `PIL.Image.open(photo).convert('RGB').save('photo.png')`";

/// What is said of a kind of ISO file.
fn of_brand(brand: Brand) -> Named {
    match brand {
        Brand::Avif => AVIF,
        Brand::Heic => HEIC,
        Brand::CanonRaw => ("Canon RAW", RAW),
        Brand::Video => ("a video", "`ffmpeg -i clip.mp4 -frames 1 frame.png`"),
    }
}

/// The first bytes of formats that have a mark of their own.
const STARTS: [(&[u8], Named); 20] = [
    (b"PF\n", ("PFM", "`magick photo.pfm photo.png`")),
    (b"Pf\n", ("PFM", "`magick photo.pfm photo.png`")),
    (b"\0\0\0\0\0\0\0\x04", MCIDAS),
    (
        b"%PDF",
        ("PDF", "`pdftoppm -png -singlefile file.pdf page`"),
    ),
    (
        b"%!PS",
        ("PostScript", "`gs -sDEVICE=png16m -o page.png file.eps`"),
    ),
    (
        b"\xc5\xd0\xd3\xc6",
        ("PostScript", "`gs -sDEVICE=png16m -o page.png file.eps`"),
    ),
    (
        b"8BPS",
        ("a large Photoshop file", "`magick photo.psb[0] photo.png`"),
    ),
    (b"II\x1a\0\0\0HEAP", ("Canon's older RAW (CRW)", RAW)),
    (b"\0MRM", ("Minolta's RAW (MRW)", RAW)),
    (b"FOVb", ("Sigma's RAW (X3F)", RAW)),
    (b"DDS ", ("DDS", "`magick texture.dds texture.png`")),
    (
        b"\x76\x2f\x31\x01",
        ("OpenEXR", "`magick photo.exr photo.png`"),
    ),
    (
        b"#?RADIANCE",
        ("Radiance HDR", "`magick photo.hdr photo.png`"),
    ),
    (
        b"gimp xcf",
        ("GIMP", "`magick drawing.xcf -flatten drawing.png`"),
    ),
    (
        b"AT&TFORM",
        ("DjVu", "`ddjvu -format=tiff -page=1 book.djvu page.tif`"),
    ),
    (
        b"\x59\xa6\x6a\x95",
        ("Sun raster", "`magick photo.ras photo.png`"),
    ),
    (b"SIMPLE  =", ("FITS", "`magick photo.fits photo.png`")),
    (
        b"\xd7\xcd\xc6\x9a",
        ("a Windows metafile", "`magick drawing.wmf drawing.png`"),
    ),
    (b"FORM", ("IFF", "`magick photo.iff photo.png`")),
    (
        b"II\xbc",
        ("JPEG XR", "`JxrDecApp -i photo.jxr -o photo.tif`"),
    ),
];

fn of_start(bytes: &[u8]) -> Option<Named> {
    let found = STARTS.iter().find(|(start, _)| bytes.starts_with(start));
    found.map(|(_, named)| *named)
}

/// Formats that are text, and pages saved in place of a picture.
fn of_text(bytes: &[u8]) -> Option<Named> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let lower = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_lowercase();
    // A page may hold a drawing.
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Some((
            "a web page (HTML)",
            "a download of the picture that it shows",
        ));
    }
    if lower.contains("<svg") {
        return Some(("SVG", "`rsvg-convert drawing.svg -o drawing.png`"));
    }
    if lower.starts_with("/* xpm") {
        return Some(("XPM", "`magick drawing.xpm drawing.png`"));
    }
    let is_tools = lower.contains("\npixel n8\n") && lower.contains("width ");
    if is_tools || lower.starts_with("image type:") {
        return Some(IM);
    }
    if lower.contains("#define") && lower.contains("_width") {
        return Some(("XBM", "`magick drawing.xbm drawing.png`"));
    }
    None
}

/// Formats without a mark, by what stands in their headers' fields.
fn of_fields(bytes: &[u8]) -> Option<Named> {
    match *bytes {
        // A version, run lengths, and a depth.
        [0x0a, 0 | 2..=5, 0 | 1, 1 | 2 | 4 | 8, ..] if bytes.len() >= 128 => {
            Some(("PCX", "`magick drawing.pcx drawing.png`"))
        }
        // A length, two marks, and a number of frames that is not 0.
        [_, _, _, _, 0x11 | 0x12, 0xaf, frames, more, ..] if frames != 0 || more != 0 => Some(FLIC),
        _ => None,
    }
}
