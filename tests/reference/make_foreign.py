"""Make tests/fixtures/foreign/: models of other libraries, under their own names.

    python tests/reference/make_foreign.py

Each model is built and run by its own library, with generated weights:

* ``NAME.json``: ``library``, ``resolution`` (pixels per side of the input), and
  ``tensors``, a line ``[name, shape, low, high]`` for every tensor of the state
  dict in its order. The values are generated_weights.uniform(name, shape, low,
  high), so the stream belongs to the library's own name, while the range is that
  of timm's tensor in the same place. ``num_batches_tracked`` has the shape [] and
  the value 0.
* ``logits.safetensors``: under NAME, its logits for generated_weights.input_picture.
* ``NAME.config.json`` and ``NAME.preprocessor_config.json``: what transformers'
  save_pretrained writes beside the weights.

What the libraries compute differs from timm in padding and epsilon:

* torchvision always pads symmetrically; its epsilon is 1e-5 for B0 to B4 and 1e-3
  for B5 to B7 and all of V2.
* transformers has epsilon 1e-3. Its stride-2 convolutions pad one pixel less on
  the left and top than on the right and bottom, whatever the size of their input,
  except for the blocks in ``depthwise_padding``, which pad alike on all sides. At
  the resolution a published model was made for, this is TensorFlow's SAME; at
  others, such as 150, it is not, and sides can come out a pixel shorter.
* lukemelas' EfficientNet-PyTorch has TensorFlow's SAME padding and epsilon 1e-3.
* candle's example models have torchvision's names, but compute TensorFlow's SAME
  and epsilon 1e-3 (candle-transformers/src/models/efficientnet.rs). Here timm's
  tf_efficientnet_b0 computes them.

The printed difference is from timm's architecture holding the same weights,
relative to the largest logit.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import timm
import torch
import torchvision
from efficientnet_pytorch import EfficientNet as LukemelasEfficientNet
from timm.models import save_for_hf
from transformers import (
    EfficientNetConfig,
    EfficientNetForImageClassification,
    TimmWrapperForImageClassification,
)
from transformers.models.efficientnet.image_processing_pil_efficientnet import EfficientNetImageProcessorPil

from common import FIXTURES, save_fixture
from generated_weights import input_picture, uniform, value_range

FOREIGN = FIXTURES / "foreign"
TOOLS = ("adze", "awl", "axe", "chisel", "drill", "file", "hammer", "mallet", "plane", "saw", "spade", "vise")
INSECTS = ("ant", "bee", "cricket", "dragonfly", "earwig")


@dataclass(frozen=True)
class Foreign:
    """A model of another library, and timm's of the same shape."""

    name: str
    library: str
    timm_architecture: str
    resolution: int
    model: torch.nn.Module
    # By the library's names, where those are not the names in ``model``.
    names: list[str] | None = None

    def tensor_names(self) -> list[str]:
        """The names of all tensors, in the state dict's order."""
        return self.names or list(self.model.state_dict())


def torchvision_model(variant: str, timm_architecture: str, resolution: int) -> Foreign:
    """A model of torchvision.models with 1000 classes."""
    return Foreign(
        name=f"torchvision_efficientnet_{variant}",
        library="torchvision",
        timm_architecture=timm_architecture,
        resolution=resolution,
        model=torchvision.models.get_model(f"efficientnet_{variant}", weights=None),
    )


def transformers_model(name: str, timm_architecture: str, classes: int, **changes: object) -> Foreign:
    """A model of transformers as google/efficientnet-b0 is configured, with changes.

    The values are those of transformers' own conversion of Keras' weights
    (convert_efficientnet_to_pytorch.py: CONFIG_MAP and convert_image_processor),
    which made the published models. Saves both of its configurations.
    """
    names = TOOLS[:classes]
    settings = {"width_coefficient": 1.0, "depth_coefficient": 1.0, "image_size": 224, "hidden_dim": 1280}
    settings |= {"dropout_rate": 0.2, "depthwise_padding": []} | changes
    labels = {
        "id2label": {str(index): label for index, label in enumerate(names)},
        "label2id": {label: str(index) for index, label in enumerate(names)},
    }
    config = EfficientNetConfig(**settings, **labels)
    size = config.image_size
    processor = EfficientNetImageProcessorPil(
        size={"height": size, "width": size},
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.47853944, 0.4732864, 0.47434163],
        do_center_crop=False,
        # The default when the models were published, and in their files.
        resample=0,
    )
    model = EfficientNetForImageClassification(config)
    save_configurations(name, model, processor)
    return Foreign(name, "transformers", timm_architecture, size, model)


def timm_wrapper_model() -> Foreign:
    """timm's smallest model, fine-tuned through transformers: five classes of its own."""
    architecture, name = "test_efficientnet", "timm_wrapper_test_efficientnet"
    with tempfile.TemporaryDirectory() as folder:
        save_for_hf(timm.create_model(architecture), folder, safe_serialization=True)
        published = Path(folder, "config.json")
        config = json.loads(published.read_text())
        # timm's own repositories have none.
        del config["model_args"]
        published.write_text(json.dumps(config))
        model = TimmWrapperForImageClassification.from_pretrained(
            folder,
            num_labels=len(INSECTS),
            id2label=dict(enumerate(INSECTS)),
            label2id={label: index for index, label in enumerate(INSECTS)},
            ignore_mismatched_sizes=True,
        )
    save_configurations(name, model)
    return Foreign(name, "transformers", architecture, 160, model)


def save_configurations(name: str, *saved: object) -> None:
    """Keep the JSON files that save_pretrained writes for a model or processor."""
    with tempfile.TemporaryDirectory() as folder:
        for item in saved:
            item.save_pretrained(folder)
        for file in Path(folder).glob("*.json"):
            (FOREIGN / f"{name}.{file.name}").write_text(file.read_text())


def foreign_models() -> list[Callable[[], Foreign]]:
    """Makers of every model, so that only one is in memory at a time."""
    return [
        lambda: torchvision_model("b0", "efficientnet_b0", 224),
        lambda: torchvision_model("b5", "efficientnet_b5", 456),
        lambda: torchvision_model("v2_s", "tf_efficientnetv2_s", 384),
        lambda: transformers_model("transformers_efficientnet_b0", "tf_efficientnet_b0", 10),
        lambda: transformers_model("transformers_efficientnet_b0_at_150", "tf_efficientnet_b0", 10, image_size=150),
        lambda: transformers_model(
            "transformers_efficientnet_b1",
            "tf_efficientnet_b1",
            12,
            image_size=240,
            depth_coefficient=1.1,
            depthwise_padding=[16],
        ),
        lambda: Foreign(
            name="lukemelas_efficientnet_b0",
            library="efficientnet-pytorch",
            timm_architecture="tf_efficientnet_b0",
            resolution=224,
            model=LukemelasEfficientNet.from_name("efficientnet-b0"),
        ),
        lambda: Foreign(
            name="candle_efficientnet_b0",
            library="timm",
            timm_architecture="tf_efficientnet_b0",
            resolution=224,
            model=timm.create_model("tf_efficientnet_b0"),
            names=list(torchvision.models.get_model("efficientnet_b0", weights=None).state_dict()),
        ),
        timm_wrapper_model,
    ]


def ranges(foreign: Foreign, reference: torch.nn.Module) -> list[tuple[str, tuple[int, ...], float, float]]:
    """Every tensor's name, shape and range.

    All libraries define their layers in the order in which the picture meets
    them, as timm does, so the tensors correspond by their places.
    """
    rows = []
    places = zip(foreign.tensor_names(), foreign.model.state_dict().values(), reference.state_dict().items(), strict=True)
    for name, tensor, (timm_name, timm_tensor) in places:
        assert tensor.shape == timm_tensor.shape, (name, timm_name)
        counts = not tensor.is_floating_point()
        low, high = (0, 0) if counts else value_range(timm_name, tuple(tensor.shape))
        rows.append((name, tuple(tensor.shape), low, high))
    return rows


def fill(model: torch.nn.Module, rows: list[tuple[str, tuple[int, ...], float, float]]) -> None:
    """Give the tensors their generated values, by their places."""
    state = {}
    for own_name, (name, shape, low, high) in zip(model.state_dict(), rows, strict=True):
        values = torch.from_numpy(uniform(name, shape, low, high))
        state[own_name] = values if shape else torch.tensor(0)
    model.load_state_dict(state, strict=True)


@torch.inference_mode()
def logits(model: torch.nn.Module, resolution: int) -> torch.Tensor:
    """The logits of the generated picture."""
    output = model.eval()(torch.from_numpy(input_picture(resolution, resolution))[None])
    return (output if isinstance(output, torch.Tensor) else output.logits)[0].clone()


def write_tensors(foreign: Foreign, rows: list[tuple[str, tuple[int, ...], float, float]]) -> None:
    """Write NAME.json, a tensor per line."""
    head = {"library": f"{foreign.library} {version(foreign.library)}", "resolution": foreign.resolution}
    text = json.dumps(head).removesuffix("}") + ', "tensors": [\n'
    text += ",\n".join(json.dumps(row) for row in rows) + "\n]}\n"
    (FOREIGN / f"{foreign.name}.json").write_text(text)


def main() -> None:
    FOREIGN.mkdir(parents=True, exist_ok=True)
    answers = {}
    for make in foreign_models():
        foreign = make()
        *_, classifier_bias = foreign.model.state_dict().values()
        reference = timm.create_model(foreign.timm_architecture, num_classes=len(classifier_bias))
        rows = ranges(foreign, reference)
        fill(foreign.model, rows)
        fill(reference, rows)
        own = answers[foreign.name] = logits(foreign.model, foreign.resolution)
        difference = (own - logits(reference, foreign.resolution)).abs().max() / own.abs().max()
        print(f"{foreign.name}: logit std {own.std():.3f}, {difference:.1e} from {foreign.timm_architecture}", flush=True)
        write_tensors(foreign, rows)
    save_fixture(answers, FOREIGN / "logits.safetensors", "transformers", "efficientnet-pytorch")


if __name__ == "__main__":
    main()
