//! JPEG in TIFF as it was before 1995: a file within the file, or its tables here and there.

use std::borrow::Cow;

use crate::error::PictureError;
use crate::picture::decode::directory::Directory;
use crate::picture::decode::jpeg::is_jpeg;
use crate::picture::decode::limits::damaged;

/// What the directory says of it.
pub(super) struct OldJpeg {
    /// Where a whole file is.
    file: Option<usize>,
    /// For each component, its steps and its codes, each in the form of JPEG's segments.
    components: Vec<[Vec<u8>; 3]>,
    subsampling: u8,
    restart_interval: u16,
}

impl OldJpeg {
    pub fn of(directory: &Directory) -> Self {
        let starts = |tag| directory.numbers(tag).unwrap_or_default();
        let (steps, means, others) = (starts(519), starts(520), starts(521));
        let tables = steps.iter().zip(means.iter().zip(&others));
        let component = |(steps, (mean, other)): (&u64, (&u64, &u64))| {
            let steps = directory.bytes_at(*steps, 64)?.to_vec();
            Some([steps, codes(directory, *mean)?, codes(directory, *other)?])
        };
        let factors = directory.numbers(530).unwrap_or_else(|| vec![2, 2]);
        let factor = |n: usize| {
            factors
                .get(n)
                .map_or(2, |factor| (*factor).clamp(1, 4) as u8)
        };
        Self {
            file: directory
                .number(513)
                .and_then(|at| usize::try_from(at).ok()),
            components: tables.take(4).map_while(component).collect(),
            subsampling: factor(0) << 4 | factor(1),
            restart_interval: directory.number(515).unwrap_or(0) as u16,
        }
    }

    /// The file, if there is one.
    pub fn file<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.file?..).filter(|file| is_jpeg(file))
    }

    /// A file of the codes of a strip or tile; nothing is to be done if they are one already.
    pub fn with_tables<'a>(
        &self,
        coded: &'a [u8],
        (width, rows): (usize, usize),
        samples: usize,
    ) -> Result<Cow<'a, [u8]>, PictureError> {
        if is_jpeg(coded) {
            return Ok(Cow::Borrowed(coded));
        }
        if self.components.len() < samples || width.max(rows) > usize::from(u16::MAX) {
            return Err(damaged("its tables are missing"));
        }
        let mut file = b"\xff\xd8".to_vec();
        let mut frame = vec![8];
        frame.extend((rows as u16).to_be_bytes());
        frame.extend((width as u16).to_be_bytes());
        frame.push(samples as u8);
        let mut scan = vec![samples as u8];
        for (n, [steps, means, others]) in self.components.iter().take(samples).enumerate() {
            let id = n as u8;
            segment(&mut file, 0xdb, &[&[id], &steps[..]].concat());
            segment(&mut file, 0xc4, &[&[id], &means[..]].concat());
            segment(&mut file, 0xc4, &[&[0x10 | id], &others[..]].concat());
            frame.extend([id + 1, if n == 0 { self.subsampling } else { 0x11 }, id]);
            scan.extend([id + 1, id << 4 | id]);
        }
        if self.restart_interval > 0 {
            segment(&mut file, 0xdd, &self.restart_interval.to_be_bytes());
        }
        segment(&mut file, 0xc1, &frame);
        scan.extend([0, 63, 0]);
        segment(&mut file, 0xda, &scan);
        file.extend(coded);
        Ok(Cow::Owned(file))
    }
}

/// How many codes of each length there are, and what they stand for.
fn codes(directory: &Directory, at: u64) -> Option<Vec<u8>> {
    let counts = directory.bytes_at(at, 16)?;
    let count: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    Some(directory.bytes_at(at, 16 + count)?.to_vec())
}

fn segment(file: &mut Vec<u8>, code: u8, data: &[u8]) {
    file.extend([0xff, code]);
    file.extend((data.len() as u16 + 2).to_be_bytes());
    file.extend(data);
}
