//! A file's items: where each is, what it is, what is said of it, and what it refers to
//! (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6 and 9).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::boxes::{Fields, Part, children, find};
use super::properties::Properties;
use crate::error::PictureError;
use crate::picture::decode::limits::{damaged, truncated};

/// An item, as far as it is described.
#[derive(Default)]
pub(in crate::picture::decode) struct Item<'a> {
    /// What it is: `av01`, `grid`, `Exif`.
    pub kind: &'a [u8],
    /// Of an item that is a file of its own, `mime`: its kind.
    pub content_type: &'a [u8],
    pub properties: Properties<'a>,
    /// Whether its places are in the box of data, and not in the file.
    is_in_box: bool,
    /// Where its parts are, and how long they are.
    places: Vec<(u64, u64)>,
}

/// Who refers to whom, and how.
struct Reference<'a> {
    kind: &'a [u8],
    from: u32,
    to: Vec<u32>,
}

pub(in crate::picture::decode) struct Meta<'a> {
    file: &'a [u8],
    data: &'a [u8],
    pub primary: Option<u32>,
    items: BTreeMap<u32, Item<'a>>,
    references: Vec<Reference<'a>>,
}

impl<'a> Meta<'a> {
    /// Of a file, the box with its items.
    pub fn read(file: &'a [u8], body: &'a [u8]) -> Result<Self, PictureError> {
        // Behind a version.
        let parts = children(body.get(4..).ok_or_else(truncated)?)?;
        let mut meta = Self {
            file,
            data: find(&parts, b"idat").unwrap_or_default(),
            primary: None,
            items: BTreeMap::new(),
            references: Vec::new(),
        };
        let wrong = |name: &str| damaged(&format!("its box `{name}` is wrong"));
        if let Some(body) = find(&parts, b"pitm") {
            meta.primary = Some(primary(Fields(body)).ok_or_else(|| wrong("pitm"))?);
        }
        if let Some(body) = find(&parts, b"iinf") {
            meta.read_kinds(body)?;
        }
        if let Some(body) = find(&parts, b"iloc") {
            meta.read_places(Fields(body))
                .ok_or_else(|| wrong("iloc"))?;
        }
        if let Some(body) = find(&parts, b"iprp") {
            meta.read_properties(body)?;
        }
        if let Some(body) = find(&parts, b"iref") {
            let (version, parts) = body.split_at_checked(4).ok_or_else(|| wrong("iref"))?;
            let size = if version[0] == 0 { 2 } else { 4 };
            for part in children(parts)? {
                let reference = reference(part, size).ok_or_else(|| wrong("iref"))?;
                meta.references.push(reference);
            }
        }
        Ok(meta)
    }

    fn read_kinds(&mut self, body: &'a [u8]) -> Result<(), PictureError> {
        let count_size = if body.first() == Some(&0) { 2 } else { 4 };
        let entries = body.get(4 + count_size..).unwrap_or_default();
        for part in children(entries)? {
            let mut fields = Fields(part.body);
            let mut entry = || {
                let (version, _) = fields.version()?;
                let id = fields.number(if version < 3 { 2 } else { 4 })? as u32;
                // Whether it is protected.
                fields.number(2)?;
                Some((id, fields.bytes(4)?))
            };
            let (id, kind) = entry().ok_or_else(|| damaged("its box `infe` is wrong"))?;
            let item = self.items.entry(id).or_default();
            item.kind = kind;
            // Behind its name.
            fields.text();
            item.content_type = fields.text();
        }
        Ok(())
    }

    fn read_places(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let (version, _) = fields.version()?;
        let sizes = fields.number(2)? as usize;
        let size = |nibble: usize| sizes >> (12 - nibble * 4) & 15;
        let (offset_size, length_size, base_size) = (size(0), size(1), size(2));
        let index_size = if version == 0 { 0 } else { size(3) };
        let is_size = |size: usize| matches!(size, 0 | 4 | 8);
        if version > 2 || ![0, 1, 2].iter().all(|n| is_size(size(*n))) || !is_size(index_size) {
            return None;
        }
        let id_size = if version < 2 { 2 } else { 4 };
        for _ in 0..fields.number(id_size)? {
            let id = fields.number(id_size)? as u32;
            let method = if version == 0 { 0 } else { fields.number(2)? };
            // Which file it is in.
            fields.number(2)?;
            let base = fields.number(base_size)?;
            let mut places = Vec::new();
            for _ in 0..fields.number(2)? {
                fields.number(index_size)?;
                let offset = base.checked_add(fields.number(offset_size)?)?;
                let length = fields.number(length_size)?;
                // So that what is kept is no longer than what is read.
                if length > 0 {
                    places.push((offset, length));
                }
            }
            let item = self.items.entry(id).or_default();
            if method > 1 || !item.places.is_empty() {
                return None;
            }
            item.is_in_box = method == 1;
            item.places = places;
        }
        Some(())
    }

    fn read_properties(&mut self, body: &'a [u8]) -> Result<(), PictureError> {
        let parts = children(body)?;
        let all = children(find(&parts, b"ipco").unwrap_or_default())?;
        for part in parts.iter().filter(|part| part.kind == b"ipma") {
            let associated = self.associate(Fields(part.body), &all);
            associated.ok_or_else(|| damaged("its box `ipma` is wrong"))?;
        }
        Ok(())
    }

    fn associate(&mut self, mut fields: Fields<'a>, all: &[Part<'a>]) -> Option<()> {
        let (version, flags) = fields.version()?;
        let size = if flags & 1 == 0 { 1 } else { 2 };
        for _ in 0..fields.number(4)? {
            let id = fields.number(if version == 0 { 2 } else { 4 })? as u32;
            let item = self.items.entry(id).or_default();
            for _ in 0..fields.number(1)? {
                let number = fields.number(size)?;
                let essential = 0x80 << ((size - 1) * 8);
                let index = (number & (essential - 1)) as usize;
                // The number 0 is none.
                if let Some(index) = index.checked_sub(1) {
                    let is_essential = number & essential != 0;
                    item.properties.push(*all.get(index)?, is_essential);
                }
            }
        }
        Some(())
    }

    pub fn item(&self, id: u32) -> Option<&Item<'a>> {
        self.items.get(&id)
    }

    /// The bytes of an item, joined where it is in parts.
    pub fn data(&self, item: &Item<'a>) -> Result<Cow<'a, [u8]>, PictureError> {
        let all = if item.is_in_box { self.data } else { self.file };
        let part = |&(offset, length): &(u64, u64)| {
            let (start, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
            all.get(start..start.checked_add(length)?)
        };
        let length = item.places.iter().map(|(_, length)| *length);
        let length = length.fold(0, u64::saturating_add);
        // One byte twice would make more of a file than there is.
        if length > all.len() as u64 {
            return Err(truncated());
        }
        match &item.places[..] {
            [] => Err(damaged("an item has no data")),
            [place] => Ok(Cow::Borrowed(part(place).ok_or_else(truncated)?)),
            places => {
                let parts: Option<Vec<_>> = places.iter().map(part).collect();
                Ok(Cow::Owned(parts.ok_or_else(truncated)?.concat()))
            }
        }
    }

    /// Whom an item refers to.
    pub fn referred(&self, kind: &[u8; 4], from: u32) -> &[u32] {
        let is_it = |reference: &&Reference| reference.kind == kind && reference.from == from;
        let found = self.references.iter().find(is_it);
        found.map_or(&[], |reference| &reference.to)
    }

    /// The items that refer to an item.
    pub fn referring(&self, kind: &[u8; 4], to: u32) -> impl Iterator<Item = (u32, &Item<'a>)> {
        let is_it =
            move |reference: &&Reference| reference.kind == kind && reference.to.contains(&to);
        let found = self.references.iter().filter(is_it);
        found.filter_map(|reference| Some((reference.from, self.item(reference.from)?)))
    }

    /// All items.
    pub fn items(&self) -> impl Iterator<Item = (u32, &Item<'a>)> {
        self.items.iter().map(|(id, item)| (*id, item))
    }
}

fn primary(mut fields: Fields) -> Option<u32> {
    let (version, _) = fields.version()?;
    Some(fields.number(if version == 0 { 2 } else { 4 })? as u32)
}

fn reference(part: Part<'_>, size: usize) -> Option<Reference<'_>> {
    let mut fields = Fields(part.body);
    let from = fields.number(size)? as u32;
    let count = fields.number(2)?;
    let to = (0..count).map(|_| Some(fields.number(size)? as u32));
    Some(Reference {
        kind: part.kind,
        from,
        to: to.collect::<Option<_>>()?,
    })
}
