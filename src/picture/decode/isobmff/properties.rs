//! What is said of a picture beside its data: sizes, colours, turns (ISO/IEC 23008-12, 6.5).

use image::metadata::Orientation;

use super::boxes::{Fields, Part};
use super::colour::Colour;

/// Properties in their order, and whether one has to know each.
#[derive(Default)]
pub(in crate::picture::decode) struct Properties<'a>(Vec<(Part<'a>, bool)>);

/// Those that are known, also where nothing is made of them: a clean aperture crops a picture, and
/// in AVIF Pillow leaves it whole.
const KNOWN: [&[u8; 4]; 14] = [
    b"ispe", b"auxC", b"colr", b"av1C", b"hvcC", b"pasp", b"clap", b"irot", b"imir", b"pixi",
    b"a1op", b"lsel", b"a1lx", b"clli",
];

/// How auxiliary pictures are named that are an alpha channel.
const ALPHA: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
];

/// The number of a layer that stands for none in particular.
const NO_LAYER: u64 = 0xffff;

impl<'a> Properties<'a> {
    pub fn push(&mut self, part: Part<'a>, is_essential: bool) {
        self.0.push((part, is_essential));
    }

    fn all(&self, kind: &[u8; 4]) -> impl Iterator<Item = Fields<'a>> {
        let is_it = move |part: &Part<'a>| part.kind == kind;
        self.in_order().filter(is_it).map(|part| Fields(part.body))
    }

    fn first(&self, kind: &[u8; 4]) -> Option<Fields<'a>> {
        self.all(kind).next()
    }

    /// All of them, in their order.
    pub fn in_order(&self) -> impl Iterator<Item = Part<'a>> {
        self.0.iter().map(|(part, _)| *part)
    }

    /// The name of one that has to be known and isn't.
    pub fn unknown(&self) -> Option<String> {
        let is_unknown = |(part, is_essential): &&(Part, bool)| {
            *is_essential && !KNOWN.iter().any(|kind| part.kind == *kind)
        };
        let (part, _) = self.0.iter().find(is_unknown)?;
        Some(part.kind.escape_ascii().to_string())
    }

    /// Width and height.
    pub fn size(&self) -> Option<(u32, u32)> {
        let mut fields = self.first(b"ispe")?;
        fields.version()?;
        Some((fields.long()?, fields.long()?))
    }

    /// Whether AV1 is set up for it.
    pub fn is_configured(&self) -> bool {
        self.first(b"av1C").is_some()
    }

    pub fn is_alpha(&self) -> bool {
        self.first(b"auxC").is_some_and(|mut fields| {
            fields.version();
            ALPHA.contains(&fields.text())
        })
    }

    /// What numbers say of its colours; a profile says nothing of how they are stored.
    pub fn colour(&self) -> Option<Colour> {
        self.all(b"colr").find_map(|mut fields| {
            if fields.bytes(4)? != b"nclx" {
                return None;
            }
            let primaries = fields.number(2)?;
            // Of the transfer nothing is made.
            fields.number(2)?;
            Some(Colour {
                primaries,
                matrix: fields.number(2)?,
                is_full_range: fields.number(1)? & 0x80 != 0,
            })
        })
    }

    /// Which of AV1's operating points is meant.
    pub fn operating_point(&self) -> u32 {
        let point = self.first(b"a1op").and_then(|mut fields| fields.number(1));
        point.unwrap_or(0) as u32
    }

    /// Which layer is meant, where one is.
    pub fn layer(&self) -> Option<usize> {
        let layer = self.first(b"lsel")?.number(2)?;
        (layer != NO_LAYER).then_some(layer as usize)
    }

    /// The turn and then the mirror, as the one of EXIF's orientations that they make.
    pub fn orientation(&self) -> Orientation {
        let number = |kind: &[u8; 4]| self.first(kind)?.number(1);
        let turns = number(b"irot").unwrap_or(0) & 3;
        // Top with bottom, or left with right.
        let mirror = number(b"imir").map(|axis| axis & 1);
        match (turns, mirror) {
            (turns, None) => turned(turns),
            (0, Some(0)) | (2, Some(1)) => Orientation::FlipVertical,
            (0, Some(_)) | (2, Some(_)) => Orientation::FlipHorizontal,
            (1, Some(0)) | (3, Some(1)) => Orientation::Rotate90FlipH,
            (_, Some(_)) => Orientation::Rotate270FlipH,
        }
    }
}

/// So many quarters of a turn against the clock, of which four are none.
pub(in crate::picture::decode) fn turned(quarters: u64) -> Orientation {
    match quarters & 3 {
        0 => Orientation::NoTransforms,
        1 => Orientation::Rotate270,
        2 => Orientation::Rotate180,
        _ => Orientation::Rotate90,
    }
}
