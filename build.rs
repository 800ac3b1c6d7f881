//! Compiles the CUDA kernels, once per element type, where the feature `cuda` asks for them.
//!
//! To machine code for the usual GPUs, and to PTX for all others from Turing on: the driver
//! translates that, which takes seconds, and only if it is not older than the toolkit. nvcc is
//! there anyway, since Candle's own kernels are built with it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const KERNELS: &str = "src/ops/cuda/kernels";

/// Compute capabilities that machine code is made for: A100, RTX 30, RTX 40 and L40, H100.
const MACHINES: [&str; 4] = ["80", "86", "89", "90"];

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
    // Before Ampere there is no bf16, and the PTX for that would round in many steps.
    for (element, oldest) in [("f32", "75"), ("f16", "75"), ("bf16", "80")] {
        compile(
            element,
            oldest,
            &out.join(format!("kernels_{element}.fatbin")),
        );
    }
}

fn compile(element: &str, oldest: &str, to: &Path) {
    let compiler = nvcc();
    let machines = MACHINES.map(|machine| format!("arch=compute_{machine},code=sm_{machine}"));
    let others = format!("arch=compute_{oldest},code=compute_{oldest}");
    let status = Command::new(&compiler)
        .args(["-fatbin", "-std=c++17", "-O3", "-ftz=true", "--threads=0"])
        // Older drivers can't read the newer ways of compression.
        .arg("--no-compress")
        .args(
            machines
                .iter()
                .chain([&others])
                .map(|code| format!("-gencode={code}")),
        )
        .arg("-o")
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
