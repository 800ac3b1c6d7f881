"""`kill -9` at random moments, twenty times and more: the same run again gives the same records."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

from engines import Setting

ROUNDS = 20


def main() -> None:
    setting = Setting(__doc__, ())
    rng = random.Random(time.time_ns())
    tail = ["-r", str(setting.folder), "--keep-going", "-q", "--model", setting.model]
    classify = [setting.effnet, "classify", "--jsonl", *tail]
    seconds = timed([*classify, "-o", str(setting.scratch() / "x.jsonl")])
    total = 0
    for round in range(ROUNDS):
        # What is killed first may have been begun with or without --resume.
        folder = setting.scratch()
        first = ["--resume"] if round % 2 else []
        kills = again_and_again([*classify, "-o", str(folder / "labels.jsonl")], first, seconds, rng)
        total += kills
        lines = (folder / "labels.jsonl").read_text().splitlines()
        if lines != setting.whole:
            setting.compare(f"round {round + 1}, {kills} kills", lines, seconds)
        left = [path.name for path in folder.iterdir() if path.name != "labels.jsonl"]
        if left:
            setting.expect(f"round {round + 1} leaves nothing beside, as {left}", False)
    good = "the same records in the same order" if not setting.failed else "FAILED"
    print(f"classify: {ROUNDS} rounds, {total} kills: {good}")

    embed = [setting.effnet, "embed", *tail]
    for ending in ("safetensors", "npy"):
        before, total = setting.failed, 0
        whole = setting.scratch()
        seconds = timed([*embed, "-o", str(whole / f"x.{ending}")])
        for round in range(ROUNDS // 2):
            folder = setting.scratch()
            first = ["--resume"] if round % 2 else []
            total += again_and_again([*embed, "-o", str(folder / f"x.{ending}")], first, seconds, rng)
            for path in whole.iterdir():
                mine = folder / path.name
                if not mine.exists() or mine.read_bytes() != path.read_bytes():
                    setting.expect(f"{ending}, round {round + 1}: {path.name} is the same", False)
        good = "the same bytes" if setting.failed == before else "FAILED"
        print(f"embed to {ending}: {ROUNDS // 2} rounds, {total} kills: {good}")
    setting.end()


def timed(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def again_and_again(command: list[str], first: list[str], seconds: float, rng) -> int:
    """Kills a run up to four times, each time somewhere between its beginning and its end, then lets
    it end; tells how often."""
    kills = 0
    more = first
    for _ in range(rng.randint(1, 4)):
        process = subprocess.Popen([*command, *more], stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, 0.7 * seconds))
        process.kill()
        kills += process.wait() == -9
        more = ["--resume"]
    subprocess.run([*command, "--resume"], stderr=subprocess.DEVNULL, check=True)
    return kills


if __name__ == "__main__":
    main()
