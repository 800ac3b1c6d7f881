//! Which of a file's pictures is shown: its primary item, or an animation's first frame.

use image::metadata::Orientation;

use super::canvas::Canvas;
use super::frame::Wanted;
use super::still::{Still, frame};
use super::track::Track;
use crate::error::PictureError;
use crate::picture::decode::exif;
use crate::picture::decode::isobmff::boxes::in_file;
use crate::picture::decode::isobmff::colour::Colour;
use crate::picture::decode::isobmff::meta::{Item, Meta};
use crate::picture::decode::limits::damaged;

/// What XMP is called.
const XMP: &[u8] = b"application/rdf+xml";

pub(super) enum Source<'a> {
    Item {
        meta: Meta<'a>,
        still: Still,
        alpha: Option<Alpha>,
    },
    Track {
        file: &'a [u8],
        track: Box<Track<'a>>,
        alpha: Option<Box<Track<'a>>>,
    },
}

/// The alpha of an item: one for all of it, or one for each tile.
pub(super) enum Alpha {
    Whole(Still),
    Tiles(Vec<u32>),
}

impl<'a> Source<'a> {
    /// The source that libavif takes (src/read.c, avifDecoderReset): the major brand says which, and
    /// where it says nothing an animation comes first.
    ///
    /// # Errors
    /// If there is no picture.
    pub fn find(file: &'a [u8]) -> Result<Self, PictureError> {
        if file.get(8..12) != Some(b"avif")
            && let Some(film) = in_file(file, b"moov")?
            && let Some(source) = Self::track(file, film)?
        {
            return Ok(source);
        }
        let meta = in_file(file, b"meta")?;
        let meta = Meta::read(
            file,
            meta.ok_or_else(|| damaged("the file has no list of what is in it"))?,
        )?;
        let primary = meta.primary;
        let primary =
            primary.ok_or_else(|| damaged("it does not say which of its items is the picture"))?;
        let still = Still::find(&meta, primary)?;
        let alpha = alpha(&meta, &still)?;
        Ok(Self::Item { meta, still, alpha })
    }

    fn track(file: &'a [u8], film: &'a [u8]) -> Result<Option<Self>, PictureError> {
        let mut tracks = Track::all(film)?;
        let Some(first) = tracks.iter().position(|track| !track.is_auxiliary()) else {
            return Ok(None);
        };
        let track = tracks.swap_remove(first);
        let mut others = tracks.into_iter();
        let alpha = others.find(|other| other.is_alpha_of(&track));
        if let Some(alpha) = &alpha {
            alpha.data(file)?;
        }
        Ok(Some(Self::Track {
            file,
            track: Box::new(track),
            alpha: alpha.map(Box::new),
        }))
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Item { still, .. } => still.size,
            Self::Track { track, .. } => track.size,
        }
    }

    /// Width and height of all that is decoded, of the colours or, where that is more and it is
    /// `with_alpha`, of their alpha.
    pub fn covered(&self, with_alpha: bool) -> (u64, u64) {
        match self {
            Self::Item {
                still,
                alpha: Some(Alpha::Whole(alpha)),
                ..
            } if with_alpha => {
                let both = [still.covered(), alpha.covered()];
                let [colours, alpha] = both.map(|(across, down)| across.saturating_mul(down));
                both[usize::from(alpha > colours)]
            }
            Self::Item { still, .. } => still.covered(),
            Self::Track { track, .. } => (track.size.0.into(), track.size.1.into()),
        }
    }

    pub fn canvas(&self) -> Result<Canvas, PictureError> {
        match self {
            Self::Item { meta, still, .. } => still.canvas(meta),
            Self::Track { file, track, .. } => first_of(track, file),
        }
    }

    /// What the file says of the colours, and not AV1.
    pub fn colour(&self) -> Option<Colour> {
        match self {
            Self::Item { meta, still, .. } => meta.item(still.id)?.properties.colour(),
            Self::Track { track, .. } => track.properties.colour(),
        }
    }

    pub fn has_alpha(&self) -> bool {
        match self {
            Self::Item { alpha, .. } => alpha.is_some(),
            Self::Track { alpha, .. } => alpha.is_some(),
        }
    }

    /// Whether the colours are multiplied by their alpha.
    pub fn is_multiplied(&self) -> bool {
        match self {
            Self::Item {
                meta,
                still,
                alpha: Some(Alpha::Whole(alpha)),
            } => meta.referred(b"prem", still.id).contains(&alpha.id),
            Self::Track {
                track,
                alpha: Some(alpha),
                ..
            } => track.is_multiplied_by(alpha),
            _ => false,
        }
    }

    /// The alpha, where there is one.
    pub fn opacity(&self) -> Result<Option<Canvas>, PictureError> {
        let canvas = match self {
            Self::Item { alpha: None, .. } | Self::Track { alpha: None, .. } => return Ok(None),
            Self::Item {
                meta,
                still,
                alpha: Some(alpha),
            } => match alpha {
                Alpha::Whole(alpha) => alpha.canvas(meta)?,
                Alpha::Tiles(tiles) => still.canvas_of(tiles, meta)?,
            },
            Self::Track {
                file,
                track,
                alpha: Some(alpha),
            } if alpha.size == track.size => first_of(alpha, file)?,
            Self::Track { .. } => return Err(damaged("its alpha has another size")),
        };
        let (width, height) = self.size();
        match (canvas.width, canvas.height) == (width as usize, height as usize) {
            true => Ok(Some(canvas)),
            false => Err(damaged("its alpha has another size")),
        }
    }

    /// The turn that the file says, or else XMP's, as Pillow asks for them: libavif's takes the
    /// place of EXIF's, also if it is none.
    ///
    /// # Errors
    /// If a part that might say it isn't whole.
    pub fn orientation(&self) -> Result<Orientation, PictureError> {
        let of_track;
        let (turn, meta, described) = match self {
            Self::Item { meta, still, .. } => {
                let item = meta.item(still.id);
                (
                    item.map(|item| item.properties.orientation()),
                    Some(meta),
                    Some(still.id),
                )
            }
            Self::Track { file, track, .. } => {
                let meta = track.meta.map(|body| Meta::read(file, body));
                of_track = meta.transpose()?;
                let turn = track.properties.orientation();
                (Some(turn), of_track.as_ref(), None)
            }
        };
        match (turn, meta) {
            (Some(Orientation::NoTransforms) | None, Some(meta)) => by_xmp(meta, described),
            (turn, _) => Ok(turn.unwrap_or(Orientation::NoTransforms)),
        }
    }
}

/// The orientation in the XMP that describes an item, if no EXIF block has one.
fn by_xmp(meta: &Meta, described: Option<u32>) -> Result<Orientation, PictureError> {
    let describes = |id: u32| described.is_none_or(|to| meta.referred(b"cdsc", id).contains(&to));
    let data = |is_it: &dyn Fn(&Item) -> bool| {
        let mut items = meta.items();
        let found = items.find(|(id, item)| is_it(item) && describes(*id));
        found.map(|(_, item)| meta.data(item)).transpose()
    };
    let block = data(&|item| item.kind == b"Exif")?;
    // Behind the place of its beginning.
    if block.is_some_and(|block| exif::code(block.get(4..).unwrap_or_default()).is_some()) {
        return Ok(Orientation::NoTransforms);
    }
    let xmp = data(&|item| item.kind == b"mime" && item.content_type == XMP)?;
    Ok(exif::orientation(None, xmp.as_deref()))
}

fn first_of(track: &Track, file: &[u8]) -> Result<Canvas, PictureError> {
    let data = track.data(file)?.to_vec();
    Ok(Canvas::one(frame(data, Wanted::default(), track.size)?))
}

/// The alpha of a picture. It is dropped mostly, and has to be there.
fn alpha(meta: &Meta, still: &Still) -> Result<Option<Alpha>, PictureError> {
    let of = |id: u32| {
        let mut items = meta.referring(b"auxl", id);
        items.find(|(_, item)| {
            let is_picture = matches!(item.kind, b"av01" | b"grid");
            is_picture && item.properties.is_alpha() && item.properties.unknown().is_none()
        })
    };
    if let Some((id, item)) = of(still.id) {
        meta.data(item)?;
        let alpha = Still::find(meta, id)?;
        return match alpha.size == still.size {
            true => Ok(Some(Alpha::Whole(alpha))),
            false => Err(damaged("its alpha has another size")),
        };
    }
    let of_tiles = still.tiles.iter().map(|tile| Some(of(*tile)?.0));
    Ok(of_tiles.collect::<Option<_>>().map(Alpha::Tiles))
}
