//! A JPEG's markers up to its first scan: whether it is whole, and what decoding it will cost.

/// What the markers up to the first scan say.
#[derive(Default)]
pub(super) struct Layout {
    /// Whether an end marker follows the first scan. The decoder would fill what is missing with
    /// grey, and a wrong label is worse than an error.
    pub is_complete: bool,
    /// Where the last one is: searching from the back takes no time.
    pub end: usize,
    /// Whether all coefficients are kept until the last of several scans.
    pub is_buffered: bool,
    /// Whether a block may take less than a bit.
    pub is_arithmetic: bool,
}

impl Layout {
    pub fn of(bytes: &[u8]) -> Self {
        let mut layout = Self::default();
        let mut components = None;
        let mut at = 2;
        while let Some(&[marker, code, high, low]) = bytes.get(at..at + 4) {
            if marker != 0xff {
                // Not where a marker should be: for the decoder to judge.
                (layout.is_complete, layout.end) = (true, bytes.len());
                break;
            }
            match code {
                0xff => at += 1,
                0x01 | 0xd0..=0xd8 => at += 2,
                0xda => {
                    layout.is_buffered |= components != bytes.get(at + 4);
                    let end = bytes[at..]
                        .windows(2)
                        .rposition(|pair| pair == [0xff, 0xd9]);
                    layout.is_complete = end.is_some();
                    layout.end = end.map_or(0, |end| at + end);
                    break;
                }
                // A frame: its kind, and how many components it has.
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    layout.is_buffered = code & 3 == 2;
                    layout.is_arithmetic = code > 0xc8;
                    components = bytes.get(at + 9);
                    at += 2 + usize::from(u16::from_be_bytes([high, low]));
                }
                _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            }
        }
        layout
    }
}
