//! The names in a pickle that mean something here. There is nothing to call behind them: to
//! whatever else a pickle names, nothing happens.

use safetensors::Dtype;

/// What a pickle names, and would have Python import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `collections.OrderedDict` and its like.
    Dict,
    /// `torch.Size`, which is a tuple.
    Size,
    /// The type of a storage's values.
    Storage(Dtype),
    /// The type of a tensor's values.
    Dtype(Dtype),
    /// `torch._utils._rebuild_tensor` and its second form: storage, offset, size, stride.
    Tensor,
    /// Its third form, where a type comes after two more.
    TypedTensor,
    /// `torch._utils._rebuild_parameter`: a tensor, and what training needs of it.
    Parameter,
    /// `torch._tensor._rebuild_from_type_v2`: one of the others, its arguments, and more.
    FromType,
    /// Anything else.
    Unknown,
}

impl Class {
    /// What Python would find as `name` in `module` (torch/_utils.py, torch/storage.py).
    pub fn of(module: &str, name: &str) -> Self {
        match (module, name) {
            ("collections", "OrderedDict" | "defaultdict")
            | ("builtins" | "__builtin__", "dict") => Self::Dict,
            ("torch", "Size") => Self::Size,
            ("torch.storage", "UntypedStorage") => Self::Storage(Dtype::U8),
            ("torch" | "torch.cuda", _) if name.ends_with("Storage") => {
                storage(name).map_or(Self::Unknown, Self::Storage)
            }
            ("torch", _) => dtype(name).map_or(Self::Unknown, Self::Dtype),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::Tensor,
            ("torch._utils", "_rebuild_tensor_v3") => Self::TypedTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                Self::Parameter
            }
            ("torch._tensor", "_rebuild_from_type_v2") => Self::FromType,
            _ => Self::Unknown,
        }
    }
}

fn storage(name: &str) -> Option<Dtype> {
    Some(match name {
        "FloatStorage" => Dtype::F32,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::BF16,
        "DoubleStorage" => Dtype::F64,
        "LongStorage" => Dtype::I64,
        "IntStorage" | "QInt32Storage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" | "QInt8Storage" => Dtype::I8,
        "ByteStorage" | "QUInt8Storage" | "UntypedStorage" => Dtype::U8,
        "BoolStorage" => Dtype::BOOL,
        "ComplexFloatStorage" => Dtype::C64,
        _ => return None,
    })
}

fn dtype(name: &str) -> Option<Dtype> {
    Some(match name {
        "float32" => Dtype::F32,
        "float16" => Dtype::F16,
        "bfloat16" => Dtype::BF16,
        "float64" => Dtype::F64,
        "float8_e4m3fn" => Dtype::F8_E4M3,
        "float8_e5m2" => Dtype::F8_E5M2,
        "uint16" => Dtype::U16,
        "uint32" => Dtype::U32,
        "uint64" => Dtype::U64,
        "int64" => Dtype::I64,
        "int32" => Dtype::I32,
        "int16" => Dtype::I16,
        "int8" => Dtype::I8,
        "uint8" => Dtype::U8,
        "bool" => Dtype::BOOL,
        _ => return None,
    })
}
