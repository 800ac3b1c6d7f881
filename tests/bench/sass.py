"""Count what the CUDA kernels' machine code costs, without a GPU: instructions, registers, spills, memory.

    python tests/bench/sass.py                                  # every kernel, f16, for Hopper
    python tests/bench/sass.py --kernels depthwise --arch sm_80 --dtype f32
    python tests/bench/sass.py --source OTHER/src/ops/cuda/kernels --kernels depthwise

It takes nvcc and ptxas of the CUDA toolkit, from 12.1 on, and nvdisasm, on the PATH or under CUDA_HOME.

A kernel's loop is the longest stretch of code that a branch leads back over. Depthwise kernels make
a known number of values in it, so that instructions per value can be compared: a multiprocessor
issues four instructions of 32 threads in a cycle, and how many of these its memory leaves time for
is known. MUFU are the special functions (exponential, reciprocal), of which half a cycle's fit, MOV
what only moves values between registers, and LDL and STL spilled registers.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent.parent / "src/ops/cuda/kernels"
# As build.rs compiles them.
FLAGS = ["-std=c++17", "-O3", "-ftz=true"]
STRIP = 4  # kernels/depthwise.cuh


def tool(name: str) -> str:
    homes = [os.environ[home] for home in ("CUDA_HOME", "CUDA_PATH") if home in os.environ]
    inside = [Path(home) / "bin" / name for home in [*homes, "/usr/local/cuda"]]
    found = next((str(path) for path in inside if path.exists()), None) or shutil.which(name)
    if not found:
        raise SystemExit(f"there is no {name}: put the CUDA toolkit on the PATH or set CUDA_HOME")
    return found


def compiled(arguments) -> tuple[str, str]:
    """What ptxas says of the kernels, and their machine code."""
    with tempfile.TemporaryDirectory() as folder:
        cubin = Path(folder) / "kernels.cubin"
        command = [tool("nvcc"), "-cubin", *arguments.flags, f"-arch={arguments.arch}", "-Xptxas", "-v"]
        command += [f"-DELEMENT_{arguments.dtype.upper()}", "-o", str(cubin), str(arguments.source / "kernels.cu")]
        run = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            raise SystemExit(run.stderr)
        disassembly = [tool("nvdisasm"), "-c", str(cubin)]
        return run.stderr, subprocess.run(disassembly, check=True, stdout=subprocess.PIPE, text=True).stdout


def resources(said: str) -> dict[str, dict[str, int]]:
    """Registers, bytes of spills and of shared memory, by kernel."""
    found: dict[str, dict[str, int]] = {}
    name = ""
    for line in said.splitlines():
        if entry := re.search(r"Compiling entry function '(\w+)'", line):
            name = entry[1]
        elif spills := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            found.setdefault(name, {})["spills"] = int(spills[1]) + int(spills[2])
        elif used := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            found.setdefault(name, {}).update(registers=int(used[1]), shared=int(shared[1]) if shared else 0)
    return found


def functions(disassembly: str) -> dict[str, list[str]]:
    """Each kernel's lines, labels and instructions."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in disassembly.splitlines():
        if section := re.match(r"\.text\.(\w+):", line):
            lines = found.setdefault(section[1], [])
        elif label := re.match(r"(\.L_x_\d+):", line):
            lines.append(label[1])
        elif instruction := re.match(r"\s+/\*[0-9a-f]+\*/\s+(.*?);", line):
            lines.append(instruction[1].strip())
    return found


def loop(lines: list[str]) -> list[str]:
    """The instructions of the longest stretch that a branch leads back over."""
    places = {line: at for at, line in enumerate(lines) if line.startswith(".L")}
    longest: list[str] = []
    for at, line in enumerate(lines):
        target = re.search(r"\bBRA.*`\((\.L_x_\d+)\)", line)
        if target and (start := places.get(target[1], at)) < at:
            stretch = [line for line in lines[start : at + 1] if not line.startswith(".L")]
            longest = max(longest, stretch, key=len)
    return longest


def count(lines: list[str], *names: str) -> int:
    return sum(bool(re.match(rf"(@!?U?P\w+ )?({'|'.join(names)})\b", line)) for line in lines)


def values(name: str, unrolled: bool) -> int | None:
    """How many a depthwise kernel's loop makes."""
    found = re.match(r"depthwise\w*_(\d)_(\d)_(\d)_", name)
    if not found:
        return None
    size, stride, vector = map(int, found.groups())
    rows = (size + stride - 1) // stride if unrolled else 1
    return STRIP * vector * rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", default="", help="part of their names")
    parser.add_argument("--dtype", choices=["f32", "f16", "bf16"], default="f16")
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--source", type=Path, default=KERNELS)
    parser.add_argument("--flags", type=str.split, default=FLAGS)
    parser.add_argument("--rolled", action="store_true", help="a depthwise loop makes one row, not all that wait")
    arguments = parser.parse_args()
    said, disassembly = compiled(arguments)
    code = functions(disassembly)
    print(f"{arguments.dtype}, {arguments.arch}, {' '.join(arguments.flags)}")
    print("| kernel | instructions | loop | per value | MUFU | MOV | LDL, STL | registers | spills | shared |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, used in sorted(resources(said).items()):
        if arguments.kernels not in name:
            continue
        lines = code[name]
        body = loop(lines)
        made = values(name, not arguments.rolled)
        per_value = f"{len(body) / made:.1f}" if made else ""
        print(
            f"| {name} | {sum(not line.startswith('.L') for line in lines)} | {len(body)} | {per_value} "
            f"| {count(body, 'MUFU')} | {count(body, 'MOV', 'IMAD.MOV')} | {count(body, 'LDL', 'STL')} "
            f"| {used['registers']} | {used['spills']} | {used['shared']} |"
        )


if __name__ == "__main__":
    main()
