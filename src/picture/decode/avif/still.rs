//! A picture that is an item, or a grid of items.

use super::canvas::Canvas;
use super::frame::{Frame, Wanted};
use crate::error::PictureError;
use crate::picture::decode::isobmff::boxes::Fields;
use crate::picture::decode::isobmff::grid::Grid;
use crate::picture::decode::isobmff::meta::{Item, Meta};
use crate::picture::decode::limits::damaged;
use crate::picture::decode::unsupported::{avif, heic};

/// The smallest side of a tile (ISO/IEC 23000-22, 7.3.11.4.2).
const SMALLEST_TILE: u32 = 64;

/// What an item is made up of, before any of it is decoded.
pub(super) struct Still {
    pub id: u32,
    /// Width and height.
    pub size: (u32, u32),
    grid: Option<Grid>,
    /// The items with its frames.
    pub tiles: Vec<u32>,
    /// Width and height of each of these.
    tile: (u32, u32),
}

impl Still {
    /// # Errors
    /// If it isn't a picture that can be decoded.
    pub fn find(meta: &Meta, id: u32) -> Result<Self, PictureError> {
        let item = picture(meta, id)?;
        let size = size(item)?;
        if item.kind == b"av01" {
            return Ok(Self {
                id,
                size,
                grid: None,
                tiles: vec![id],
                tile: size,
            });
        }
        let grid = Grid::read(Fields(&meta.data(item)?));
        let grid = grid.filter(|grid| grid.size == size);
        let grid = grid.ok_or_else(|| damaged("its grid is wrong"))?;
        let (tiles, first) = grid.tiles(meta, id)?;
        let tile = self::size(picture(meta, first)?)?;
        if !grid.is_covered_by(tile) || tile.0.min(tile.1) < SMALLEST_TILE {
            return Err(damaged("its tiles don't make up the picture"));
        }
        Ok(Self {
            id,
            size,
            grid: Some(grid),
            tiles,
            tile,
        })
    }

    /// Width and height of all tiles, of which more may be decoded than is shown.
    pub fn covered(&self) -> (u64, u64) {
        let (columns, rows) = self.grid.map_or((1, 1), |grid| (grid.columns, grid.rows));
        let along = |tile: u32, count: u32| u64::from(tile) * u64::from(count);
        (along(self.tile.0, columns), along(self.tile.1, rows))
    }

    /// Decodes it.
    pub fn canvas(&self, meta: &Meta) -> Result<Canvas, PictureError> {
        self.canvas_of(&self.tiles, meta)
    }

    /// Decodes other tiles as its own.
    pub fn canvas_of(&self, tiles: &[u32], meta: &Meta) -> Result<Canvas, PictureError> {
        let frames = tiles.iter().map(|id| {
            let item = picture(meta, *id)?;
            if item.kind != b"av01" || size(item)? != self.tile || !item.properties.is_configured()
            {
                return Err(damaged(
                    "one of its tiles is no picture, or of another size",
                ));
            }
            let wanted = Wanted {
                operating_point: item.properties.operating_point(),
                layer: item.properties.layer(),
            };
            frame(meta.data(item)?.into_owned(), wanted, self.tile)
        });
        let mut frames = frames.collect::<Result<Vec<_>, _>>()?;
        match self.grid {
            Some(grid) => Canvas::grid(grid, frames),
            None => Ok(Canvas::one(frames.remove(0))),
        }
    }
}

/// A frame that has to be of this size.
pub(super) fn frame(
    data: Vec<u8>,
    wanted: Wanted,
    size: (u32, u32),
) -> Result<Frame, PictureError> {
    let most = u64::from(size.0) * u64::from(size.1);
    let frame = Frame::decode(data, wanted, most)?;
    match frame.size() == size {
        true => Ok(frame),
        false => Err(damaged("its frame has another size than it says")),
    }
}

/// An item that is a picture of AV1, or a grid.
fn picture<'a, 'm>(meta: &'m Meta<'a>, id: u32) -> Result<&'m Item<'a>, PictureError> {
    let item = meta.item(id);
    let item = item.ok_or_else(|| damaged("one of its items is missing"))?;
    if let Some(name) = item.properties.unknown() {
        return Err(avif(&format!("AVIF with the property `{name}`")));
    }
    match item.kind {
        b"av01" | b"grid" => Ok(item),
        b"hvc1" | b"hev1" => Err(heic()),
        b"" => Err(damaged("one of its items is missing")),
        kind => {
            let kind = format!("AVIF of the kind `{}`", kind.escape_ascii());
            Err(avif(&kind))
        }
    }
}

fn size(item: &Item) -> Result<(u32, u32), PictureError> {
    let size = item.properties.size();
    size.ok_or_else(|| damaged("it does not say its size"))
}
