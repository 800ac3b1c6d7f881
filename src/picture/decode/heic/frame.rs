//! A frame of HEVC, by `heic-decoder`.

use heic_decoder::bitreader::strip_emulation_prevention;
use heic_decoder::hevc::nal::{NAL_SPS, parse_nal_header};
use heic_decoder::hevc::params::{Sps, parse_sps};
use heic_decoder::isobmff::{HevcDecoderConfig, HevcNalArray, ResolvedImage};
use heic_decoder::{HeifError, decode_one_image};

use super::colour::Conversion;
use crate::error::{ErrorKind, PictureError};
use crate::picture::decode::isobmff::boxes::Fields;
use crate::picture::decode::isobmff::colour::Colour;
use crate::picture::decode::isobmff::meta::{Item, Meta};
use crate::picture::decode::limits::{damaged, truncated};
use crate::picture::decode::unsupported::heic_kind;

/// By how much a side that is coded may exceed the one that is shown: a coding block.
const MOST_MARGIN: u32 = 64;

/// Two planes of chroma may be smaller, or missing.
pub(super) struct Frame {
    width: usize,
    luma: Vec<i32>,
    chroma: Option<Chroma>,
    /// What is cut off from the beginning of each row, and of the first rows.
    left: usize,
    top: usize,
    depth: u32,
    /// What HEVC says of its colours.
    colour: Colour,
    size: (usize, usize),
}

struct Chroma {
    planes: [Vec<i32>; 2],
    width: usize,
    /// By how many bits columns and rows are fewer.
    shifts: (u32, u32),
}

impl Frame {
    /// Decodes an item's frame, which has to be of this size.
    pub fn decode(item: &Item, meta: &Meta, size: (u32, u32)) -> Result<Self, PictureError> {
        let wrong = || damaged("its box `hvcC` is wrong");
        let fields = item.properties.in_order().find(|part| part.kind == b"hvcC");
        let fields = Fields(fields.ok_or_else(wrong)?.body);
        let hevc_config = configuration(fields).ok_or_else(wrong)?;
        let sps = parameters(&hevc_config)?;
        // Before they take memory.
        check_size(&sps, size)?;
        let (luma_depth, chroma_depth) = (sps.bit_depth_luma, sps.bit_depth_chroma);
        if sps.chroma_format_idc != 0 && luma_depth != chroma_depth {
            return Err(heic_kind("HEIC with two depths"));
        }
        let image = ResolvedImage {
            hevc_config,
            data: meta.data(item)?.into_owned(),
        };
        let (sps, picture) = decode_one_image(&image).map_err(failed)?;
        let [left, _, top, _] = sps.conformance_window;
        let colour = sps.color_info.map_or(UNSAID, |said| Colour {
            primaries: said.color_primaries.into(),
            matrix: said.matrix_coefficients.into(),
            is_full_range: said.full_range,
        });
        let shifts = (
            sps.sub_width_c().trailing_zeros(),
            sps.sub_height_c().trailing_zeros(),
        );
        Ok(Self {
            width: picture.y.width,
            luma: picture.y.into_samples(),
            chroma: (sps.chroma_format_idc != 0).then(|| Chroma {
                width: picture.cb.width,
                planes: [picture.cb.into_samples(), picture.cr.into_samples()],
                shifts,
            }),
            left: left as usize,
            top: top as usize,
            depth: sps.bit_depth_luma,
            colour,
            size: (size.0 as usize, size.1 as usize),
        })
    }

    /// Puts its colours into rows, which may be fewer and shorter. `colour` is what the file says.
    pub fn rgb<'r>(
        &self,
        colour: Option<Colour>,
        rows: impl Iterator<Item = &'r mut [[u8; 3]]>,
    ) -> Result<(), PictureError> {
        let conversion = match &self.chroma {
            Some(chroma) => {
                let colour = colour.unwrap_or(self.colour);
                Some((
                    chroma,
                    Conversion::of(colour, self.depth, chroma.shifts == (1, 1))?,
                ))
            }
            None => None,
        };
        for (y, to) in rows.take(self.size.1).enumerate() {
            let y = self.top + y;
            let luma = &self.luma[y * self.width + self.left..][..self.size.0];
            let Some((chroma, conversion)) = &conversion else {
                to.iter_mut().zip(luma).for_each(|(to, luma)| {
                    *to = [(*luma >> (self.depth - 8)) as u8; 3];
                });
                continue;
            };
            let (across, down) = chroma.shifts;
            let start = (y >> down) * chroma.width;
            let [cb, cr] = [0, 1].map(|n: usize| &chroma.planes[n][start..][..chroma.width]);
            for (x, (to, luma)) in to.iter_mut().zip(luma).enumerate() {
                let x = (self.left + x) >> across;
                *to = conversion.rgb(*luma, cb[x], cr[x]);
            }
        }
        Ok(())
    }
}

/// Where nothing is said (ITU-T H.265, E.3.1), which libheif reads as BT.601.
const UNSAID: Colour = Colour {
    primaries: 2,
    matrix: 2,
    is_full_range: false,
};

/// How HEVC is set up (ISO/IEC 14496-15, 8.3.3.1).
fn configuration(mut fields: Fields) -> Option<HevcDecoderConfig> {
    // Profile, level and kind, which the parameters say once more.
    fields.bytes(21)?;
    let length_size_minus_one = fields.number(1)? as u8 & 3;
    let mut arrays = Vec::new();
    for _ in 0..fields.number(1)? {
        let nal_unit_type = fields.number(1)? as u8 & 0x3f;
        let mut nalus = Vec::new();
        for _ in 0..fields.number(2)? {
            let length = fields.number(2)?;
            nalus.push(fields.bytes(length as usize)?.to_vec());
        }
        arrays.push(HevcNalArray {
            nal_unit_type,
            nalus,
        });
    }
    Some(HevcDecoderConfig {
        length_size_minus_one,
        arrays,
        ..HevcDecoderConfig::default()
    })
}

/// The parameters of the sequence that a frame is.
fn parameters(configuration: &HevcDecoderConfig) -> Result<Sps, PictureError> {
    for unit in configuration.nalus_of_type(NAL_SPS) {
        let (header, payload) = parse_nal_header(unit).map_err(failed)?;
        if header.nal_unit_type == NAL_SPS && header.nuh_layer_id == 0 {
            return parse_sps(&strip_emulation_prevention(payload)).map_err(failed);
        }
    }
    Err(damaged("its HEVC has no parameters"))
}

fn check_size(sps: &Sps, size: (u32, u32)) -> Result<(), PictureError> {
    let [left, right, top, bottom] = sps.conformance_window;
    let sides = [
        (sps.pic_width_in_luma_samples, left, right, size.0),
        (sps.pic_height_in_luma_samples, top, bottom, size.1),
    ];
    let is_right = |(coded, before, behind, shown): (u32, u32, u32, u32)| {
        let rest = coded.checked_sub(before)?.checked_sub(behind)?;
        Some(rest == shown && coded - shown <= MOST_MARGIN)
    };
    match sides.into_iter().all(|side| is_right(side) == Some(true)) {
        true => Ok(()),
        false => Err(damaged("its frame has another size than it says")),
    }
}

fn failed(error: HeifError) -> PictureError {
    match error {
        HeifError::Unsupported(_) => heic_kind("this kind of HEVC in HEIC"),
        HeifError::Truncated { .. } => truncated(),
        HeifError::LimitExceeded(what) => PictureError::new(
            ErrorKind::Limit,
            format!("the picture is too large ({what})"),
        ),
        error => damaged(&error.to_string()),
    }
}
