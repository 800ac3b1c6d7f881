"""Time effnet's forward pass against ONNX Runtime and OpenVINO, in one run.

    cargo build --release
    python -m venv .venv && .venv/bin/pip install -r tests/bench/requirements.txt
    .venv/bin/python tests/bench/peers.py --variants b0,b4,b7 --batch-sizes 1,8 --threads 1,2

timm's model with generated weights is exported to ONNX at the resolution that effnet reports.
Each cell of the table (variant, batch size, threads) is measured in rounds; a round times effnet
and the peers one after the other, so that a drift of the machine meets all of them. A ratio is
effnet's median over that of the faster peer, round by round, and the median of the rounds is
printed. All use as many threads.

By default all compute in float32, and the last column is effnet's arithmetic per second as a share
of PyTorch's matrix product in the same rounds.

`--dtype int8` adds effnet in 8 bits and both peers in 8 bits (ONNX Runtime's static quantisation,
and OpenVINO's by NNCF; both calibrated with half of the pictures), and prints beside each time the
share of the other half whose first label is that of the same program in float32. Pictures are
those of `--photos`, or drawn. The ratio is to the fastest peer, in either precision, that keeps 95 %
of its labels. Labels of generated weights lie close together: with a network that was trained
(`--weights`, timm's names, for one variant) more of them are kept.
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
import nncf
import onnx
import onnxruntime
import onnxruntime.quantization
import openvino
import timm
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from generated_weights import input_picture, load_generated  # noqa: E402

ROUND_SECONDS = 1.0
FEWEST_RUNS = 3
# First labels that a peer must keep to be compared with.
FAITHFUL = 0.95
PICTURES = 100


def network(variant: str, weights: Path | None) -> torch.nn.Module:
    """timm's model, with generated weights or those of a file."""
    separator = "" if variant.startswith("v2") else "_"
    architecture = f"efficientnet{separator}{variant}".replace("-", "_")
    model = timm.create_model(architecture, exportable=True).eval()
    if weights:
        model.load_state_dict(load_file(weights))
    else:
        load_generated(model)
    return model


def export(
    variant: str, resolution: int, batch_size: int, weights: Path | None, folder: Path
) -> Path:
    """Write the variant as ONNX with a fixed input size; the input is called ``x``."""
    path = folder / f"{variant}-{resolution}-{batch_size}.onnx"
    if not path.exists():
        model = network(variant, weights)
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


def samples(size: int, photos: Path | None, folder: Path) -> list[Path]:
    """Pictures of ``size`` by ``size``, as PNG files: photos, or drawn."""
    rng = np.random.default_rng(0)
    paths = []
    for number, photo in enumerate(sorted(photos.iterdir())[:PICTURES] if photos else range(PICTURES)):
        if photos:
            picture = ImageOps.fit(Image.open(photo).convert("RGB"), (size, size))
        else:
            coarse = rng.integers(0, 256, (*rng.integers(2, 12, 2), 3), dtype=np.uint8)
            picture = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        paths.append(folder / f"{size}-{number}.png")
        picture.save(paths[-1], compress_level=1)
    return paths


def normalised(path: Path) -> np.ndarray:
    """A picture as the network takes it, (1, 3, height, width)."""
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    pixels = np.asarray(Image.open(path), np.float32) / 255
    return ((pixels - mean) / std).transpose(2, 0, 1)[None].copy()


class Calibration(onnxruntime.quantization.CalibrationDataReader):
    """The pictures, one after the other."""

    def __init__(self, pictures: list[np.ndarray]) -> None:
        self.rest = iter(pictures)

    def get_next(self):
        picture = next(self.rest, None)
        return None if picture is None else {"x": picture}


def onnx_int8(path: Path, one: Path, pictures: list[np.ndarray]) -> Path:
    """ONNX Runtime's 8-bit form of the model at ``path``; ``one`` is it with a batch of one."""
    to = path.with_suffix(".int8.onnx")
    if path == one:
        quantization = onnxruntime.quantization
        prepared = path.with_suffix(".prepared.onnx")
        quantization.shape_inference.quant_pre_process(path, prepared)
        quantization.quantize_static(prepared, to, Calibration(pictures), per_channel=True)
    else:
        model = onnx.load(onnx_int8(one, one, pictures))
        batch = onnx.load(path).graph.input[0].type.tensor_type.shape.dim[0].dim_value
        for value in [*model.graph.input, *model.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_value = batch
        del model.graph.value_info[:]
        onnx.save(model, to)
    return to


def openvino_int8(path: Path, one: Path, pictures: list[np.ndarray]):
    """OpenVINO's 8-bit form, by NNCF."""
    model = openvino.Core().read_model(one)
    model = nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))
    batch = onnx.load(path).graph.input[0].type.tensor_type.shape.dim[0].dim_value
    model.reshape([batch, *list(model.inputs[0].shape)[1:]])
    return model


def first_labels(run, pictures: list[np.ndarray]) -> list[int]:
    return [int(run(picture).argmax()) for picture in pictures]


def effnet_labels(arguments, variant: str, weights: Path, files: list[Path], dtype: str) -> list[int]:
    """What `effnet classify` says of pictures that have the network's size."""
    command = [arguments.effnet, "classify", "--files-from", "-", "--jsonl", "-q", "-k", "1"]
    command += ["--model", weights, "--variant", variant, "--dtype", dtype]
    names = "".join(f"{file}\n" for file in files)
    lines = subprocess.check_output(command, input=names, text=True).splitlines()
    return [json.loads(line)["predictions"][0]["index"] for line in lines]


def onnx_runtime(path: Path, threads: int):
    """A function that runs the model once in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Its threads must not spin while the others are timed.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def open_vino(path, threads: int):
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


def bench(
    binary: Path, variant: str, batch_size: int, threads: int, runs: int, dtype: str = "f32"
) -> dict:
    """The report of ``effnet bench``."""
    command = [binary, "bench", "--variant", variant, "--json", "--runs", str(runs)]
    command += ["--device", "cpu", "--dtype", dtype]
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


def faithfulness(arguments, variant: str, size: int, threads: int, folder: Path) -> tuple:
    """The share of first labels that each program's 8 bits keep, and the pictures to calibrate."""
    files = samples(size, arguments.photos, folder)
    calibration, held_out = files[::2], files[1::2]
    one = export(variant, size, 1, arguments.weights, folder)
    weights = arguments.weights
    if not weights:
        weights = folder / f"{variant}.safetensors"
        save_file(network(variant, None).state_dict(), weights)
    calibration = [normalised(file) for file in calibration]
    inputs = [normalised(file) for file in held_out]
    labels = {
        "onnxruntime": first_labels(onnx_runtime(one, threads), inputs),
        "onnxruntime int8": first_labels(
            onnx_runtime(onnx_int8(one, one, calibration), threads), inputs
        ),
        "openvino": first_labels(open_vino(one, threads), inputs),
        "openvino int8": first_labels(
            open_vino(openvino_int8(one, one, calibration), threads), inputs
        ),
        "effnet": effnet_labels(arguments, variant, weights, held_out, "f32"),
        "effnet int8": effnet_labels(arguments, variant, weights, held_out, "int8"),
    }
    kept = {}
    for name, ours in labels.items():
        pairs = list(zip(ours, labels[name.removesuffix(" int8")]))
        kept[name] = sum(a == b for a, b in pairs) / len(pairs)
    return kept, calibration


def cell(arguments, variant: str, batch_size: int, threads: int, folder: Path) -> dict:
    """Measure one cell and return its medians and the ratio."""
    resolution = bench(arguments.effnet, variant, 1, threads, 1)["resolution"]
    path = export(variant, resolution, batch_size, arguments.weights, folder)
    x = pictures(resolution, batch_size)
    peers = {"onnxruntime": onnx_runtime(path, threads), "openvino": open_vino(path, threads)}
    outputs = [run(x).copy() for run in peers.values()]
    assert np.allclose(*outputs, atol=1e-3 * np.abs(outputs[0]).max()), "the runtimes disagree"
    kept = {}
    if arguments.dtype == "int8":
        kept, calibration = faithfulness(arguments, variant, resolution, threads, folder)
        one = export(variant, resolution, 1, arguments.weights, folder)
        peers["onnxruntime int8"] = onnx_runtime(onnx_int8(path, one, calibration), threads)
        peers["openvino int8"] = open_vino(openvino_int8(path, one, calibration), threads)
    compared = [name for name in peers if kept.get(name, 1.0) >= FAITHFUL]
    ours = {"effnet": "f32"} | ({"effnet int8": "int8"} if kept else {})
    rounds, shares = [], []
    for _ in range(arguments.rounds):
        times = {name: median_ms(run, x) for name, run in peers.items()}
        runs = max(FEWEST_RUNS, int(ROUND_SECONDS * 1e3 / min(times.values())))
        for name, dtype in ours.items():
            report = bench(arguments.effnet, variant, batch_size, threads, runs, dtype)
            times[name] = report["median_ms"]
            if dtype == "f32":
                shares.append(report["gflops_per_s"] / sgemm_gflops(threads))
        rounds.append(times)
    key = {"variant": variant, "batch": batch_size, "threads": threads}
    for name in rounds[0]:
        median = statistics.median(times[name] for times in rounds)
        key[name] = f"{median:.1f}" + (f" ({kept[name]:.0%})" if "int8" in name else "")
    for name in ours:
        fastest = (times[name] / min(times[peer] for peer in compared) for times in rounds)
        key["ratio" + name.removeprefix("effnet")] = f"{statistics.median(fastest):.2f}"
    return key | {"SGEMM": f"{statistics.median(shares):.0%}"}


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=lambda text: text.split(","), default=["b0", "b4", "b7"])
    parser.add_argument("--batch-sizes", type=numbers, default=[1, 8])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--effnet", type=Path, default=Path("target/release/effnet"))
    parser.add_argument("--dtype", choices=["f32", "int8"], default="f32")
    parser.add_argument("--photos", type=Path, help="a folder of pictures to compare labels on")
    parser.add_argument("--weights", type=Path, help="safetensors of the one variant")
    parser.add_argument("--exports", type=Path, help="keep the ONNX files there")
    arguments = parser.parse_args()
    print("ms per batch, medians; ratio: effnet to the fastest that keeps its labels, paired")
    print("(%): first labels of float32 that 8 bits keep")
    print("SGEMM: effnet's arithmetic per second as a share of PyTorch's matrix product")
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.exports or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        header = None
        for variant in arguments.variants:
            for batch_size in arguments.batch_sizes:
                for threads in arguments.threads:
                    measured = cell(arguments, variant, batch_size, threads, folder)
                    if not header:
                        header = list(measured)
                        print("|", " | ".join(header), "|")
                        print("|" + "---|" * len(header))
                    print("|", " | ".join(str(value) for value in measured.values()), "|", flush=True)


if __name__ == "__main__":
    main()
