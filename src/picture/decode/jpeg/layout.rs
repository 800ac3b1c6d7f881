//! A JPEG's markers: how its picture ends, what decoding it will cost, and what it says of itself.

/// How what is coded ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With the end marker, there.
    Marked(usize),
    /// With the file or with something else, there: whether every row is there is to be found out.
    Open(usize),
    /// Before the picture.
    Early,
}

/// What the markers say.
#[derive(Debug)]
pub(in crate::picture::decode) struct Layout<'a> {
    pub(super) end: End,
    /// Whether all coefficients are kept until the last of several scans.
    pub(super) is_buffered: bool,
    /// Whether a block may take less than a bit.
    pub(super) is_arithmetic: bool,
    /// Whether samples are predicted, and not transformed.
    pub(super) is_lossless: bool,
    /// The kind of a picture that libjpeg does not decode.
    pub(super) undecoded: Option<&'static str>,
    /// What every EXIF segment holds behind the first one's name, joined as Pillow joins them.
    pub exif: Vec<u8>,
    /// The last XMP segment.
    pub xmp: Option<&'a [u8]>,
    frame: Frame,
    /// How many groups of blocks lie between two restart markers; 0 for no such markers.
    interval: usize,
}

/// What a frame's header says.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    width: usize,
    height: usize,
    components: u8,
    /// Of the blocks in a group, the most among the components.
    across: usize,
    down: usize,
}

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

impl<'a> Layout<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        let mut layout = Self {
            end: End::Early,
            is_buffered: false,
            is_arithmetic: false,
            is_lossless: false,
            undecoded: None,
            exif: Vec::new(),
            xmp: None,
            frame: Frame::default(),
            interval: 0,
        };
        layout.walk(bytes);
        layout
    }

    /// From marker to marker, as libjpeg goes: what lies between them is skipped.
    fn walk(&mut self, bytes: &'a [u8]) {
        let mut at = 2;
        let mut is_begun = false;
        while let Some((code, start)) = marker(bytes, at) {
            at = start;
            match code {
                0xd9 => {
                    if is_begun {
                        self.end = End::Marked(start - 2);
                    }
                    return;
                }
                // Another picture begins before this one ends.
                0xd8 => return,
                0x01 | 0xd0..=0xd7 => continue,
                _ => {}
            }
            let Some(segment) = segment(bytes, start) else {
                return;
            };
            at += 2 + segment.len();
            self.take(code, segment);
            if code != 0xda {
                continue;
            }
            is_begun = true;
            self.is_buffered |= segment.first() != Some(&self.frame.components);
            let (end, restarts) = self.scan(bytes, at);
            at = end;
            // A single scan has all there is; what of several is missing is not known.
            if !self.is_buffered {
                self.end = match marker(bytes, end) {
                    Some((0xd9, start)) if start == end + 2 => End::Marked(end),
                    _ if restarts < self.restarts() => End::Early,
                    _ => End::Open(end),
                };
                return;
            }
        }
    }

    fn take(&mut self, code: u8, segment: &'a [u8]) {
        match code {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                self.is_buffered = code & 3 == 2;
                self.is_arithmetic = code > 0xc8;
                self.is_lossless = code == 0xc3;
                let is_wide = segment.first().is_some_and(|bits| *bits != 8);
                self.undecoded = match code {
                    0xc3 => Some("lossless JPEG"),
                    0xcb => Some("lossless JPEG with arithmetic codes"),
                    0xc5..=0xc7 | 0xcd..=0xcf => Some("hierarchical JPEG"),
                    _ if is_wide => Some("JPEG with more than 8 bits"),
                    _ => None,
                };
                self.frame = Frame::of(segment).unwrap_or_default();
            }
            0xdd => {
                let interval = segment.try_into().map_or(0, u16::from_be_bytes);
                self.interval = usize::from(interval);
            }
            0xe1 => {
                if let Some(exif) = segment.strip_prefix(EXIF) {
                    self.exif.extend(exif);
                } else if let Some(xmp) = segment.strip_prefix(XMP) {
                    self.xmp = Some(xmp);
                }
            }
            _ => {}
        }
    }

    /// Where the codes of a scan end, and how many restart markers are among them.
    fn scan(&self, bytes: &[u8], start: usize) -> (usize, usize) {
        let mut at = start;
        let mut restarts = 0;
        while let Some(found) = memchr::memchr(0xff, &bytes[at..]) {
            at += found;
            match bytes.get(at + 1) {
                // A byte of the codes that is like a marker, and bytes that fill.
                Some(0) => at += 2,
                Some(0xff) => at += 1,
                Some(0xd0..=0xd7) => {
                    restarts += 1;
                    at += 2;
                }
                // Damage: the decoder goes on from the next restart marker.
                Some(0x01..=0xbf) if self.interval > 0 => at += 2,
                Some(_) => return (at, restarts),
                None => break,
            }
        }
        (bytes.len(), restarts)
    }

    /// How many restart markers a single scan of all components has.
    fn restarts(&self) -> usize {
        let Frame { width, height, .. } = self.frame;
        let (across, down) = match self.frame.components {
            1 => (1, 1),
            _ => (self.frame.across.max(1), self.frame.down.max(1)),
        };
        let groups = width.div_ceil(8 * across) * height.div_ceil(8 * down);
        match self.interval {
            0 => 0,
            interval => groups.div_ceil(interval).saturating_sub(1),
        }
    }
}

/// Width and height of a JPEG that can be decoded, as its frame says; of its codes nothing is read.
pub(in crate::picture::decode) fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 2;
    loop {
        let (code, start) = marker(bytes, at)?;
        let segment = segment(bytes, start)?;
        match code {
            0xc0..=0xc2 | 0xc9 | 0xca if segment.first() == Some(&8) => {
                let Frame { width, height, .. } = Frame::of(segment)?;
                return Some((width, height));
            }
            0xc3 | 0xc5..=0xc7 | 0xcb | 0xcd..=0xcf | 0xd0..=0xda => return None,
            _ => at = start + 2 + segment.len(),
        }
    }
}

impl Frame {
    fn of(segment: &[u8]) -> Option<Self> {
        let &[_, h1, h0, w1, w0, components, ..] = segment else {
            return None;
        };
        let factors = segment[6..].chunks_exact(3).map(|component| component[1]);
        let most = |of: fn(u8) -> u8| factors.clone().map(of).max().unwrap_or(1).into();
        Some(Self {
            width: u16::from_be_bytes([w1, w0]).into(),
            height: u16::from_be_bytes([h1, h0]).into(),
            components,
            across: most(|both| both >> 4),
            down: most(|both| both & 15),
        })
    }
}

/// The code of the next marker, and where what follows it starts.
pub(super) fn marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)? + 1;
        match *bytes.get(at)? {
            0 => at += 1,
            0xff => {}
            code => return Some((code, at + 1)),
        }
    }
}

/// What a marker's segment holds behind its length.
pub(super) fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = bytes.get(at..at + 2)?.try_into().ok()?;
    let length = usize::from(u16::from_be_bytes(length));
    bytes.get(at + 2..at + length.max(2))
}
