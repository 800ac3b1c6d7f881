//! What libraries call an EfficientNet's tensors.
//!
//! timm (models/efficientnet.py and _efficientnet_blocks.py), torchvision
//! (models/efficientnet.py), transformers (models/efficientnet/modeling_efficientnet.py) and
//! lukemelas' EfficientNet-PyTorch (model.py).

use super::architectures::BlockKind::{self, ConvNormAct, DepthwiseSeparable, FusedMbConv, MbConv};

/// A library's way of naming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// `blocks.1.0.conv_pw.weight`.
    Timm,
    /// `features.2.0.block.0.0.weight`; candle's own examples use it too.
    Torchvision,
    /// `efficientnet.encoder.blocks.1.expansion.expand_conv.weight`.
    Transformers,
    /// `_blocks.1._expand_conv.weight`.
    Lukemelas,
}

/// What a convolution and the BatchNorm behind it are called.
pub(super) type ConvNormNames = [&'static str; 2];

/// The layers of a block; what it does not have is never asked for. In timm `conv_pw` and `bn1`
/// mean different things in a block with and without an expansion.
#[derive(Clone, Copy)]
pub(super) struct BlockNames {
    pub space_to_depth: ConvNormNames,
    pub expand: ConvNormNames,
    pub filter: ConvNormNames,
    pub reduce: &'static str,
    pub excite: &'static str,
    pub project: ConvNormNames,
}

/// Of a layer that no block has in that library.
const ABSENT: ConvNormNames = ["", ""];

const TIMM: BlockNames = BlockNames {
    space_to_depth: ["conv_s2d", "bn_s2d"],
    expand: ["conv_pw", "bn1"],
    filter: ["conv_dw", "bn2"],
    reduce: "se.conv_reduce",
    excite: "se.conv_expand",
    project: ["conv_pwl", "bn3"],
};

const TORCHVISION: BlockNames = BlockNames {
    space_to_depth: ABSENT,
    expand: ["block.0.0", "block.0.1"],
    filter: ["block.1.0", "block.1.1"],
    reduce: "block.2.fc1",
    excite: "block.2.fc2",
    project: ["block.3.0", "block.3.1"],
};

const TRANSFORMERS: BlockNames = BlockNames {
    space_to_depth: ABSENT,
    expand: ["expansion.expand_conv", "expansion.expand_bn"],
    filter: [
        "depthwise_conv.depthwise_conv",
        "depthwise_conv.depthwise_norm",
    ],
    reduce: "squeeze_excite.reduce",
    excite: "squeeze_excite.expand",
    project: ["projection.project_conv", "projection.project_bn"],
};

const LUKEMELAS: BlockNames = BlockNames {
    space_to_depth: ABSENT,
    expand: ["_expand_conv", "_bn0"],
    filter: ["_depthwise_conv", "_bn1"],
    reduce: "_se_reduce",
    excite: "_se_expand",
    project: ["_project_conv", "_bn2"],
};

impl Naming {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Timm,
        Self::Torchvision,
        Self::Transformers,
        Self::Lukemelas,
    ];

    pub(super) fn stem(self) -> ConvNormNames {
        match self {
            Self::Timm => ["conv_stem", "bn1"],
            Self::Torchvision => ["features.0.0", "features.0.1"],
            Self::Transformers => [
                "efficientnet.embeddings.convolution",
                "efficientnet.embeddings.batchnorm",
            ],
            Self::Lukemelas => ["_conv_stem", "_bn0"],
        }
    }

    /// The head behind `stages` stages.
    pub(super) fn head(self, stages: usize) -> [String; 2] {
        let own = |names: ConvNormNames| names.map(str::to_owned);
        match self {
            Self::Timm => own(["conv_head", "bn2"]),
            Self::Torchvision => ["0", "1"].map(|layer| format!("features.{}.{layer}", stages + 1)),
            Self::Transformers => own([
                "efficientnet.encoder.top_conv",
                "efficientnet.encoder.top_bn",
            ]),
            Self::Lukemelas => own(["_conv_head", "_bn1"]),
        }
    }

    pub(super) fn classifier(self) -> &'static str {
        match self {
            Self::Timm | Self::Transformers => "classifier",
            Self::Torchvision => "classifier.1",
            Self::Lukemelas => "_fc",
        }
    }

    /// Block `index` of the 0-based `stage`, the network's block number `number`.
    pub(super) fn block(self, stage: usize, index: usize, number: usize) -> String {
        match self {
            Self::Timm => format!("blocks.{stage}.{index}"),
            Self::Torchvision => format!("features.{}.{index}", stage + 1),
            Self::Transformers => format!("efficientnet.encoder.blocks.{number}"),
            Self::Lukemelas => format!("_blocks.{number}"),
        }
    }

    /// A block's layers.
    pub(super) fn layers(self, kind: BlockKind) -> BlockNames {
        match self {
            Self::Timm => timm_layers(kind),
            Self::Torchvision => torchvision_layers(kind),
            Self::Transformers => TRANSFORMERS,
            Self::Lukemelas => LUKEMELAS,
        }
    }

    /// The namings under which `names` hold a stem, and what comes before every name of that
    /// network: some trainers wrap it into a module of their own.
    pub(super) fn stems<'a>(
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = (Self, &'a str)> {
        Self::ALL.into_iter().flat_map(move |naming| {
            let stem = format!("{}.weight", naming.stem()[0]);
            let prefixes = names
                .clone()
                .filter_map(move |name| name.strip_suffix(&*stem));
            let prefixes = prefixes.filter(|p| p.is_empty() || p.ends_with('.'));
            prefixes.map(move |prefix| (naming, prefix))
        })
    }

    /// The head's convolution among `names`, of a network with `prefix` before its names. Only in
    /// torchvision's naming the number of stages is a part of its name.
    pub(super) fn head_weight<'a>(
        self,
        prefix: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Option<String> {
        let stages = match self {
            Self::Torchvision => {
                let start = format!("{prefix}features.");
                let stage = |name: &str| {
                    let number = name.strip_prefix(&*start)?.strip_suffix(".0.weight")?;
                    number.parse::<usize>().ok()
                };
                names.filter_map(stage).max()?.checked_sub(1)?
            }
            _ => 0,
        };
        let [conv, _] = self.head(stages);
        Some(format!("{prefix}{conv}.weight"))
    }
}

/// timm numbers a block's BatchNorms in the order in which they run.
fn timm_layers(kind: BlockKind) -> BlockNames {
    match kind {
        MbConv => TIMM,
        DepthwiseSeparable => BlockNames {
            filter: ["conv_dw", "bn1"],
            project: ["conv_pw", "bn2"],
            ..TIMM
        },
        FusedMbConv => BlockNames {
            filter: ["conv_exp", "bn1"],
            project: ["conv_pwl", "bn2"],
            ..TIMM
        },
        ConvNormAct => BlockNames {
            filter: ["conv", "bn1"],
            ..TIMM
        },
    }
}

/// torchvision names a block's layers by their place alone.
fn torchvision_layers(kind: BlockKind) -> BlockNames {
    match kind {
        MbConv => TORCHVISION,
        DepthwiseSeparable => BlockNames {
            filter: ["block.0.0", "block.0.1"],
            reduce: "block.1.fc1",
            excite: "block.1.fc2",
            project: ["block.2.0", "block.2.1"],
            ..TORCHVISION
        },
        FusedMbConv | ConvNormAct => BlockNames {
            filter: ["block.0.0", "block.0.1"],
            project: ["block.1.0", "block.1.1"],
            ..TORCHVISION
        },
    }
}
