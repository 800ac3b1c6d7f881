//! Which of a file's items is shown, and what it is made up of.

use super::frame::Frame;
use super::transform::Transform;
use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::decode::isobmff::boxes::Fields;
use crate::picture::decode::isobmff::colour::Colour;
use crate::picture::decode::isobmff::grid::Grid;
use crate::picture::decode::isobmff::meta::{Item, Meta};
use crate::picture::decode::limits::damaged;
use crate::picture::decode::unsupported::heic_kind;

/// Items that are others, unchanged but for crops and turns, at most.
const MOST_NAMES: usize = 8;

/// What an item is made up of, before any of it is decoded.
pub(super) struct Still {
    grid: Grid,
    /// The items with its frames, row by row.
    tiles: Vec<u32>,
    /// Width and height of each of these.
    pub tile: (u32, u32),
    /// What the file says of the colours of all, and not each frame of its own.
    colour: Option<Colour>,
    /// What is done to it, in this order.
    pub transforms: Vec<Transform>,
}

impl Still {
    /// # Errors
    /// If it isn't a picture that can be decoded.
    pub fn find(meta: &Meta, primary: u32) -> Result<Self, PictureError> {
        let mut id = primary;
        let mut transforms = Vec::new();
        for _ in 0..MOST_NAMES {
            let item = picture(meta, id)?;
            // What is done to the source comes first.
            transforms.splice(0..0, Transform::of(&item.properties)?);
            if item.kind != b"iden" {
                return Self::of(meta, id, item, transforms);
            }
            let source = meta.referred(b"dimg", id).first();
            id = *source.ok_or_else(|| damaged("one of its items is missing"))?;
        }
        Err(damaged("its items refer to each other"))
    }

    fn of(
        meta: &Meta,
        id: u32,
        item: &Item,
        transforms: Vec<Transform>,
    ) -> Result<Self, PictureError> {
        let size = size(item)?;
        let colour = item.properties.colour();
        if item.kind != b"grid" {
            let grid = Grid {
                rows: 1,
                columns: 1,
                size,
            };
            return Ok(Self {
                grid,
                tiles: vec![id],
                tile: size,
                colour,
                transforms,
            });
        }
        let grid = Grid::read(Fields(&meta.data(item)?));
        let grid = grid.ok_or_else(|| damaged("its grid is wrong"))?;
        let (tiles, first) = grid.tiles(meta, id)?;
        let tile = self::size(coded(meta, first)?)?;
        if !grid.is_covered_by(tile) {
            return Err(damaged("its tiles don't make up the picture"));
        }
        Ok(Self {
            grid,
            tiles,
            tile,
            colour,
            transforms,
        })
    }

    /// Width and height as it is stored.
    pub fn size(&self) -> (u32, u32) {
        self.grid.size
    }

    /// Width and height of all tiles, of which more may be decoded than is shown.
    pub fn covered(&self) -> (u64, u64) {
        let along = |tile: u32, count: u32| u64::from(tile) * u64::from(count);
        (
            along(self.tile.0, self.grid.columns),
            along(self.tile.1, self.grid.rows),
        )
    }

    /// Decodes it as it is stored. Chroma has no neighbours, so that each tile is done by itself.
    pub fn picture(&self, meta: &Meta) -> Result<Picture, PictureError> {
        let (width, height) = self.size();
        let (width, height) = (width as usize, height as usize);
        let (tile_width, tile_height) = (self.tile.0 as usize, self.tile.1 as usize);
        let mut pixels = vec![[0; 3]; width * height];
        let bands = pixels.chunks_mut(tile_height * width);
        for (band, tiles) in bands.zip(self.tiles.chunks(self.grid.columns as usize)) {
            for (column, id) in tiles.iter().enumerate() {
                let item = coded(meta, *id)?;
                let frame = Frame::decode(item, meta, self.tile)?;
                let colour = self.colour.or_else(|| item.properties.colour());
                let rows = band.chunks_exact_mut(width);
                frame.rgb(colour, rows.map(|row| &mut row[column * tile_width..]))?;
            }
        }
        Ok(Picture::new(width, height, pixels.into_flattened()))
    }
}

/// An item that is a picture of a kind that is decoded, or made up of such.
fn picture<'a, 'm>(meta: &'m Meta<'a>, id: u32) -> Result<&'m Item<'a>, PictureError> {
    let item = meta.item(id);
    let item = item.ok_or_else(|| damaged("one of its items is missing"))?;
    if let Some(name) = item.properties.unknown() {
        return Err(heic_kind(&format!("HEIC with the property `{name}`")));
    }
    match item.kind {
        b"hvc1" | b"hev1" | b"grid" | b"iden" => Ok(item),
        b"" => Err(damaged("one of its items is missing")),
        kind => {
            let kind = format!("HEIC of the kind `{}`", kind.escape_ascii());
            Err(heic_kind(&kind))
        }
    }
}

/// An item that is a frame.
fn coded<'a, 'm>(meta: &'m Meta<'a>, id: u32) -> Result<&'m Item<'a>, PictureError> {
    let item = picture(meta, id)?;
    match item.kind {
        b"hvc1" | b"hev1" => Ok(item),
        _ => Err(heic_kind("HEIC with tiles of tiles")),
    }
}

fn size(item: &Item) -> Result<(u32, u32), PictureError> {
    let size = item.properties.size();
    size.ok_or_else(|| damaged("it does not say its size"))
}
