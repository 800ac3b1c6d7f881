//! A folder of its own, and the binary run in it, for each test.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::Generated;
use effnet::model::weights::{Parameter, Source, parameters};
use safetensors::{Dtype, tensor::TensorView};
use tempfile::TempDir;

/// A file of tests/fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A temporary folder in which the binary runs, with an empty Hub cache and no network.
pub struct Environment {
    pub folder: TempDir,
}

/// What an EXIF segment holds that says nothing but a picture's orientation, 1 to 8.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

/// What a run left.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Environment {
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Copies a file into the folder.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path(name);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("folders");
        std::fs::copy(from, &to).expect("a copied file");
        to
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let to = self.path(name);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("folders");
        std::fs::write(&to, bytes).expect("a written file");
        to
    }

    /// The binary, told of nothing but this folder.
    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_effnet"))
    }

    /// Another program, told of no more.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("HF_") || name.to_lowercase().ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        command
            .env("HF_HOME", self.path("hf"))
            .env("HF_HUB_OFFLINE", "1")
            .stdin(Stdio::null());
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        Run::of(self.command().args(arguments).output().expect("a run"))
    }

    /// Standard output of a run that does everything, as bytes.
    pub fn run_raw(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command().args(arguments).output().expect("a run");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// As [`Environment::run`], with `input` on standard input.
    pub fn run_with(&self, input: &[u8], arguments: &[&str]) -> Run {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a started run");
        let mut stdin = child.stdin.take().expect("its standard input");
        // A binary that does not read it all is for the test to judge.
        let _ = stdin.write_all(input);
        drop(stdin);
        Run::of(child.wait_with_output().expect("a run"))
    }

    /// A folder in timm's Hub layout with generated weights.
    pub fn model(&self, name: &str, architecture_name: &str, classes: usize) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let (scaling, convention) = architecture(architecture_name).expect("an architecture");
        let config = Config::new(scaling, convention, classes);
        save_generated(&config, &folder.join("model.safetensors"));
        let json = serde_json::json!({
            "architecture": architecture_name,
            "num_classes": classes,
            "pretrained_cfg": {
                "input_size": [3, scaling.resolution, scaling.resolution],
                "crop_pct": 0.875,
            },
        });
        std::fs::write(folder.join("config.json"), json.to_string()).expect("a config");
        folder
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The records of JSON Lines.
    pub fn records(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("one JSON object per line"))
            .collect()
    }

    pub fn labels(&self) -> Vec<String> {
        let label = |record: &serde_json::Value| {
            let label = &record["predictions"][0]["label"];
            label.as_str().unwrap_or("(failed)").to_owned()
        };
        self.records().iter().map(label).collect()
    }
}

/// Writes generated weights for `config`.
pub fn save_generated(config: &Config, path: &Path) {
    save_parameters(parameters(config), path);
}

/// Writes generated weights of these names and shapes.
pub fn save_parameters(parameters: impl Iterator<Item = Parameter>, path: &Path) {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = parameters
        .map(|parameter| {
            let values = Generated.read(&parameter).expect("generated values");
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (parameter.name, parameter.shape, bytes)
        })
        .collect();
    save(&tensors, path);
}

/// Writes f32 tensors.
pub fn save(tensors: &[(String, Vec<usize>, Vec<u8>)], path: &Path) {
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a whole tensor");
        (name, view)
    });
    safetensors::serialize_to_file(views, None, path).expect("a safetensors file");
}
