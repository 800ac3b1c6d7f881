"""An array of eight tasks as Slurm starts them, two at a time: the variables are Slurm's, the
processes plain. Two tasks are killed (-9) and run again, as `sbatch --requeue` would."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engines import Setting

TASKS = 8


def main() -> None:
    setting = Setting(__doc__, ())
    for more in ([], ["--resume"]):
        array(setting, more)
    setting.end()


def array(setting: Setting, more: list[str]) -> None:
    folder = setting.scratch()
    what = " ".join(["--shard auto", *more])

    def task(number: int, is_killed: bool = False) -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "SLURM_ARRAY_TASK_ID": str(number),
            "SLURM_ARRAY_TASK_COUNT": str(TASKS),
            "SLURM_ARRAY_TASK_MIN": "1",
            "SLURM_ARRAY_TASK_MAX": str(TASKS),
            "SLURM_ARRAY_TASK_STEP": "1",
        }
        part = f"part-{number}.jsonl"
        command = [*setting.command, "-r", str(setting.folder), "--shard", "auto", "-o", part]
        command += ["--threads", "1", "--keep-going", *more]
        process = subprocess.Popen(command, cwd=folder, env=environment)
        if is_killed:
            begun = (folder / part, folder / f"{part}.part")
            while not any(path.exists() and path.stat().st_size > 3000 for path in begun):
                if process.poll() is not None:
                    break
                time.sleep(0.002)
            process.kill()
        return process.wait()

    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda n: task(n, n in (3, 6)), range(1, TASKS + 1)))
    setting.expect(f"{what}: two were killed {codes}", codes.count(-9) == 2)
    check = [setting.effnet, "check", ".", "--shards", str(TASKS)]
    before = subprocess.run(check, cwd=folder, stdout=subprocess.PIPE, text=True)
    wanted = f"missing: 3/{TASKS}, 6/{TASKS}"
    setting.expect("effnet check names the two", wanted in before.stdout and before.returncode == 1)
    if wanted not in before.stdout:
        print(before.stdout)
    again = [task(number) for number in (3, 6)]
    seconds = time.monotonic() - started
    setting.expect("run again they end well", again == [0, 0])
    lines = [line for path in folder.glob("part-*.jsonl") for line in Path(path).read_text().splitlines()]
    setting.compare(what, lines, seconds)
    after = subprocess.run(check, cwd=folder, stdout=subprocess.PIPE)
    setting.expect("effnet check finds nothing wrong", after.returncode == 0)


if __name__ == "__main__":
    main()
