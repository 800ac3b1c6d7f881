//! Lossless JPEG (ITU-T T.81, annex H): predictors and Huffman codes, as libjpeg-turbo decodes it, to
//! the bit. libjpeg's usual build refuses it.

mod codes;
mod frame;

use super::inks::rgb_of_inks;
use super::layout::{marker, segment};
use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::decode::limits::{Limits, check_pixels, damaged, truncated};
use crate::picture::decode::memory_budget::MemoryBudget;
use crate::picture::decode::unsupported::unsupported_kind;
use codes::{Bits, Codes, Table};
use frame::{Component, Frame};

/// What the segments before a scan have set.
#[derive(Default)]
struct State {
    frame: Option<(Frame, MemoryBudget)>,
    codes: [Option<Codes>; 4],
    /// How many groups of samples lie between two restart markers; 0 for no such markers.
    interval: usize,
    is_jfif: bool,
    /// The number by which Adobe names the transform of colours.
    adobe: Option<u8>,
}

pub(super) fn decode(bytes: &[u8], limits: Limits) -> Result<Picture, PictureError> {
    let check = |frame: &Frame| check_pixels(frame.width as u64, frame.height as u64, limits);
    let (state, frame, _budget) = read(bytes, &check)?;
    let pixels = state.pixels(&frame)?;
    Ok(Picture::new(
        frame.width,
        frame.height,
        pixels.into_flattened(),
    ))
}

/// A strip or tile of a TIFF: how many samples a pixel has, and all of them as they are stored.
pub(super) fn strip(
    bytes: &[u8],
    (width, rows): (usize, usize),
) -> Result<(usize, Vec<u8>), PictureError> {
    let check = |frame: &Frame| match (frame.width, frame.height, frame.bits) {
        (_, _, bits) if bits != 8 => {
            let kind = format!("a TIFF with lossless JPEG of {bits} bits");
            Err(unsupported_kind(&kind))
        }
        (of_width, height, _) if of_width == width && height >= rows => Ok(()),
        _ => Err(damaged("a part of it has another size")),
    };
    let (_, frame, _budget) = read(bytes, &check)?;
    let count = frame.components.len();
    let mut samples = match count {
        1 => frame.rows(|sample: [u8; 1]| sample).into_flattened(),
        3 => frame.rows(|samples: [u8; 3]| samples).into_flattened(),
        4 => frame.rows(|samples: [u8; 4]| samples).into_flattened(),
        _ => {
            let kind = format!("a TIFF with lossless JPEG of {count} components");
            return Err(unsupported_kind(&kind));
        }
    };
    samples.truncate(width * rows * count);
    Ok((count, samples))
}

/// All that is said and coded, if `check` has nothing against the frame.
fn read(
    bytes: &[u8],
    check: &dyn Fn(&Frame) -> Result<(), PictureError>,
) -> Result<(State, Frame, MemoryBudget), PictureError> {
    let mut state = State::default();
    let mut at = 2;
    while let Some((code, start)) = marker(bytes, at) {
        at = start;
        if matches!(code, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let Some(segment) = segment(bytes, start).filter(|_| code != 0xd9) else {
            break;
        };
        at += 2 + segment.len();
        match code {
            0xc3 => {
                let frame = Frame::read(segment)?;
                check(&frame)?;
                // A code takes at least a bit.
                let samples: usize = frame.components.iter().map(Component::samples).sum();
                if samples > bytes.len() * 8 {
                    return Err(truncated());
                }
                // None is held while more is waited for.
                state.frame = None;
                let pixels = frame.width * frame.height * 3;
                let budget = MemoryBudget::take((samples * 2 + pixels) as u64);
                state.frame = Some((frame, budget));
            }
            0xc4 => read_codes(segment, &mut state.codes)?,
            0xdd => {
                let interval = segment.try_into().map_err(|_| truncated())?;
                state.interval = u16::from_be_bytes(interval).into();
            }
            0xe0 => state.is_jfif |= segment.starts_with(b"JFIF\0") && segment.len() >= 14,
            0xee if segment.starts_with(b"Adobe") => {
                state.adobe = segment.get(11).copied().or(state.adobe);
            }
            0xda => {
                at += state.scan(segment, &bytes[at..])?;
                if let Some((frame, budget)) = state.frame.take_if(|(frame, _)| frame.is_complete())
                {
                    return Ok((state, frame, budget));
                }
            }
            _ => {}
        }
    }
    Err(truncated())
}

/// The codes of a segment, into their places.
fn read_codes(mut segment: &[u8], places: &mut [Option<Codes>; 4]) -> Result<(), PictureError> {
    while let [place, rest @ ..] = segment {
        let (codes, rest) = Codes::read(rest)?;
        // Others belong to codings that are no lossless one.
        if let Some(to) = places.get_mut(usize::from(*place)) {
            *to = Some(codes);
        }
        segment = rest;
    }
    Ok(())
}

impl State {
    /// Decodes a scan, and says how long its codes are.
    fn scan(&mut self, header: &[u8], coded: &[u8]) -> Result<usize, PictureError> {
        let wrong = || damaged("the header of a scan is wrong");
        let (frame, _) = self.frame.as_mut().ok_or_else(wrong)?;
        let &[count @ 1..=4, ref rest @ ..] = header else {
            return Err(wrong());
        };
        let (members, rest) = rest
            .split_at_checked(usize::from(count) * 2)
            .ok_or_else(wrong)?;
        let &[predictor @ 1..=7, 0, shift, ..] = rest else {
            return Err(wrong());
        };
        if u32::from(shift) >= frame.bits {
            return Err(wrong());
        }
        let mut found: Vec<(usize, Table)> = Vec::new();
        for [id, table] in members.as_chunks::<2>().0 {
            let is_it = |component: &Component| component.id == *id;
            let index = frame.components.iter().position(is_it).ok_or_else(wrong)?;
            let codes = self.codes.get(usize::from(table >> 4));
            let codes = codes.and_then(Option::as_ref).ok_or_else(wrong)?;
            if found.iter().any(|(other, _)| *other == index) {
                return Err(wrong());
            }
            found.push((index, Table::new(codes)?));
        }
        let mut bits = Bits::new(coded);
        frame.scan(&found, &mut bits, predictor, shift.into(), self.interval)?;
        Ok(coded.len() - bits.rest().len())
    }

    /// Colours are not converted, as lossless as they are: libjpeg-turbo takes three components for
    /// RGB unless something says YCbCr, and refuses that (src/jdapimin.c, default_decompress_parms).
    fn pixels(&self, frame: &Frame) -> Result<Vec<[u8; 3]>, PictureError> {
        let is_stored = match self.adobe {
            Some(transform) => transform == 0,
            None => true,
        };
        match frame.components.len() {
            1 => Ok(frame.rows(|[grey]: [u8; 1]| [grey; 3])),
            3 if is_stored && !self.is_jfif => Ok(frame.rows(|rgb: [u8; 3]| rgb)),
            4 if is_stored => Ok(frame.rows(rgb_of_inks)),
            3 | 4 => Err(unsupported_kind("lossless JPEG in YCbCr")),
            count => {
                let kind = format!("lossless JPEG of {count} components");
                Err(unsupported_kind(&kind))
            }
        }
    }
}
