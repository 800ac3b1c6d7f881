//! Files of PyTorch, written opcode by opcode.

use safetensors::{Dtype, SafeTensors};

/// A pickle and the storages that it names, `0`, `1` and so on.
#[derive(Clone, Default)]
pub struct Saved {
    pub pickle: Vec<u8>,
    pub storages: Vec<Vec<u8>>,
}

pub fn text(text: &str) -> Vec<u8> {
    [
        b"X",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat()
}

pub fn int(number: usize) -> Vec<u8> {
    [b"J", &(number as i32).to_le_bytes()[..]].concat()
}

fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [b"(", &items.concat()[..], b"t"].concat()
}

/// A pickle of protocol 2 that gives what `opcodes` leave on the stack.
pub fn pickle(opcodes: &[u8]) -> Vec<u8> {
    [b"\x80\x02", opcodes, b"."].concat()
}

/// A dictionary with these entries.
pub fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries
        .iter()
        .map(|(key, value)| [text(key), value.clone()].concat());
    [b"}(", &entries.collect::<Vec<_>>().concat()[..], b"u"].concat()
}

/// What torch writes for a tensor: `storage` of `count` values of the type `class`, seen from
/// `offset` with a shape and strides.
pub fn tensor(
    class: &str,
    storage: usize,
    count: usize,
    offset: usize,
    shape: &[usize],
    strides: &[usize],
) -> Vec<u8> {
    let numbers = |numbers: &[usize]| tuple(&numbers.iter().copied().map(int).collect::<Vec<_>>());
    let class = format!("ctorch\n{class}\n").into_bytes();
    let key = text(&storage.to_string());
    let kept = tuple(&[text("storage"), class, key, text("cpu"), int(count)]);
    let hooks = b"ccollections\nOrderedDict\n)R".to_vec();
    let arguments = tuple(&[
        [kept, b"Q".to_vec()].concat(),
        int(offset),
        numbers(shape),
        numbers(strides),
        vec![0x89],
        hooks,
    ]);
    [b"ctorch._utils\n_rebuild_tensor_v2\n", &arguments[..], b"R"].concat()
}

/// How far neighbours are from each other where values lie row by row.
fn rows(shape: &[usize]) -> Vec<usize> {
    let after = |i: usize| shape[i + 1..].iter().product();
    (0..shape.len()).map(after).collect()
}

impl Saved {
    /// The tensors of a safetensors file, each in a storage of its own: the opcodes of a dictionary,
    /// without the pickle around them.
    pub fn of(file: &[u8]) -> Self {
        Self::renamed(file, str::to_owned)
    }

    /// The same with other names.
    pub fn renamed(file: &[u8], rename: impl Fn(&str) -> String) -> Self {
        let file = SafeTensors::deserialize(file).expect("a safetensors file");
        let mut saved = Self::default();
        let mut entries = Vec::new();
        for (name, view) in file.iter() {
            let class = match view.dtype() {
                Dtype::F32 => "FloatStorage",
                Dtype::F16 => "HalfStorage",
                _ => "BFloat16Storage",
            };
            let (shape, number) = (view.shape(), saved.storages.len());
            let count = shape.iter().product();
            entries.push((
                rename(name),
                tensor(class, number, count, 0, shape, &rows(shape)),
            ));
            saved.storages.push(view.data().to_vec());
        }
        let entries = entries
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor.clone()));
        saved.pickle = dict(&entries.collect::<Vec<_>>());
        saved
    }

    /// The same with other opcodes around those that there are.
    pub fn around(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        Self {
            pickle: change(self.pickle),
            ..self
        }
    }

    /// As PyTorch saves it since 1.6.
    pub fn archive(&self) -> Vec<u8> {
        let pickle = pickle(&self.pickle);
        let data = self.storages.iter().enumerate();
        let data = data.map(|(i, bytes)| (format!("archive/data/{i}"), bytes.clone()));
        let files: Vec<_> = std::iter::once(("archive/data.pkl".to_owned(), pickle))
            .chain(data)
            .collect();
        zip(&files, 0)
    }

    /// As it did before; all storages are of values of `size` bytes.
    pub fn legacy(&self, size: usize) -> Vec<u8> {
        let names = (0..self.storages.len()).map(|i| text(&i.to_string()));
        let names = [b"](", &names.collect::<Vec<_>>().concat()[..], b"e"].concat();
        let types = dict(&[("little_endian", vec![0x88])]);
        let mut file = [
            pickle(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"),
            pickle(b"M\xe9\x03"),
            pickle(&types),
            pickle(&self.pickle),
            pickle(&names),
        ]
        .concat();
        for storage in &self.storages {
            file.extend(((storage.len() / size) as u64).to_le_bytes());
            file.extend(storage);
        }
        file
    }
}

/// A zip archive of these files, said to be packed by `method`.
pub fn zip(files: &[(String, Vec<u8>)], method: u16) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let size = (bytes.len() as u32).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        let common = [
            &[20, 0, 0, 0][..],
            &method.to_le_bytes(),
            &[0; 8],
            &size,
            &size,
            &length,
            &[0; 2],
        ]
        .concat();
        directory.extend([&b"PK\x01\x02\x14\0"[..], &common, &[0; 10]].concat());
        directory.extend((zip.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        zip.extend([b"PK\x03\x04", &common[..], name.as_bytes(), bytes].concat());
    }
    let start = (zip.len() as u32).to_le_bytes();
    let size = (directory.len() as u32).to_le_bytes();
    let count = (files.len() as u16).to_le_bytes();
    let end = [
        &b"PK\x05\x06\0\0\0\0"[..],
        &count,
        &count,
        &size,
        &start,
        &[0; 2],
    ]
    .concat();
    [zip, directory, end].concat()
}
