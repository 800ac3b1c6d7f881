//! The first picture of an animation: the first sample of its track (ISO/IEC 14496-12, 8).

use crate::error::PictureError;
use crate::picture::decode::isobmff::boxes::{Fields, Part, children, find, first_sample};
use crate::picture::decode::isobmff::properties::Properties;
use crate::picture::decode::limits::{damaged, truncated};

/// A track of pictures.
pub(super) struct Track<'a> {
    id: u32,
    /// The track that it is the alpha of, where it is, and the one that its colours are
    /// multiplied by.
    alpha_of: Option<u32>,
    multiplied_by: Option<u32>,
    /// Width and height.
    pub size: (u32, u32),
    pub properties: Properties<'a>,
    /// The box of its items, where it has any.
    pub meta: Option<&'a [u8]>,
    /// Where its first sample is, and how long.
    sample: (u64, u64),
}

/// What comes before the boxes of a picture's description, and of AV1's.
const DESCRIPTION: usize = 78;

impl<'a> Track<'a> {
    /// The tracks of AV1 in a film.
    pub fn all(film: &'a [u8]) -> Result<Vec<Self>, PictureError> {
        let mut tracks = Vec::new();
        for part in children(film)? {
            if part.kind == b"trak" {
                tracks.extend(Self::read(part.body)?);
            }
        }
        Ok(tracks)
    }

    fn read(body: &'a [u8]) -> Result<Option<Self>, PictureError> {
        let parts = children(body)?;
        let inside = |parts: &[Part<'a>], kind| children(find(parts, kind).unwrap_or_default());
        let table = inside(&inside(&inside(&parts, b"mdia")?, b"minf")?, b"stbl")?;
        let Some(description) = find(&table, b"stsd") else {
            return Ok(None);
        };
        let kinds = children(description.get(8..).ok_or_else(truncated)?)?;
        let Some(description) = find(&kinds, b"av01") else {
            return Ok(None);
        };
        let mut properties = Properties::default();
        for part in children(description.get(DESCRIPTION..).ok_or_else(truncated)?)? {
            properties.push(part, false);
        }
        let references = inside(&parts, b"tref")?;
        let refers = |kind| Fields(find(&references, kind)?).long();
        let header = find(&parts, b"tkhd").and_then(|body| header(Fields(body)));
        let (id, size) = header.ok_or_else(|| damaged("its box `tkhd` is wrong"))?;
        let sample =
            first_sample(&table).ok_or_else(|| damaged("its table of samples is wrong"))?;
        Ok(Some(Self {
            id,
            alpha_of: refers(b"auxl"),
            multiplied_by: refers(b"prem"),
            size,
            properties,
            meta: find(&parts, b"meta"),
            sample,
        }))
    }

    /// Whether it is no picture by itself.
    pub fn is_auxiliary(&self) -> bool {
        self.alpha_of.is_some()
    }

    pub fn is_alpha_of(&self, other: &Self) -> bool {
        self.alpha_of == Some(other.id)
    }

    pub fn is_multiplied_by(&self, other: &Self) -> bool {
        self.multiplied_by == Some(other.id)
    }

    /// The bytes of its first sample.
    pub fn data(&self, file: &'a [u8]) -> Result<&'a [u8], PictureError> {
        let (start, length) = self.sample;
        let range = || {
            let start = usize::try_from(start).ok()?;
            Some(start..start.checked_add(usize::try_from(length).ok()?)?)
        };
        let data = range().and_then(|range| file.get(range));
        data.ok_or_else(truncated)
    }
}

/// A track's number, width and height.
fn header(mut fields: Fields) -> Option<(u32, (u32, u32))> {
    let (version, _) = fields.version()?;
    let time = if version == 0 { 4 } else { 8 };
    // When it was made and changed.
    fields.bytes(2 * time)?;
    let id = fields.long()?;
    // Its duration, and how it is shown.
    fields.bytes(4 + time + 52)?;
    // In 65536ths.
    Some((id, (fields.long()? >> 16, fields.long()? >> 16)))
}
