//! NumPy's format of one array (numpy/lib/format.py, version 1.0): a header that `numpy.load` reads,
//! then the values, here f32, row by row, low byte first.

use std::io::{self, Read};

use anyhow::{Result, bail};

/// Bytes before the values: a multiple of 64, so that they can be mapped, and room for any shape.
pub const HEADER: u64 = 128;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// The header of `rows` vectors of `features` values.
pub fn header(rows: u64, features: usize) -> Vec<u8> {
    let shape = format!("({rows}, {features})");
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let room = HEADER as usize - MAGIC.len() - 2;
    let mut bytes = MAGIC.to_vec();
    bytes.extend((room as u16).to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = room - 1).bytes());
    bytes
}

/// The shape that a header says, and where the values begin.
///
/// # Errors
/// If it can't be read, or is of values that are not as [`header`] says.
pub fn read(file: &mut impl Read) -> Result<((u64, usize), u64)> {
    let mut start = [0; 10];
    file.read_exact(&mut start).map_err(cut)?;
    let Some(length) = start.strip_prefix(MAGIC) else {
        bail!("it does not begin as a .npy of version 1.0 does");
    };
    let length = u16::from_le_bytes([length[0], length[1]]);
    let mut text = vec![0; length.into()];
    file.read_exact(&mut text).map_err(cut)?;
    let text = String::from_utf8_lossy(&text).replace(char::is_whitespace, "");
    match shape(&text) {
        Some(shape) => Ok((shape, 10 + u64::from(length))),
        None => bail!("it is no matrix of f32 in C order"),
    }
}

fn shape(text: &str) -> Option<(u64, usize)> {
    let is_plain = text.contains("'descr':'<f4'") && text.contains("'fortran_order':False");
    let shape = text.split("'shape':(").nth(1).filter(|_| is_plain)?;
    let (rows, features) = shape.split(')').next()?.split_once(',')?;
    Some((rows.parse().ok()?, features.parse().ok()?))
}

fn cut(_: io::Error) -> io::Error {
    io::Error::other("it is cut short")
}
