#![no_main]

use std::sync::Once;

use effnet::picture::decode::is_guarded;

static GUARDED: Once = Once::new();

/// The fuzzer aborts at every panic. Those of the decoders are caught, as in the program; they
/// are only told of.
fn guard() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match is_guarded() {
        true => eprintln!("a decoder's panic was caught: {panic}"),
        false => abort(panic),
    }));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    GUARDED.call_once(guard);
    effnet_fuzz::picture(bytes);
});
