//! What stands before and behind the pictures.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::tile::escaped;
use crate::paths::base64;

const STYLE: &str = include_str!("../../../assets/report/page.css");
const SCRIPT: &str = include_str!("../../../assets/report/page.js");

/// What the script needs; without it there is nothing to press.
const CONTROLS: &str = "\
<form id=controls hidden>
<input id=text type=search placeholder='path or label' aria-label='path or label' title='/'>
<select id=label aria-label=label><option value=''>all labels</option></select>
<label>score <input id=from type=number min=0 max=100 placeholder=0 aria-label='lowest score in percent'></label>
<label>to <input id=to type=number min=0 max=100 placeholder=100 aria-label='highest score in percent'> %</label>
<select id=state aria-label=state><option value=''>labelled and failed</option>\
<option value=labelled>labelled</option><option value=failed>failed</option></select>
<label>by <select id=order><option value=given>order given</option><option value=sure>highest score</option>\
<option value=unsure>lowest score</option><option value=label>label</option><option value=path>path</option></select></label>
<button id=copy type=button>copy these paths</button>
<output id=count></output>
</form>";

/// All before the first picture.
pub fn begin(to: &mut impl Write, model: &str) -> io::Result<()> {
    let style = bars() + STYLE;
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(&style)),
        base64(&Sha256::digest(SCRIPT)),
    );
    let model = escaped(model);
    write!(
        to,
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n\
         <meta http-equiv=Content-Security-Policy content=\"{policy}\">\n\
         <meta name=viewport content='width=device-width'>\n\
         <title>Pictures labelled by {model}</title>\n\
         <style>{style}</style>\n\
         <header><h1>{model}</h1>\n{CONTROLS}\n</header>\n<main>\n",
    )
}

/// All behind the last.
pub fn end(to: &mut impl Write, pictures: u64, failed: u64) -> io::Result<()> {
    let count = match pictures {
        1 => "1 picture".to_owned(),
        pictures => format!("{pictures} pictures"),
    };
    let version = env!("CARGO_PKG_VERSION");
    write!(
        to,
        "</main>\n<footer>{count}, {failed} failed; effnet {version}</footer>\n\
         <script>{SCRIPT}</script>\n</html>\n",
    )
}

/// A class for the length of each bar in percent: a policy that is strict takes no style at an
/// element.
fn bars() -> String {
    let bar = |percent| format!(".w{percent}{{--w:{percent}%}}");
    (0..=100).map(bar).collect()
}
