"""Time effnet's forward pass on an NVIDIA GPU against PyTorch, in one run, and each layer against the memory.

    cargo build --release --features cuda
    python -m venv .venv && .venv/bin/pip install -r tests/bench/requirements.txt
    .venv/bin/python tests/bench/gpu.py                                    # 18 cells, below ten minutes
    .venv/bin/python tests/bench/gpu.py --ways eager,graph,compiled --cells b0:1:f16,b4:64:f16

A cell of the first table (variant, batch size, type) is measured in rounds; a round times effnet
and each way of PyTorch one after the other, so that a drift of the GPU's clock meets all of them.
Each has the GPU's memory for itself. PyTorch runs timm's model with generated weights, channels
last, with its BatchNorm folded into the convolutions and with symmetric padding, which cuDNN does
by itself where TensorFlow's takes a pass over the memory; effnet pads as TensorFlow does. The
ways: eagerly; that as a CUDA graph; compiled with max-autotune, as a CUDA graph too, which takes
minutes per model and type and is for single cells. In f32 neither side uses TF32. Every time is from the
pictures on the GPU to the logits in main memory, by the host's clock. The ratio is effnet's median
over that of PyTorch's fastest way, round by round, and the median of the rounds is printed.

Cells that are not begun after --minutes are left out, and said to be. What fails in one, for want
of memory or in PyTorch's compiler, is its row, and the next goes on.

The second table is of `effnet bench --layers`: the bytes that a step must move, its share of
the bandwidth that a large copy reaches, and its share of a large matrix product's rate. Waiting for
the GPU after each step adds some 10 to 30 microseconds to it, so small batches say little there.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import timm
import torch
from torch.nn.utils.fusion import fuse_conv_bn_weights

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from generated_weights import input_picture, load_generated  # noqa: E402

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
WAYS = ["eager", "graph", "compiled"]
ROUND_SECONDS = 0.5
FEWEST_RUNS = 5


def effnet(arguments, variant: str, batch_size: int, dtype: str, runs: int, *more: str) -> dict:
    """The report of one `effnet bench`."""
    command = [arguments.effnet, "bench", "--device", "cuda", "--json", "--variant", variant]
    command += ["--batch-size", str(batch_size), "--dtype", dtype, "--runs", str(runs), *more]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)


def pictures(resolution: int, batch_size: int, dtype: str) -> torch.Tensor:
    picture = torch.from_numpy(input_picture(resolution, resolution))[None]
    batch = picture.to("cuda", TYPES[dtype]).repeat(batch_size, 1, 1, 1)
    return batch.contiguous(memory_format=torch.channels_last)


def fold(module: torch.nn.Module) -> None:
    """Fold each BatchNorm into the convolution before it; what it does besides stays."""
    before = None
    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.BatchNorm2d) and isinstance(before, torch.nn.Conv2d):
            statistics_of = child.running_mean, child.running_var, child.eps
            before.weight, before.bias = fuse_conv_bn_weights(
                before.weight, before.bias, *statistics_of, child.weight, child.bias
            )
            # timm's BatchNorm has the activation inside.
            rest = [part for part in (getattr(child, "drop", None), getattr(child, "act", None)) if part]
            setattr(module, name, torch.nn.Sequential(*rest))
        fold(child)
        before = child


def network(variant: str) -> torch.nn.Module:
    model = timm.create_model(f"efficientnet_{variant}").eval().requires_grad_(False)
    load_generated(model)
    fold(model)
    return model.requires_grad_(False)


def recorded(run):
    """What `run` does, as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = run()

    def replay():
        graph.replay()
        return output

    return replay


@contextmanager
def memory_alone():
    """Frees what the block leaves on the GPU."""
    try:
        yield
    finally:
        gc.collect()
        torch.cuda.empty_cache()


def median_ms(run) -> float:
    for _ in range(3):
        run().float().cpu()
    times, end = [], time.perf_counter() + ROUND_SECONDS
    while len(times) < FEWEST_RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        run().float().cpu()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


class Peer:
    """PyTorch's network for one variant and type, and its ways."""

    def __init__(self, variant: str, dtype: str) -> None:
        self.model = network(variant).to("cuda", TYPES[dtype], memory_format=torch.channels_last)
        self.dtype = dtype
        # Made once for all batches' shapes, each of which is compiled for itself.
        self.compiled = torch.compile(self.model, mode="max-autotune-no-cudagraphs", dynamic=False)

    def time(self, way: str, resolution: int, batch_size: int) -> float:
        with memory_alone():
            batch = pictures(resolution, batch_size, self.dtype)
            model = self.compiled if way == "compiled" else self.model
            run = lambda: model(batch)  # noqa: E731
            return median_ms(run if way == "eager" else recorded(run))


def cell(arguments, peer: Peer, variant: str, batch_size: int, dtype: str) -> dict:
    """Measure one cell and return its medians and the ratio."""
    first = effnet(arguments, variant, batch_size, dtype, FEWEST_RUNS)
    runs = max(FEWEST_RUNS, int(ROUND_SECONDS * 1e3 / first["median_ms"]))
    rounds = []
    with torch.inference_mode():
        for _ in range(arguments.rounds):
            times = {way: peer.time(way, first["resolution"], batch_size) for way in arguments.ways}
            times["effnet"] = effnet(arguments, variant, batch_size, dtype, runs)["median_ms"]
            rounds.append(times)
    ratios = [times["effnet"] / min(times[way] for way in arguments.ways) for times in rounds]
    medians = {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}
    return medians | {"ratio": statistics.median(ratios)}


def cells(arguments) -> None:
    """Print the first table."""
    print("ms per batch, medians; ratio: effnet to the fastest of PyTorch's ways, paired")
    columns = [*arguments.ways, "effnet", "ratio"]
    print(f"| variant | batch | type | {' | '.join(columns)} |")
    print("|" + "---|" * (3 + len(columns)))
    end = time.monotonic() + arguments.minutes * 60
    peer, of, left_out = None, None, []
    for variant, batch_size, dtype in arguments.cells:
        if time.monotonic() > end:
            left_out.append(f"{variant}:{batch_size}:{dtype}")
            continue
        row = f"| {variant} | {batch_size} | {dtype} |"
        try:
            if of != (variant, dtype):
                peer = None
                with memory_alone():
                    torch.compiler.reset()
                peer, of = Peer(variant, dtype), (variant, dtype)
            measured = cell(arguments, peer, variant, batch_size, dtype)
            print(row, " | ".join(f"{measured[name]:.2f}" for name in columns), "|", flush=True)
        except Exception as error:  # noqa: BLE001: whatever a compiler or a driver raises
            print(row, type(error).__name__, "|" * len(columns), flush=True)
            print(f"{variant}:{batch_size}:{dtype}: {error}", file=sys.stderr)
            # Frames keep the tensors alive that did not fit.
            error.__traceback__ = error.__context__ = error.__cause__ = None
            peer = of = None
        with memory_alone():
            torch.cuda.synchronize()  # what a broken GPU answers ends the run
    if left_out:
        print(f"\nnot begun within {arguments.minutes:g} minutes: --cells {','.join(left_out)}")


def seconds(run, repeat: int = 20) -> float:
    """The median time of what `run` queues, by the GPU's clock."""
    times = []
    for _ in range(repeat):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1e3)
    return statistics.median(times)


def ceilings(dtype: str) -> tuple[float, float]:
    """Bytes per second of a large copy, read and written, and FLOP per second of a product."""
    source = torch.rand(1 << 28, device="cuda")
    target = torch.empty_like(source)
    bandwidth = 2 * source.nbytes / seconds(lambda: target.copy_(source))
    del source, target
    a = torch.randn(8192, 8192, device="cuda", dtype=TYPES[dtype])
    b = torch.randn_like(a)
    return bandwidth, 2 * 8192**3 / seconds(lambda: a @ b)


def moved_bytes(layers: list[dict], resolution: int, batch_size: int, dtype: str) -> list[int]:
    """What each step must read and write at least, as effnet divides the network into steps."""
    size = TYPES[dtype].itemsize

    def volume(shape: list[int]) -> int:
        return shape[0] * shape[1] * shape[2]

    spatial = [resolution, resolution, 3]
    needed = []
    for layer in layers:
        name, output = layer["name"].rsplit(".", 1)[-1], layer["output"]
        values = volume(output)
        if name == "conv_stem":
            total = volume(spatial) * 4 + values * size
        elif name in ("se", "classifier"):
            total = values * 4
        else:
            total = (volume(spatial) + values) * size
        if name == "conv_pw+conv_dw":
            total += 2 * spatial[0] * spatial[1] * output[2] * size
        needed.append(total * batch_size + layer["parameters"] * size)
        if name != "se":
            spatial = output
    return needed


def roofline(arguments, variant: str, dtype: str) -> None:
    batch_size = arguments.layers_batch_size
    report = effnet(arguments, variant, batch_size, dtype, 20, "--layers")
    layers = report["layers"]
    bandwidth, rate = ceilings(dtype)
    needed = moved_bytes(layers, report["resolution"], batch_size, dtype)
    print(f"\n{variant}, {dtype}, batch {batch_size}: {bandwidth / 1e12:.2f} TB/s, {rate / 1e12:.0f} TFLOP/s at best")
    print("| layer | output | ms | MB | of the bandwidth | of the rate |")
    print("|---|---|---|---|---|---|")
    for layer, total in zip(layers, needed, strict=True):
        spent = layer["median_ms"] / 1e3
        output = "x".join(map(str, layer["output"]))
        flops = 2 * layer["macs"] * batch_size
        print(
            f"| {layer['name']} | {output} | {layer['median_ms']:.3f} | {total / 1e6:.1f} "
            f"| {total / spent / bandwidth:.0%} | {flops / spent / rate:.0%} |"
        )


def words(text: str) -> list[str]:
    return text.split(",")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=words, default=["b0", "b4", "b7"])
    parser.add_argument("--batch-sizes", type=words, default=["1", "64", "256"])
    parser.add_argument("--dtypes", type=words, default=["f16", "f32"])
    parser.add_argument("--cells", type=words, help="VARIANT:BATCH:TYPE,... instead of all of them")
    parser.add_argument("--ways", type=words, default=["eager", "graph"], help=f"of {', '.join(WAYS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--layers", type=words, default=["b0", "b4", "b7"], help="variants of the second table, or -")
    parser.add_argument("--layers-batch-size", type=int, default=64)
    parser.add_argument("--effnet", type=Path, default=Path("target/release/effnet"))
    arguments = parser.parse_args()
    if unknown := set(arguments.ways) - set(WAYS):
        parser.error(f"there is no way {', '.join(sorted(unknown))}: the ways are {', '.join(WAYS)}")
    if not arguments.cells:
        # Those of one model and type together: it is made and compiled once.
        arguments.cells = [
            f"{variant}:{batch_size}:{dtype}"
            for variant in arguments.variants
            for dtype in arguments.dtypes
            for batch_size in arguments.batch_sizes
        ]
    try:
        split = [cell.split(":") for cell in arguments.cells]
        arguments.cells = [(variant, int(batch_size), dtype) for variant, batch_size, dtype in split]
        assert all(dtype in TYPES for _, _, dtype in arguments.cells)
    except (ValueError, AssertionError):
        parser.error("a cell is VARIANT:BATCH:TYPE, as b4:64:f16")
    return arguments


def main() -> None:
    arguments = parsed()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, timm {timm.__version__}")
    cells(arguments)
    for variant in arguments.layers:
        if variant != "-":
            roofline(arguments, variant, arguments.dtypes[0])


if __name__ == "__main__":
    main()
