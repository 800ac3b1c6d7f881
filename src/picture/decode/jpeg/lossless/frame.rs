//! The samples of a frame, each of which is predicted from its neighbours (ITU-T T.81, H.1.2).

use super::codes::{Bits, Table};
use crate::error::PictureError;
use crate::picture::decode::limits::damaged;
use crate::picture::decode::unsupported::unsupported_kind;

pub(super) struct Frame {
    /// Of a sample.
    pub bits: u32,
    pub width: usize,
    pub height: usize,
    pub components: Vec<Component>,
    /// The most samples of a component in a group.
    across: usize,
    down: usize,
}

pub(super) struct Component {
    pub id: u8,
    /// Its samples in a group.
    across: usize,
    down: usize,
    width: usize,
    height: usize,
    /// Row by row; none before its scan is decoded.
    values: Vec<u16>,
    /// By how many bits they were shifted to the right.
    shift: u32,
}

impl Component {
    pub fn samples(&self) -> usize {
        self.width * self.height
    }

    /// Puts the next row in its place. What is predicted for the first sample of the first row is
    /// `middle`; the first row goes by what is on the left, and other rows begin with what is above.
    fn push(&mut self, differences: &[u16], predictor: u8, middle: Option<u16>) {
        let start = self.values.len();
        self.values.extend(&differences[..self.width]);
        let (before, row) = self.values.split_at_mut(start);
        let (above, predictor) = match middle {
            Some(_) => (&[][..], 1),
            None => (&before[start - self.width..], predictor),
        };
        let mut left = middle.unwrap_or_else(|| above[0]);
        row[0] = row[0].wrapping_add(left);
        left = row[0];
        for x in 1..row.len() {
            let predicted = match predictor {
                1 => left,
                2 => above[x],
                3 => above[x - 1],
                _ => mixed(predictor, left, above[x], above[x - 1]),
            };
            row[x] = row[x].wrapping_add(predicted);
            left = row[x];
        }
    }
}

/// The predictors of two or three neighbours.
fn mixed(predictor: u8, left: u16, above: u16, corner: u16) -> u16 {
    let [left, above, corner] = [left, above, corner].map(i32::from);
    let predicted = match predictor {
        4 => left + above - corner,
        5 => left + ((above - corner) >> 1),
        6 => above + ((left - corner) >> 1),
        _ => (left + above) >> 1,
    };
    predicted as u16
}

impl Frame {
    pub fn read(segment: &[u8]) -> Result<Self, PictureError> {
        let wrong = || damaged("the header of its frame is wrong");
        let &[bits @ 2..=16, h1, h0, w1, w0, count, ref rest @ ..] = segment else {
            return Err(wrong());
        };
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        let height = usize::from(u16::from_be_bytes([h1, h0]));
        let (described, []) = rest.as_chunks::<3>() else {
            return Err(wrong());
        };
        let factors = |factors: u8| (usize::from(factors >> 4), usize::from(factors & 15));
        let all = described.iter().map(|[_, both, _]| factors(*both));
        let is_factor = |factor: usize| (1..=4).contains(&factor);
        if described.len() != usize::from(count)
            || !all.clone().all(|(h, v)| is_factor(h) && is_factor(v))
        {
            return Err(wrong());
        }
        let across = all.clone().map(|(across, _)| across).max().unwrap_or(1);
        let down = all.clone().map(|(_, down)| down).max().unwrap_or(1);
        if all.clone().any(|(h, v)| across % h + down % v > 0) {
            return Err(unsupported_kind("lossless JPEG of this sampling"));
        }
        let component = |(&[id, ..], (h, v)): (&[u8; 3], (usize, usize))| Component {
            id,
            across: h,
            down: v,
            width: (width * h).div_ceil(across),
            height: (height * v).div_ceil(down),
            values: Vec::new(),
            shift: 0,
        };
        Ok(Self {
            bits: bits.into(),
            width,
            height,
            components: described.iter().zip(all).map(component).collect(),
            across,
            down,
        })
    }

    pub fn is_complete(&self) -> bool {
        self.components.iter().all(|c| !c.values.is_empty())
    }

    /// Decodes a scan of some components, each with its codes.
    ///
    /// # Errors
    /// If there are too few codes, or restart markers within a row of groups.
    pub fn scan(
        &mut self,
        members: &[(usize, Table)],
        bits: &mut Bits,
        predictor: u8,
        shift: u32,
        interval: usize,
    ) -> Result<(), PictureError> {
        // A component by itself has a sample a group.
        let (columns, rows) = match *members {
            [(index, _)] => (self.components[index].width, self.components[index].height),
            _ => (
                self.width.div_ceil(self.across),
                self.height.div_ceil(self.down),
            ),
        };
        let is_single = members.len() == 1;
        let group = |component: &Component| match is_single {
            true => (1, 1),
            false => (component.across, component.down),
        };
        if !interval.is_multiple_of(columns) {
            return Err(damaged("its restart markers are within a row"));
        }
        let mut differences: Vec<Vec<Vec<u16>>> = Vec::new();
        for (index, _) in members {
            let component = &mut self.components[*index];
            if !component.values.is_empty() {
                return Err(damaged("a component of it is there twice"));
            }
            component.values.reserve_exact(component.samples());
            component.shift = shift;
            let (across, down) = group(component);
            differences.push(vec![Vec::with_capacity(columns * across); down]);
        }
        let middle = 1 << (self.bits - shift - 1);
        for row in 0..rows {
            let restarts = row * columns;
            let is_restart = interval > 0 && restarts > 0 && restarts.is_multiple_of(interval);
            if is_restart {
                bits.restart((restarts / interval - 1) as u8)?;
            }
            differences.iter_mut().flatten().for_each(Vec::clear);
            for _ in 0..columns {
                for ((index, table), differences) in members.iter().zip(&mut differences) {
                    let (across, _) = group(&self.components[*index]);
                    for row in differences {
                        for _ in 0..across {
                            row.push(bits.difference(table)?);
                        }
                    }
                }
            }
            for ((index, _), differences) in members.iter().zip(&differences) {
                let component = &mut self.components[*index];
                let is_first = row == 0 || is_restart;
                for (number, row) in differences.iter().enumerate() {
                    // Groups at the edge may have more than the picture.
                    if component.values.len() < component.samples() {
                        let middle = (is_first && number == 0).then_some(middle);
                        component.push(row, predictor, middle);
                    }
                }
            }
        }
        Ok(())
    }

    /// The pixels, by a function of `N` samples of 8 bits.
    pub fn rows<const N: usize, T>(&self, pixel: impl Fn([u8; N]) -> T) -> Vec<T> {
        let mut pixels = Vec::with_capacity(self.width * self.height);
        let most = (1_u32 << self.bits) - 1;
        for y in 0..self.height {
            let rows: [_; N] = std::array::from_fn(|n| {
                let component = &self.components[n];
                let y = y * component.down / self.down;
                let row = &component.values[y * component.width..][..component.width];
                (row, self.across / component.across, component.shift)
            });
            pixels.extend((0..self.width).map(|x| {
                pixel(rows.map(|(row, by, shift)| {
                    let value = row[x / by] << shift;
                    match self.bits {
                        8 => value as u8,
                        _ => ((u32::from(value).min(most) * 255 + most / 2) / most) as u8,
                    }
                }))
            }));
        }
        pixels
    }
}
