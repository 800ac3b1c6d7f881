//! Compiles the CUDA kernels, once per element type, where the feature `cuda` asks for them.
//!
//! To PTX, which the driver translates for the GPU at hand and keeps in its own cache: one form
//! for every GPU from Turing on, with no compiler where the program runs. nvcc is there anyway,
//! since Candle's own kernels are built with it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const KERNELS: &str = "src/ops/cuda/kernels";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed={KERNELS}");
    for variable in ["NVCC", "CUDA_HOME", "CUDA_PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for element in ["f32", "f16", "bf16"] {
        compile(element, &out.join(format!("kernels_{element}.ptx")));
    }
}

fn compile(element: &str, to: &Path) {
    let compiler = nvcc();
    let status = Command::new(&compiler)
        .args(["-ptx", "-std=c++17", "-O3", "-arch=compute_75", "-o"])
        .arg(to)
        .arg(format!("-DELEMENT_{}", element.to_uppercase()))
        .arg(format!("{KERNELS}/kernels.cu"))
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{} failed with {status}", compiler.display()),
        Err(e) => panic!(
            "can't run {}: {e}; the feature `cuda` needs the CUDA toolkit: put its bin folder on \
             the PATH or set CUDA_HOME",
            compiler.display(),
        ),
    }
}

/// Where Candle's build looks for it too.
fn nvcc() -> PathBuf {
    if let Some(named) = env::var_os("NVCC") {
        return named.into();
    }
    let homes = ["CUDA_HOME", "CUDA_PATH"]
        .into_iter()
        .filter_map(env::var_os);
    let inside = homes.map(|home| PathBuf::from(home).join("bin/nvcc"));
    let found = inside
        .chain(["/usr/local/cuda/bin/nvcc".into()])
        .find(|path| path.exists());
    found.unwrap_or_else(|| "nvcc".into())
}
