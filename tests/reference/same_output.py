#!/usr/bin/env python3
"""Runs the same command lines with two binaries of effnet and compares all that comes of them:
standard output, standard error, exit code, the files that were written, the Hub's requests.

    python tests/reference/same_output.py BEFORE AFTER [--verbose] [--only PATTERN]

Only the standard library is needed, and Linux or macOS with bash. No network: the Hub is a
stand-in within this script. Each case runs in a folder that is made anew for each binary at one
and the same path, and both binaries are run under one and the same name."""

import argparse
import array
import difflib
import fcntl
import hashlib
import http.server
import json
import os
import pty
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import zlib
from pathlib import Path

# Cases that are meant to differ, by their first line below (to the letter), each with the reason. They are run
# and their differences reported, but they are not counted.
EXPECTED = []

# What differs from run to run: a pattern, what is put in its place, and why.
TIME = rb"(\d+ ms|\d+\.\d s)"
VARYING = [
    (TIME + rb" \((\d+\.\d|inf) pictures/s\)", b"TIME (RATE pictures/s)", "the summary's time"),
    (rb"loaded in " + TIME, b"loaded in TIME", "-v tells how long loading took"),
    (rb'"(median_ms|min_ms|images_per_s|gflops_per_s|share)":[-\d.e+null]+', rb'"\1":N', "bench --json measures"),
    (rb"median \S+ ms, min \S+ ms, +\S+ pictures/s, +\S+ GFLOP/s", b"FIGURES", "bench measures"),
    (rb"(?m)^(\S+ +\d+x\d+x\d+ +\d+\.\d\d) .*%$", rb"\1 FIGURES", "bench --layers measures"),
    (rb"\S+ GB are free; --batch-size \d+ fits", b"FREE", "the machine's free memory"),
]

# One case a line: a command line for bash, run in a folder with what `write_files` makes. An
# indented line is the next command of the same case, in the same folder. `classify` is short for
# `effnet classify --variant demo`, the model that needs no download.
OFFLINE = r"""
# Help and what is written once
effnet
effnet --help
effnet -h
effnet --version
effnet -V
effnet help
effnet help classify
effnet help nothing
effnet classify --help
effnet classify -h
effnet classify --version
effnet models --help
effnet models -h
effnet info --help
effnet info -h
effnet download --help
effnet download -h
effnet bench --help
effnet bench -h
effnet completions --help
effnet completions -h
effnet man --help
effnet man -h
effnet completions bash
effnet completions elvish
effnet completions fish
effnet completions powershell
effnet completions zsh
effnet completions nosuchshell
effnet completions
effnet man
effnet --help --color always
effnet man > /dev/full

# models
effnet models
effnet models --all
effnet models --json
effnet models --all --json
effnet models --search v2
effnet models --search IN21K
effnet models --search nothing
effnet models --search lite --json
effnet models -q --color always
effnet models extra

# info
effnet info
effnet info b0
effnet info b0 --json
effnet info b0 --weights ns
effnet info b0 --weights nothing
effnet info b0 --test-size
effnet info v2-s
effnet info v2-s --test-size --json
effnet info b8
effnet info l2 --json
effnet info lite0
effnet info es
effnet info x-b5
effnet info test
effnet info demo
effnet info demo --json
effnet info demo --weights ns
effnet info b1-pruned
effnet info ../models/demo
effnet info ../models/demo --json
effnet info ../models/demo --variant demo
effnet info ../models/demo --variant b0
effnet info ../models/demo --weights ns
effnet info ../models/demo --test-size
effnet info ../models/test-size --test-size
effnet info ../models/wrapper
effnet info ../models/transformers --json
effnet info ../models/demo/model.safetensors
effnet info ../weights/good.safetensors
effnet info ../weights/good.safetensors --variant demo
effnet info ../weights/good.safetensors --variant b0
effnet info ../weights/torchvision.safetensors --variant b0
effnet info ../weights/torchvision.safetensors --variant b0 --weights v1
effnet info ../weights/lukemelas.safetensors --variant b0 --json
effnet info nosuchfile
effnet info owner/name
effnet info timm/efficientnet_b0.ra_in1k
effnet info timm/efficientnet_cc_b0_4e.in1k
effnet info empty
effnet info lists
effnet info '' -v
effnet info demo > /dev/full

# classify: how answers are written
classify pictures
classify pictures --format text
classify pictures --json
classify pictures --jsonl
classify pictures --csv
classify pictures --format tsv
classify pictures --tsv
classify pictures --format xml
classify pictures --json --csv
classify pictures --color always
classify pictures bad --color always
classify pictures --color never
CLICOLOR_FORCE=1 classify pictures/fish.jpg
CLICOLOR_FORCE=1 NO_COLOR=1 classify pictures/fish.jpg
classify pictures --color always --jsonl
classify pictures -k 1 --csv
classify pictures -k 100 --jsonl
classify pictures -k 0
classify pictures -k many
classify pictures --min-score 0.5 --jsonl
classify pictures --min-score 1 --csv
classify pictures --min-score 2
classify pictures --min-score -1
classify pictures --sigmoid
classify pictures --sigmoid --jsonl -k 16 --min-score 0.001
classify pictures --labels lists/labels.txt
classify pictures --labels lists/wnids.tsv --jsonl
classify pictures --labels lists/short.txt
classify pictures --labels lists/not-utf8.txt
classify pictures --labels nosuchfile
classify pictures --labels empty
classify rotated.jpg --jsonl
classify rotated.jpg --jsonl --no-exif
classify pictures --exact-decode --jsonl
classify pictures --max-pixels 100 --jsonl
classify pictures --max-bytes 12000 --jsonl
classify pictures --max-bytes none
classify pictures --batch-size 1 --jsonl
classify pictures --batch-size 4 --threads 1 --jsonl
classify pictures --batch-size 0
classify pictures --batch-size 1000000000
classify pictures --threads 1
classify pictures --threads 2 -v
classify pictures --threads 0
classify pictures -q
classify pictures bad -q --jsonl
classify pictures -v
classify pictures -q -v
classify formats --jsonl
classify formats -k 2 --format tsv
EFFNET_OPS=portable classify pictures --jsonl -v
EFFNET_SIMD=avx2 classify pictures --jsonl -v
EFFNET_SIMD=scalar classify pictures/fish.jpg --jsonl -v

# classify: -o and --resume
classify pictures -o out.txt
classify pictures -o out.json --json
classify pictures bad -o out.jsonl --jsonl
classify pictures bad -o out.csv --csv
classify pictures bad -o out.tsv --format tsv
classify pictures -o out.txt --color always
classify pictures -o pictures/fish.jpg
classify pictures -o nosuchfolder/out.txt
classify pictures -o empty
classify pictures -o /dev/full
classify pictures > /dev/full
mkfifo pipe; cat pipe & classify pictures -o pipe --jsonl; code=$?; wait; exit $code
classify pictures --resume -o out.jsonl
classify pictures --resume -o out.csv --csv
classify pictures --resume --jsonl
classify pictures --jsonl --resume -o out.jsonl
  classify pictures --jsonl --resume -o out.jsonl
  classify pictures nested --jsonl --resume -o out.jsonl
classify pictures --jsonl -o whole.jsonl
  head -c 900 whole.jsonl > out.jsonl; classify pictures --jsonl --resume -o out.jsonl -v
classify names --jsonl -o whole.jsonl
  head -c 900 whole.jsonl > out.jsonl; classify names --jsonl --resume -o out.jsonl
echo 'no JSON at all' > out.jsonl; classify pictures --jsonl --resume -o out.jsonl
printf '{"path":"pictures/fish.jpg"}\nno JSON\n' > out.jsonl; classify pictures --jsonl --resume -o out.jsonl
classify pictures --jsonl --resume -o pictures/fish.jpg
classify pictures --jsonl --resume -o empty

# classify: where pictures come from
effnet classify
classify
classify pictures/fish.jpg pictures/fish.jpg
classify nested
classify nested -r --jsonl
classify nested/.hidden.jpg nested/link.jpg nested/linked --jsonl
classify nested/dangling.jpg
classify nested/notes.txt
classify empty
classify empty -r
classify empty pictures/fish.jpg
classify nosuchfile.jpg
classify nosuchfile.jpg --json
classify - < pictures/fish.jpg
classify - --jsonl < nested/notes.txt
classify - < /dev/null
classify - -
classify - --files-from - < lists/list.txt
classify --files-from lists/list.txt
classify --files-from lists/crlf.txt --jsonl
classify --files-from lists/blank.txt --jsonl
classify --files-from lists/null.txt -0 --jsonl
classify --files-from lists/null.txt --jsonl
classify --files-from lists/list.txt -0 --jsonl
classify --files-from - < lists/list.txt
find pictures -name '*.jpg' -print0 | sort -z | effnet classify --variant demo --files-from - -0 --csv
classify pictures/star.jpg --files-from lists/list.txt --jsonl
classify --files-from lists
classify --files-from nosuchfile
classify --files-from /dev/null
classify -0 pictures/fish.jpg
classify names
classify names --json
classify names --jsonl
classify names --csv
classify names --format tsv
classify $'names/\xff.jpg' $'names/gone-\xfe.jpg' --jsonl
classify -- -dash.jpg
classify -dash.jpg

# classify: pictures that are none
classify bad
classify bad --jsonl
classify bad --csv
classify bad --format tsv --no-exif --exact-decode
classify bad/cut.jpg
classify bad/*
classify bad/huge.png --max-pixels 100000000000 --max-bytes 100000000

# A reader that closes the pipe. `head` may or may not be gone when the second write comes, so what
# is said of it is left out; where the reader is gone from the start there is no race.
classify pictures 2> /dev/null | head -c 10
effnet models --all 2> /dev/null | head -c 10
{ sleep 0.2; classify pictures; echo "exit code $?" >&2; } | true
{ sleep 0.2; classify pictures -v --jsonl; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet models --all; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet models --all --json; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet info demo; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet info demo --json; echo "exit code $?" >&2; } | true
{ sleep 0.2; classify pictures --json; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet bench --variant demo --runs 1 --json; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet man; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet completions bash; echo "exit code $?" >&2; } | true
{ sleep 0.2; effnet --help; echo "exit code $?" >&2; } | true

# classify: models
effnet classify pictures/fish.jpg
effnet classify --variant b0 --weights ns pictures/fish.jpg
effnet classify --variant b0 --weights nothing pictures/fish.jpg
effnet classify --variant nothing pictures/fish.jpg
effnet classify --variant b0 --offline pictures/fish.jpg
effnet classify --model owner/demo pictures/fish.jpg
effnet classify --model owner/demo --revision v1 pictures/fish.jpg
effnet classify --model ../models/demo pictures --jsonl
effnet classify --model ../models/demo --variant b0 pictures
effnet classify --model ../models/demo/model.safetensors pictures/fish.jpg
effnet classify --model ../weights/good.safetensors pictures/fish.jpg
effnet classify --model ../weights/good.safetensors --variant b0 pictures/fish.jpg
effnet classify --model ../weights/torchvision.safetensors --variant b0 pictures/fish.jpg
effnet classify --model ../weights/torchvision.safetensors --variant b0 --weights aa pictures/fish.jpg
effnet classify --model ../weights/lukemelas.safetensors --variant b0 pictures/fish.jpg --jsonl
effnet classify --model ../weights/efficientnet-b0.safetensors --variant b0 pictures/fish.jpg
effnet classify --model ../weights/transformers.safetensors --variant b0 pictures/fish.jpg
effnet classify --model ../models/wrapper pictures --jsonl
effnet classify --model ../models/transformers pictures/fish.jpg -k 2
effnet classify --model nosuchfolder pictures/fish.jpg
effnet classify --model empty pictures/fish.jpg
effnet classify --model ../models/test-size --test-size pictures --jsonl
classify --weights ns pictures
classify --test-size pictures
classify --revision v1 pictures
HF_HUB_OFFLINE=maybe HF_HUB_ETAG_TIMEOUT=soon effnet classify pictures
HF_ENDPOINT=ftp://hub effnet classify pictures
HF_TOKEN=$'a\x07b' effnet download b0

# Devices
classify pictures --device cpu --dtype f32
classify pictures --device cpu --dtype f16
classify pictures --device cpu --dtype bf16
classify pictures --dtype f16
classify pictures --device cuda
classify pictures --device cuda:1
classify pictures --device metal
classify pictures --device tpu
effnet bench --variant demo --device cuda --json

# Wrong usage
effnet nosuchcommand
effnet --nosuchflag
classify pictures --nosuchflag
classify pictures --colour always
classify pictures --color sometimes
classify pictures --format
classify pictures --top-k=-3
classify pictures -o
effnet classify pictures --variant demo --variant b0
effnet download
effnet download nothing
effnet download demo
effnet download b0
effnet download b0 --offline
effnet download owner/demo --weights ns
effnet download ../up
effnet bench --variant nothing
effnet bench --variant demo --runs 0
effnet bench --variant demo --layers --batch-size 2
effnet bench --variant demo --batch-size 100000000
ulimit -v 8000000; effnet bench --variant l2 --batch-size 4096

# bench
effnet bench --variant demo --runs 2
effnet bench --variant demo --runs 2 --threads 1 --json
effnet bench --variant test --runs 1 --batch-size 3 --threads 2 --json
effnet bench --variant demo --runs 2 --layers
effnet bench --variant demo --runs 2 --layers --json
"""

# As above, but the Hub's stand-in may be asked.
HUB = r"""
effnet download b0
  effnet download b0
  effnet classify --variant b0 pictures/fish.jpg
  HF_HUB_OFFLINE=1 effnet download b0
effnet download b0 b1 --weights aa
effnet download v2-s -v
effnet download timm/efficientnet_b0.ra_in1k
effnet download owner/demo
  HF_HUB_OFFLINE=1 effnet classify --model owner/demo pictures
  effnet classify --model owner/demo --offline --jsonl pictures
  effnet info owner/demo
  HF_HUB_OFFLINE=yes effnet download owner/demo
  HF_ENDPOINT=http://127.0.0.1:1 effnet download owner/demo
effnet classify --model owner/demo pictures -v
effnet classify --model hf-hub:owner/demo pictures/fish.jpg
effnet classify --model owner/demo --revision v1 pictures/fish.jpg
  effnet classify --model owner/demo --offline pictures/fish.jpg
effnet download owner/demo --revision 0123456789ABCDEF0123456789abcdef01234567
  effnet download owner/demo --revision 0123456789abcdef0123456789abcdef01234567
effnet download owner/demo --revision nowhere
effnet download owner/demo --revision ../up
effnet download owner/demo --offline
effnet download owner/demo owner/nothing
HF_TOKEN=hf_secret effnet download owner/demo
HF_HUB_CACHE=cache effnet download owner/demo
effnet download owner/redirected
effnet download owner/renamed
effnet download owner/bare
effnet classify --model owner/bare pictures/fish.jpg
effnet classify --model owner/bare --variant demo pictures/fish.jpg
effnet classify --model owner/bare-b0 --variant b0 pictures/fish.jpg
effnet download owner/transformers
  effnet classify --model owner/transformers --offline pictures/fish.jpg
effnet classify --model owner/unprepared pictures/fish.jpg
effnet info owner/transformers
effnet download lmz/candle-efficientnet
effnet classify --model lmz/candle-efficientnet pictures/fish.jpg
effnet classify --model lmz/candle-efficientnet --variant b0 pictures/fish.jpg
effnet classify --model lmz/candle-efficientnet --variant b1 pictures/fish.jpg
effnet classify --model timm/efficientnet_cc_b0_4e.in1k pictures/fish.jpg
effnet classify --model timm/gc_efficientnetv2_rw_t.agc_in1k pictures/fish.jpg
effnet classify --model timm/efficientnet_nothing.in1k pictures/fish.jpg
effnet classify --model timm/tf_efficientnet_b0.ns_jft_in1k pictures/fish.jpg
effnet classify --variant b1-pruned pictures/fish.jpg
effnet info b1-pruned
HF_HUB_OFFLINE=1 effnet classify --model owner/demo pictures/fish.jpg
HF_HUB_OFFLINE=0 effnet classify --model owner/demo pictures/fish.jpg
effnet download faulty/gated
effnet download faulty/private
effnet download faulty/token
HF_TOKEN=hf_secret effnet download faulty/token
effnet download faulty/nothing
effnet download faulty/gone
effnet download faulty/limited
effnet download faulty/broken
effnet download faulty/down
effnet download faulty/anonymous
effnet download faulty/escaping
effnet download faulty/turning
effnet download faulty/short
effnet download faulty/wrong
effnet classify --model faulty/gated pictures/fish.jpg
"""

# As above, with standard output and standard error on a terminal of 80 columns. A single picture
# draws no progress bar, which would depend on time.
TERMINAL = r"""
effnet -h
effnet nosuchcommand
effnet models
effnet info demo
classify pictures/fish.jpg
classify pictures/fish.jpg bad/text.jpg -q
NO_COLOR=1 classify pictures/fish.jpg
TERM=dumb classify pictures/fish.jpg
classify $'names/esc\e[31m.jpg' -v
classify $'names/gone\e[31m.jpg' --jsonl
classify $'names/new\nline.jpg' $'names/tab\t.jpg' -q --format tsv
"""

# Folder models: the demo's config.json, with these of its keys replaced or (None) left out.
WNIDS = [f"n{number:08}" for number in range(16)]
CONFIGS = {
    "not-json": "{",
    "a-list": "[]",
    "no-architecture": {"architecture": None},
    "unknown-architecture": {"architecture": "resnet50"},
    "refused-architecture": {"architecture": "efficientnet_cc_b0_4e"},
    "other-architecture": {"architecture": "efficientnet_b0"},
    "tagged-architecture": {"architecture": "efficientnet_demo.shapes"},
    "many-classes": {"num_classes": 200_000},
    "no-classes": {"num_classes": 0},
    "other-classes": {"num_classes": 10, "label_names": None},
    "too-few-labels": {"label_names": ["one"]},
    "no-labels": {"label_names": None},
    "some-labels": {"label_names": {"3": "three", "9": "nine"}},
    "described": {"label_names": WNIDS, "label_descriptions": {WNIDS[9]: "goldfish"}},
    "id2label": {"id2label": {str(number): f"class {number}" for number in range(16)}},
    "not-square": {"pretrained_cfg": {"input_size": [3, 96, 128]}},
    "one-channel": {"pretrained_cfg": {"input_size": [1, 96, 96]}},
    "tiny-input": {"pretrained_cfg": {"input_size": [3, 8, 8]}},
    "border": {"pretrained_cfg": {"input_size": [3, 96, 96], "crop_mode": "border"}},
    "squash": {"pretrained_cfg": {"input_size": [3, 96, 96], "crop_mode": "squash"}},
    "lanczos": {"pretrained_cfg": {"input_size": [3, 96, 96], "interpolation": "lanczos"}},
    "nearest": {"pretrained_cfg": {"input_size": [3, 96, 96], "interpolation": "nearest"}},
    "no-settings": {"pretrained_cfg": None},
    "test-size": {"pretrained_cfg": {"input_size": [3, 96, 96], "test_input_size": [3, 128, 128]}},
    "model-args": {"model_args": {"act_layer": "gelu"}},
    "other-eps": {"model_args": {"bn_eps": 0.01, "pad_type": "same"}},
    "transformers-alone": {"model_type": "efficientnet"},
}
DAMAGES = [
    "empty", "short-length", "long-length", "short-header", "cut", "longer", "not-json", "missing", "extra",
    "other-shape", "other-type", "overlapping", "half", "not-numbers", "pickle",
]
OFFLINE += "\n".join(
    [f"effnet classify --model ../models/{name} pictures/fish.jpg --jsonl -k 2" for name in CONFIGS]
    + ["effnet classify --model ../models/pickled pictures", "effnet classify --model ../models/alone pictures"]
    + [f"classify --model ../weights/{name}.safetensors pictures/fish.jpg -k 2" for name in DAMAGES]
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
# What the stand-in answers for repositories that something is wrong with: status and headers.
FAULTS = {
    "faulty/gated": (403, {"X-Error-Code": "GatedRepo"}),
    "faulty/private": (401, {}),
    "faulty/token": (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
    "faulty/nothing": (404, {"X-Error-Code": "RepoNotFound"}),
    "faulty/gone": (410, {}),
    # A longer pause than the client takes, so that it gives up at once.
    "faulty/limited": (429, {"Retry-After": "120"}),
    "faulty/broken": (500, {"Retry-After": "120"}),
    # The only one with all retries: some four seconds for each binary.
    "faulty/down": (503, {}),
    "faulty/anonymous": (200, {"ETag": '"0"'}),
    "faulty/escaping": (200, {"ETag": '"../../up"', "X-Repo-Commit": COMMIT}),
    "faulty/turning": (302, {"Location": "/faulty/turning/resolve/main/config.json"}),
    "owner/renamed": (307, {"Location": "/owner/demo/resolve/main/"}),
}


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, color, depth, row, more=b""):
    """A PNG picture whose rows all have the same bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    data = zlib.compress((b"\0" + row) * min(height, 64))
    chunks = [png_chunk(b"IHDR", header), more, png_chunk(b"IDAT", data), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def safetensors(tensors):
    """A file of tensors, by name: type, shape, bytes."""
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def foreign(path):
    """Weights with another library's names: the values go up and down within the ranges that the fixture tells."""
    tensors = {}
    for name, shape, low, high in json.loads(path.read_text())["tensors"]:
        count = 1
        for side in shape:
            count *= side
        if name.endswith("num_batches_tracked"):
            tensors[name] = ("I64", shape, bytes(8))
        else:
            wave = array.array("f", [low + (high - low) * (i * 0.618034 % 1) for i in range(1009)])
            tensors[name] = ("F32", shape, (wave * (count // 1009 + 1))[:count].tobytes())
    return safetensors(tensors)


def damaged(good):
    """The demo's weights, wrong in many ways."""
    length = struct.unpack("<Q", good[:8])[0]
    header, data = json.loads(good[8:8 + length]), good[8 + length:]
    header.pop("__metadata__", None)
    read = {name: (of["dtype"], of["shape"], data[slice(*of["data_offsets"])]) for name, of in header.items()}
    head = "classifier.weight"
    dtype, shape, values = read[head]
    numbers = {name: array.array("f", of[2]) for name, of in read.items() if of[0] == "F32"}
    half = {name: ("F16", read[name][1], struct.pack(f"<{len(of)}e", *of)) for name, of in numbers.items()}
    # Not two tensors with the same offsets: which of them the message names would be left to chance.
    second = sorted(header, key=lambda name: header[name]["data_offsets"])[1]
    moved = [offset - 4 for offset in header[second]["data_offsets"]]
    overlapping = {**header, second: {**header[second], "data_offsets": moved}}
    text = json.dumps(overlapping).encode()
    return {
        "good": good, "empty": b"", "short-length": good[:5], "long-length": struct.pack("<Q", 2**40) + good[8:],
        "short-header": good[:100], "cut": good[:-100], "longer": good + bytes(8),
        "not-json": struct.pack("<Q", 16) + b"{" * 16 + data,
        "missing": safetensors({name: of for name, of in read.items() if name != head}),
        "extra": safetensors({**read, "extra.weight": ("F32", [1], bytes(4))}),
        "other-shape": safetensors({**read, head: (dtype, shape[::-1], values)}),
        "other-type": safetensors({**read, head: ("I32", shape, values)}),
        "overlapping": struct.pack("<Q", len(text)) + text + data,
        "half": safetensors({**read, **half}),
        "not-numbers": safetensors({**read, head: (dtype, shape, b"\0\0\xc0\x7f" * (len(values) // 4))}),
        "pickle": b"PK\x03\x04" + bytes(100),
    }


def write_models(repository, base):
    """Models beside the run's folder, which no run should write to; returns the stand-in's files."""
    config = json.loads((repository / "assets/demo/config.json").read_text())
    good = (repository / "assets/demo/model.safetensors").read_bytes()
    fixtures = repository / "tests/fixtures/foreign"
    libraries = ["torchvision", "lukemelas", "transformers"]
    b0 = {name: foreign(fixtures / f"{name}_efficientnet_b0.json") for name in libraries}
    weights = {**damaged(good), **b0, "efficientnet-b0": b0["torchvision"]}
    prepared = {
        "config.json": (fixtures / "transformers_efficientnet_b0.config.json").read_bytes(),
        "preprocessor_config.json":
            (fixtures / "transformers_efficientnet_b0.preprocessor_config.json").read_bytes(),
        "model.safetensors": b0["transformers"],
    }
    demo = {"config.json": json.dumps(config).encode(), "model.safetensors": good}
    models = {
        "demo": demo,
        "transformers": prepared,
        "wrapper": {
            "config.json": (fixtures / "timm_wrapper_test_efficientnet.config.json").read_bytes(),
            "model.safetensors": foreign(fixtures / "timm_wrapper_test_efficientnet.json"),
        },
        "pickled": {"config.json": demo["config.json"], "pytorch_model.bin": b"PK"},
        "alone": {"config.json": demo["config.json"]},
    }
    for name, change in CONFIGS.items():
        if not isinstance(change, str):
            changed = {**config, **change}.items()
            change = json.dumps({key: value for key, value in changed if value is not None})
        models[name] = {"config.json": change.encode(), "model.safetensors": good}
    for name, model in models.items():
        write(base / "models" / name, model)
    write(base / "weights", {f"{name}.safetensors": content for name, content in weights.items()})
    junk = {"config.json": b"{}", "model.safetensors": b"no weights at all"}
    repos = {
        "owner/demo": demo, "owner/redirected": demo, "owner/transformers": prepared,
        "owner/unprepared": {"config.json": prepared["config.json"], "model.safetensors": good},
        "owner/bare": {"model.safetensors": good}, "owner/bare-b0": {"model.safetensors": b0["torchvision"]},
        "lmz/candle-efficientnet": {"efficientnet-b0.safetensors": b0["torchvision"]},
        "timm/tf_efficientnet_b0.ns_jft_in1k": {"model.safetensors": junk["model.safetensors"]},
        "faulty/short": demo, "faulty/wrong": demo,
    }
    for name in ["efficientnet_b0.ra_in1k", "tf_efficientnet_b0.aa_in1k", "tf_efficientnet_b1.aa_in1k",
                 "tf_efficientnetv2_s.in21k_ft_in1k", "efficientnet_b1_pruned.in1k"]:
        repos[f"timm/{name}"] = junk
    return repos


def write_files(repository, folder):
    """Pictures and lists: what each case finds in its folder."""
    photos = {path.name: path.read_bytes() for path in sorted((repository / "assets/pictures").iterdir())}
    fish, star = photos["fish.jpg"], photos["star.jpg"]
    tiny = (repository / "tests/fixtures/pictures/tiny-97x64.png").read_bytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06" + bytes(7)
    rows = bytes(range(48)) * 16
    bmp = b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + len(rows), 0, 54, 40, 16, 16, 1, 24, 0, len(rows), 0, 0, 0, 0)
    files = {f"pictures/{name}": photo for name, photo in photos.items()}
    files |= {
        "rotated.jpg": fish[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + fish[2:],
        "-dash.jpg": star, "lists/labels.txt": "".join(f"label {n}\n" for n in range(16)),
        "lists/wnids.tsv": "".join(f"{wnid}\tname {wnid}\n" for wnid in WNIDS),
        "lists/short.txt": "one\ntwo\n", "lists/not-utf8.txt": b"\xff\n" * 16,
        "lists/list.txt": "pictures/fish.jpg\nnosuchfile.jpg\npictures\npictures/star.jpg",
        "lists/crlf.txt": "pictures/fish.jpg\r\npictures/star.jpg\r\n",
        "lists/blank.txt": "\n\npictures/fish.jpg\n\n  \npictures/star.jpg\n\n",
        "lists/null.txt": "pictures/fish.jpg\0names/new\nline.jpg\0\0pictures/star.jpg\0",
        "nested/a.jpg": fish, "nested/B.JPEG": star, "nested/notes.txt": "no picture\n", "nested/.hidden.jpg": fish,
        "nested/deep/er/c.jpg": star, "nested/.hidden/d.jpg": star, "nested/deep/no-ending": fish,
        "formats/tiny.png": tiny, "formats/rgb.png": png(20, 30, 2, 8, bytes(range(60))),
        "formats/grey.png": png(20, 30, 0, 8, bytes(range(0, 200, 10))),
        "formats/bit.png": png(16, 16, 0, 1, b"\xf0\x3c"),
        "formats/deep.png": png(20, 30, 2, 16, bytes(range(120))),
        "formats/alpha.png": png(20, 30, 6, 8, bytes(range(80))),
        "formats/palette.png": png(16, 16, 3, 8, bytes([0, 1] * 8), png_chunk(b"PLTE", b"\xff\0\0\0\0\xff")),
        "formats/bits.bmp": bmp + rows,
        "formats/bits.ppm": b"P6\n16 16\n255\n" + rows,
        "formats/bits.pgm": b"P5 48 16 255\n" + rows,
        "formats/dot.gif": b"GIF89a\1\0\1\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        "bad/empty.jpg": b"", "bad/text.jpg": "no picture\n", "bad/cut.jpg": fish[:6000], "bad/start.jpg": fish[:20],
        "bad/cut.png": tiny[:-200], "bad/flipped.png": tiny[:60] + bytes([tiny[60] ^ 255]) + tiny[61:],
        "bad/archive.jpg": b"PK\x03\x04" + bytes(60), "bad/phone.jpg": b"\0\0\0\x18ftypheic" + bytes(60),
        "bad/paper.jpg": b"%PDF-1.7\n" + bytes(60), "bad/huge.png": png(100_000, 100_000, 2, 8, b""),
        "bad/none.png": png(0, 0, 2, 8, b""),
        "bad/film.jpg": b"\0\0\0\x18ftypmp42" + bytes(60),
        "bad/zeros.jpg": bytes(100),
        "bad/cut.bmp": bmp + rows[:100], "bad/cut.ppm": b"P6\n9999 9999\n255\n" + rows, "bad/script.png": "<svg></svg>",
    }
    odd = ["\udcff", "new\nline", "tab\t", 'quote"', "esc\x1b[31m", "comma, ", "ünï",
           "back\\slash", "=1+2", " space "]
    files |= {f"names/{name}.jpg": (fish, star)[number % 2] for number, name in enumerate(odd)}
    write(folder, files)
    (folder / "empty").mkdir()
    links = {"link.jpg": "../pictures/car.jpg", "linked": "../pictures", "dangling.jpg": "gone", "loop": "."}
    for name, target in links.items():
        (folder / "nested" / name).symlink_to(target)


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


class StandIn(http.server.BaseHTTPRequestHandler):
    """The Hub: /owner/name/resolve/revision/file, and /cdn/owner/name/file for redirected bytes."""

    repos, requests = {}, []

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        said = [f"{name}: {self.headers[name]}" for name in ["User-Agent", "Authorization", "Range"]]
        self.requests.append(f"{self.command} {self.path} ({', '.join(said)})")
        match self.path.strip("/").split("/"):
            case ["cdn", owner, name, file]:
                revision = "main"
            case [owner, name, "resolve", revision, file]:
                pass
            case _:
                return self.answer(400, {})
        repo, is_cdn = f"{owner}/{name}", self.path.startswith("/cdn/")
        if repo in FAULTS:
            status, headers = FAULTS[repo]
            is_renamed = headers.get("Location", "").endswith("/")
            return self.answer(status, {**headers, "Location": headers["Location"] + file} if is_renamed else headers)
        if repo not in self.repos:
            return self.answer(401, {"X-Error-Code": "RepoNotFound"})
        if revision not in ["main", "v1", COMMIT]:
            return self.answer(404, {"X-Error-Code": "RevisionNotFound"})
        body = self.repos[repo].get(file)
        if body is None:
            return self.answer(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        # As the Hub: SHA-256 for weights, git's hash for what is small.
        is_large = file.endswith(".safetensors")
        etag = hashlib.sha256(body) if is_large else hashlib.sha1(b"blob %d\0" % len(body) + body)
        headers = {"ETag": f'"{etag.hexdigest()}"', "X-Repo-Commit": COMMIT}
        if repo == "owner/redirected" and is_large and not is_cdn:
            headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(len(body)), "ETag": '"of-the-link"'}
            headers["Location"] = f"http://{self.headers['Host']}/cdn/{repo}/{file}"
            return self.answer(302, headers)
        if repo == "faulty/wrong" and is_large:
            body = body[:-1] + b"!"
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        is_cut = repo == "faulty/short" and is_large and not start
        self.answer(206 if start else 200, headers, body[start:], len(body) // 2 if is_cut else None)

    do_GET = do_HEAD

    def answer(self, status, headers, body=b"", cut=None):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])


def run(line, folder, environment, on_terminal):
    """Standard output, standard error and exit code of a command line."""
    script = 'classify() { effnet classify --variant demo "$@"; }\n' + line
    terminal, other_end = pty.openpty() if on_terminal else (None, subprocess.PIPE)
    if on_terminal:
        fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                               stdout=other_end, stderr=other_end, start_new_session=True)
    # Whatever hangs ends, and says so by its exit code.
    alarm = threading.Timer(120, os.killpg, [process.pid, signal.SIGKILL])
    alarm.start()
    try:
        if not on_terminal:
            output, errors = process.communicate()
            return output, errors, process.returncode
        os.close(other_end)
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:
            pass  # How Linux says that the other end is closed.
        os.close(terminal)
        return shown, b"", process.wait()
    finally:
        alarm.cancel()


def tree(folder):
    """What is in a folder, by path."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(parent, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                content = b"link to " + os.fsencode(os.readlink(path))
            elif stat.S_ISREG(mode):
                content = Path(path).read_bytes()
            else:
                content = b"folder" if stat.S_ISDIR(mode) else b"pipe"
            found["file " + os.path.relpath(path, folder)] = content
    return found


def results(lines, binary, base, environment, on_terminal):
    """For each command line of a case: everything that came of it, by name."""
    folder, program = base / "run", base / "bin/effnet"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base / "files", folder, symlinks=True)
    program.unlink(missing_ok=True)
    program.symlink_to(binary)
    found = []
    for line in lines:
        StandIn.requests.clear()
        output, errors, code = run(line, folder, environment, on_terminal)
        for pattern, replacement, _ in VARYING:
            output = re.sub(pattern, replacement, output)
            errors = re.sub(pattern, replacement, errors)
        found.append({
            "standard output": output, "standard error": errors, "exit code": str(code).encode(),
            "requests to the Hub": "\n".join(StandIn.requests).encode(), **tree(folder),
        })
    return found


def difference(name, before, after, most):
    """A short unified diff of two contents, either of which may be missing (None)."""
    if None in (before, after) or b"\0" in before + after:
        hashes = [content and hashlib.sha256(content).hexdigest()[:12] for content in (before, after)]
        sizes = ["absent" if content is None else f"{len(content)} bytes" for content in (before, after)]
        return [f"    {name!r}: {sizes[0]} ({hashes[0]}) before, {sizes[1]} ({hashes[1]}) after"]

    def split(content):
        lines = content.decode(errors="backslashreplace").replace("\x1b", "\\e").splitlines()
        # One long line of JSON would hide where it differs.
        return [part for line in lines for part in (re.split(r"(?<=,)", line) if len(line) > 200 else [line])]

    diff = list(difflib.unified_diff(split(before), split(after), f"{name} before", f"{name} after", n=1, lineterm=""))
    diff = diff or [f"{name} differs in line endings alone"]
    return [f"    {line}" for line in diff[:most]] + ["    ..."] * (len(diff) > most)


def cases(text, only):
    """Lists of command lines."""
    found = []
    for line in text.splitlines():
        if line.startswith("  "):
            found[-1].append(line.strip())
        elif line and not line.startswith("#"):
            found.append([line])
    assert len({lines[0] for lines in found}) == len(found), "a case is there twice"
    return [lines for lines in found if only is None or any(re.search(only, line) for line in lines)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--verbose", action="store_true", help="name each command line and show whole differences")
    parser.add_argument("--only", metavar="PATTERN",
                        help="only cases with a command line that this regular expression finds")
    parser.add_argument("--repository", type=Path, default=Path(__file__).resolve().parent.parent.parent,
                        help="where assets and tests are; else two folders above this script's")
    args = parser.parse_args()
    binaries = [args.before.resolve(strict=True), args.after.resolve(strict=True)]
    base = Path(tempfile.mkdtemp(prefix="same_output-"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        (base / "bin").mkdir()
        StandIn.repos = write_models(args.repository, base)
        write_files(args.repository, base / "files")
        sys.exit(compare(args, binaries, base, f"http://127.0.0.1:{server.server_port}"))
    finally:
        server.shutdown()
        shutil.rmtree(base)


def compare(args, binaries, base, endpoint):
    # Nothing comes in from outside: no proxies, no HF_ variables, no colours.
    environment = {
        "PATH": f"{base}/bin:{os.defpath}", "HOME": f"{base}/run/home", "HF_HOME": f"{base}/run/hf",
        "HF_ENDPOINT": endpoint, "TERM": "xterm", "LC_ALL": "C.UTF-8",
    }
    count, differing, expected = 0, 0, dict(EXPECTED)
    shared = {name: tree(base / name) for name in ["models", "weights"]}
    for text, is_offline, on_terminal in [(OFFLINE, True, False), (HUB, False, False), (TERMINAL, True, True)]:
        variables = {**environment, "HF_HUB_OFFLINE": "1"} if is_offline else environment
        for lines in cases(text, args.only):
            before, after = (results(lines, binary, base, variables, on_terminal) for binary in binaries)
            reason, differs = expected.get(lines[0]), False
            for number, line in enumerate(lines):
                old, new = before[number], after[number]
                different = [name for name in {**old, **new} if old.get(name) != new.get(name)]
                differs = differs or bool(different)
                count, differing = count + 1, differing + bool(different and reason is None)
                if args.verbose:
                    errors = new["standard error"].decode(errors="backslashreplace").strip().splitlines()
                    print(f"{line}: exit code {new['exit code'].decode()}, {len(new['standard output'])} bytes")
                    print("".join(f"  | {error}\n" for error in errors[:3]), end="")
                if different:
                    print(f"differs as expected ({reason}): {line}" if reason else f"DIFFERS: {line}")
                for name in different:
                    print("\n".join(difference(name, old.get(name), new.get(name), 10_000 if args.verbose else 14)))
            if reason and not differs:
                print(f"the same, though expected to differ: {lines[0]} ({reason})")
            sys.stdout.flush()
    for name, files in shared.items():
        if tree(base / name) != files:
            print(f"DIFFERS: something wrote into the folder {name}, which belongs to all cases")
            differing += 1
    print(f"{count} command lines, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    main()
