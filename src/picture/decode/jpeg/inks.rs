//! Cyan, magenta, yellow and black as colours.

/// Adobe stores inks inverted, 255 for none, and Pillow takes every CMYK JPEG for Adobe's: a
/// colour is what the ink and the black let through (Pillow, src/libImaging/Convert.c,
/// `cmyk2rgb`).
pub(in crate::picture::decode) fn rgb_of_inks([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(k) + 128;
        let covered = ((product >> 8) + product) >> 8;
        k.saturating_sub(covered as u8)
    })
}
