"""Make tests/fixtures/pickles/: a few small tensors in every form in which PyTorch saves weights.

    python tests/reference/make_pickles.py

Each file holds the tensors of ``tensors()``, except ``module.pt``, which holds a whole network of
two layers. In the legacy form such a file would hold the source code of PyTorch too.
"""

from __future__ import annotations

import argparse
from collections import OrderedDict

import torch

from common import FIXTURES

PICKLES = FIXTURES / "pickles"


def tensors() -> OrderedDict[str, torch.Tensor]:
    """Every type, and every way for values to lie in a storage."""
    six = torch.arange(6, dtype=torch.float32).reshape(2, 3) + 0.5
    twelve = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    sixteen = torch.arange(16, dtype=torch.float32).reshape(2, 2, 2, 2)
    return OrderedDict(
        f32=six,
        f16=six.half(),
        bf16=six.bfloat16(),
        f64=six.double(),
        shared=six,
        last_row=six[1],
        transposed=(torch.arange(6, dtype=torch.float32).reshape(3, 2) + 0.5).t(),
        half_transposed=(torch.arange(6, dtype=torch.float32).reshape(3, 2) + 0.5).half().t(),
        channels_last=sixteen.contiguous(memory_format=torch.channels_last),
        column=twelve[:, 1],
        every_other=twelve[::2, ::2],
        parameter=torch.nn.Parameter(six.clone()),
        counter=torch.tensor(7),
        number=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
    )


def module() -> torch.nn.Module:
    """A network whose values are 0, 1, 2, ... in each of its tensors."""
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 1, bias=False), torch.nn.BatchNorm2d(2))
    for value in network.state_dict().values():
        value.copy_(torch.arange(value.numel()).reshape(value.shape))
    return torch.nn.Sequential(OrderedDict(inner=network))


def main() -> None:
    """Write the files."""
    PICKLES.mkdir(exist_ok=True)
    named = tensors()
    for protocol in range(2, 6):
        torch.save(named, PICKLES / f"protocol_{protocol}.pth", pickle_protocol=protocol)
        legacy = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": False}
        torch.save(named, PICKLES / f"legacy_{protocol}.pth", **legacy)
    other = {name: torch.zeros_like(value) for name, value in named.items()}
    training = {
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, data="."),
        "best": torch.tensor(0.5),
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": [{"params": [0]}]},
        "state_dict": other,
        "state_dict_ema": named,
    }
    torch.save(training, PICKLES / "training.ckpt")
    torch.save({"model_state_dict": named, "loss": [0.5, 0.25]}, PICKLES / "tutorial.pt")
    torch.save({"anything": {"state_dict": named}}, PICKLES / "nested.pt")
    torch.save(module(), PICKLES / "module.pt")


if __name__ == "__main__":
    main()
