//! What is left of a device after an error.

use candle_core::{Device, Result};

use super::context::Context;
use super::replay::Replay;
use crate::ops::failure::Failure;

/// What an error that says `message` leaves of `device`. After one for want of memory, what
/// `replay` and the device keep for later is given up, so that a smaller batch finds all there is.
///
/// # Errors
/// If the device can't be asked.
pub fn failure(device: &Device, replay: &Replay, message: &str) -> Result<Failure> {
    let context = Context::of(device)?;
    // What destructors saw is about the same error.
    let _ = context.stream.context().check_err();
    // An error that stays is the answer to everything from then on.
    if context.stream.synchronize().is_err() {
        return Ok(Failure::Lasting);
    }
    // Candle hides the libraries' errors in its own, but says their names.
    let of_memory = ["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"];
    match of_memory.iter().any(|name| message.contains(name)) {
        true => replay.make_room(&context).map(|()| Failure::OutOfMemory),
        false => Ok(Failure::Passing),
    }
}
