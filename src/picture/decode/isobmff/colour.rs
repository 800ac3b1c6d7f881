//! How a file says what its colours are.

/// What a file says of its colours, in the numbers of ITU-T H.273.
#[derive(Clone, Copy, Debug)]
pub(in crate::picture::decode) struct Colour {
    pub primaries: u64,
    pub matrix: u64,
    /// Whether black and white are 0 and 255, and not 16 and 235.
    pub is_full_range: bool,
}

/// The parts of red and of blue in luma that follow from the primaries' places, which are those of
/// BT.709 if they are unknown (ITU-T H.273, tables 2 and 4, equations 32 to 37).
pub(in crate::picture::decode) fn weights(primaries: u64) -> (f32, f32) {
    let [rx, ry, gx, gy, bx, by, wx, wy]: [f32; 8] = match primaries {
        4 => [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
        7 => [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.329],
        8 => [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.31, 0.316],
        10 => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.3333, 0.3333],
        11 => [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
        12 => [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329],
        22 => [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.329],
        _ => [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329],
    };
    let (rz, gz, bz, wz) = (
        1.0 - (rx + ry),
        1.0 - (gx + gy),
        1.0 - (bx + by),
        1.0 - (wx + wy),
    );
    let all = wy * (rx * (gy * bz - by * gz) + gx * (by * rz - ry * bz) + bx * (ry * gz - gy * rz));
    let red = wx * (gy * bz - by * gz) + wy * (bx * gz - gx * bz) + wz * (gx * by - bx * gy);
    let blue = wx * (ry * gz - gy * rz) + wy * (gx * rz - rx * gz) + wz * (rx * gy - gx * ry);
    (ry * red / all, by * blue / all)
}
