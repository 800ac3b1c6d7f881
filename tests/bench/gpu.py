"""Time effnet's forward pass on an NVIDIA GPU against PyTorch, in one run, and each layer against the memory.

    cargo build --release --features cuda
    python -m venv .venv && .venv/bin/pip install -r tests/bench/requirements.txt
    .venv/bin/python tests/bench/gpu.py --variants b0,b4,b7 --batch-sizes 1,64,256 --dtypes f32,f16

A cell of the first table (variant, batch size, type) is measured in rounds; a round times effnet
and each way of PyTorch one after the other, so that a drift of the GPU's clock meets all of them.
PyTorch runs timm's model with generated weights, channels last, in three ways: eagerly, eagerly as
a CUDA graph, and compiled with max-autotune, which makes graphs too. In f32 neither side uses
TF32. Every time is from the pictures on the GPU to the logits in main memory, by the host's clock.
The ratio is effnet's median over that of PyTorch's fastest way, round by round, and the median of
the rounds is printed.

The second table is of `effnet bench --layers`: the bytes that a step must move, its share of
the bandwidth that a large copy reaches, and its share of a large matrix product's rate. Waiting for
the GPU after each step adds some 10 microseconds to it, so small batches say little there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import timm
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from generated_weights import input_picture, load_generated  # noqa: E402

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
ROUND_SECONDS = 1.0
FEWEST_RUNS = 5


def effnet(arguments, variant: str, batch_size: int, dtype: str, runs: int, *more: str) -> dict:
    """The report of one `effnet bench`."""
    command = [arguments.effnet, "bench", "--device", "cuda", "--json", "--variant", variant]
    command += ["--batch-size", str(batch_size), "--dtype", dtype, "--runs", str(runs), *more]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)


def pictures(resolution: int, batch_size: int, dtype: str) -> torch.Tensor:
    picture = torch.from_numpy(input_picture(resolution, resolution))[None]
    batch = picture.repeat(batch_size, 1, 1, 1).to("cuda", TYPES[dtype])
    return batch.contiguous(memory_format=torch.channels_last)


def ways(variant: str, batch: torch.Tensor, dtype: str) -> dict:
    """PyTorch's ways to run the model, warmed up, by name."""
    model = timm.create_model(f"tf_efficientnet_{variant}").eval().requires_grad_(False)
    load_generated(model)
    model = model.to("cuda", TYPES[dtype], memory_format=torch.channels_last)
    found = {"eager": lambda: model(batch)}
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            model(batch)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = model(batch)

    def replay():
        graph.replay()
        return output

    found["graph"] = replay
    compiled = torch.compile(model, mode="max-autotune")
    found["compiled"] = lambda: compiled(batch)
    for run in found.values():
        for _ in range(3):
            run().float().cpu()
    return found


def median_ms(run) -> float:
    times, end = [], time.perf_counter() + ROUND_SECONDS
    while len(times) < FEWEST_RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        run().float().cpu()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def cell(arguments, variant: str, batch_size: int, dtype: str) -> dict:
    """Measure one cell and return its medians and the ratio."""
    first = effnet(arguments, variant, batch_size, dtype, FEWEST_RUNS)
    runs = max(FEWEST_RUNS, int(ROUND_SECONDS * 1e3 / first["median_ms"]))
    with torch.inference_mode():
        batch = pictures(first["resolution"], batch_size, dtype)
        peers = ways(variant, batch, dtype)
        rounds = []
        for _ in range(arguments.rounds):
            times = {name: median_ms(run) for name, run in peers.items()}
            times["effnet"] = effnet(arguments, variant, batch_size, dtype, runs)["median_ms"]
            rounds.append(times)
    ratios = [t["effnet"] / min(t[name] for name in peers) for t in rounds]
    medians = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    del peers, batch
    torch.compiler.reset()
    torch.cuda.empty_cache()
    return medians | {"ratio": statistics.median(ratios)}


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=words, default=["b0", "b4", "b7"])
    parser.add_argument("--batch-sizes", type=words, default=["1", "64", "256"])
    parser.add_argument("--dtypes", type=words, default=["f32", "f16"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers-batch-size", type=int, default=64)
    parser.add_argument("--effnet", type=Path, default=Path("target/release/effnet"))
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, timm {timm.__version__}")
    print("ms per batch, medians; ratio: effnet to the fastest of PyTorch's ways, paired")
    print("| variant | batch | type | eager | graph | compiled | effnet | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for variant in arguments.variants:
        for batch_size in map(int, arguments.batch_sizes):
            for dtype in arguments.dtypes:
                row = f"| {variant} | {batch_size} | {dtype} "
                try:
                    measured = cell(arguments, variant, batch_size, dtype)
                except (torch.cuda.OutOfMemoryError, subprocess.CalledProcessError) as error:
                    torch.cuda.empty_cache()
                    print(f"{row}| {type(error).__name__} | | | | |", flush=True)
                    continue
                times = "| {eager:.2f} | {graph:.2f} | {compiled:.2f} | {effnet:.2f} | {ratio:.2f} |"
                print(row + times.format(**measured), flush=True)
    for variant in arguments.variants:
        roofline(arguments, variant, arguments.dtypes[-1])


if __name__ == "__main__":
    main()
