//! Pictures of tiles (ISO/IEC 23008-12, 6.6.2.3).

use super::boxes::Fields;
use super::meta::Meta;
use crate::error::PictureError;
use crate::picture::decode::limits::damaged;

/// How a grid is laid out.
#[derive(Clone, Copy)]
pub(in crate::picture::decode) struct Grid {
    pub rows: u32,
    pub columns: u32,
    /// Width and height.
    pub size: (u32, u32),
}

impl Grid {
    pub fn read(mut fields: Fields) -> Option<Self> {
        let (version, flags) = (fields.number(1)?, fields.number(1)?);
        let (rows, columns) = (fields.number(1)?, fields.number(1)?);
        let side = if flags & 1 == 0 { 2 } else { 4 };
        let size = (fields.number(side)? as u32, fields.number(side)? as u32);
        (version == 0).then_some(Self {
            rows: rows as u32 + 1,
            columns: columns as u32 + 1,
            size,
        })
    }

    /// The items that are the tiles of item `id`, row by row, and the first of them.
    ///
    /// # Errors
    /// If there are more or fewer.
    pub fn tiles(&self, meta: &Meta, id: u32) -> Result<(Vec<u32>, u32), PictureError> {
        let tiles = meta.referred(b"dimg", id);
        match tiles.first() {
            Some(first) if tiles.len() as u64 == u64::from(self.rows) * u64::from(self.columns) => {
                Ok((tiles.to_vec(), *first))
            }
            _ => Err(damaged("it has another number of tiles than it says")),
        }
    }

    /// Whether tiles of this size cover the picture, each a part of it.
    pub fn is_covered_by(&self, (width, height): (u32, u32)) -> bool {
        let covers = |tile: u32, count: u32, whole: u32| {
            let (tile, count) = (u64::from(tile), u64::from(count));
            tile * count >= whole.into() && tile * (count - 1) < whole.into()
        };
        covers(width, self.columns, self.size.0) && covers(height, self.rows, self.size.1)
    }
}
