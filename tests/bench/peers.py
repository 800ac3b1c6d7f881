"""Time effnet's forward pass against ONNX Runtime and OpenVINO, in one run.

    cargo build --release
    python -m venv .venv && .venv/bin/pip install -r tests/bench/requirements.txt
    .venv/bin/python tests/bench/peers.py --variants b0,b4,b7 --batch-sizes 1,8 --threads 1,2

timm's model with generated weights is exported to ONNX at the resolution that effnet reports.
Each cell of the table (variant, batch size, threads) is measured in rounds; a round times effnet
and both runtimes one after the other, so that a drift of the machine meets all of them. The
ratio is effnet's median over that of the faster runtime, round by round, and the median of the
rounds is printed, with effnet's arithmetic per second as a share of PyTorch's matrix product in
the same rounds. Both runtimes compute in float32 with as many threads as effnet.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import timm
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from generated_weights import input_picture, load_generated  # noqa: E402

ROUND_SECONDS = 1.0
FEWEST_RUNS = 3


def export(variant: str, resolution: int, batch_size: int, folder: Path) -> Path:
    """Write the variant as ONNX with a fixed input size; the input is called ``x``."""
    path = folder / f"{variant}-{resolution}-{batch_size}.onnx"
    if not path.exists():
        separator = "" if variant.startswith("v2") else "_"
        architecture = f"efficientnet{separator}{variant}".replace("-", "_")
        model = timm.create_model(architecture, exportable=True).eval()
        load_generated(model)
        # Tracing would keep every activation for a backward pass.
        model.requires_grad_(False)
        batch = torch.from_numpy(pictures(resolution, batch_size))
        torch.onnx.export(
            model, (batch,), path, input_names=["x"], output_names=["y"], dynamo=False
        )
    return path


def pictures(size: int, batch_size: int) -> np.ndarray:
    """The generated picture, ``batch_size`` times, NCHW."""
    return np.repeat(input_picture(size, size)[None], batch_size, axis=0)


def onnx_runtime(path: Path, threads: int):
    """A function that runs the model once in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Its threads must not spin while the others are timed.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def open_vino(path: Path, threads: int):
    """A function that runs the model once in OpenVINO."""
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
    return lambda x: request.infer([x], share_inputs=True, share_outputs=True)[0]


def median_ms(run, x: np.ndarray) -> float:
    """The median time of one run, over about a second of runs."""
    times: list[float] = []
    run(x)
    while sum(times) < ROUND_SECONDS or len(times) < FEWEST_RUNS:
        start = time.perf_counter()
        run(x)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def bench(binary: Path, variant: str, batch_size: int, threads: int, runs: int) -> dict:
    """The report of ``effnet bench``."""
    command = [binary, "bench", "--variant", variant, "--json", "--runs", str(runs)]
    command += ["--batch-size", str(batch_size), "--threads", str(threads)]
    return json.loads(subprocess.check_output(command))


def sgemm_gflops(threads: int) -> float:
    """What PyTorch's matrix product of 1024 x 1024 matrices reaches: the machine's rate."""
    torch.set_num_threads(threads)
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - start)
    return 2 * 1024**3 / statistics.median(times) / 1e9


def cell(arguments, variant: str, batch_size: int, threads: int, folder: Path) -> dict:
    """Measure one cell and return its medians and the ratio."""
    resolution = bench(arguments.effnet, variant, 1, threads, 1)["resolution"]
    path = export(variant, resolution, batch_size, folder)
    x = pictures(resolution, batch_size)
    peers = {"onnxruntime": onnx_runtime(path, threads), "openvino": open_vino(path, threads)}
    outputs = [run(x).copy() for run in peers.values()]
    assert np.allclose(*outputs, atol=1e-3 * np.abs(outputs[0]).max()), "the runtimes disagree"
    rounds, shares = [], []
    for _ in range(arguments.rounds):
        times = {name: median_ms(run, x) for name, run in peers.items()}
        runs = max(FEWEST_RUNS, int(ROUND_SECONDS * 1e3 / min(times.values())))
        report = bench(arguments.effnet, variant, batch_size, threads, runs)
        times["effnet"] = report["median_ms"]
        shares.append(report["gflops_per_s"] / sgemm_gflops(threads))
        rounds.append(times)
    ratios = [
        times["effnet"] / min(times["onnxruntime"], times["openvino"]) for times in rounds
    ]
    medians = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    key = {"variant": variant, "batch_size": batch_size, "threads": threads}
    return key | medians | {"ratio": statistics.median(ratios), "share": statistics.median(shares)}


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=lambda text: text.split(","), default=["b0", "b4", "b7"])
    parser.add_argument("--batch-sizes", type=numbers, default=[1, 8])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--effnet", type=Path, default=Path("target/release/effnet"))
    parser.add_argument("--exports", type=Path, help="keep the ONNX files there")
    arguments = parser.parse_args()
    print("ms per batch, medians; ratio: effnet to the faster of the two, paired")
    print("SGEMM: effnet's arithmetic per second as a share of PyTorch's matrix product")
    print("| variant | batch | threads | ONNX Runtime | OpenVINO | effnet | ratio | SGEMM |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.exports or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for variant in arguments.variants:
            for batch_size in arguments.batch_sizes:
                for threads in arguments.threads:
                    measured = cell(arguments, variant, batch_size, threads, folder)
                    print(
                        "| {variant} | {batch_size} | {threads} | {onnxruntime:.1f} "
                        "| {openvino:.1f} | {effnet:.1f} | {ratio:.2f} | {share:.0%} |".format(**measured),
                        flush=True,
                    )


if __name__ == "__main__":
    main()
