"""An array of eight tasks, two at a time, by Slurm's own sbatch on this machine if it is installed
(see slurm.py), and else by plain processes with Slurm's variables. Two tasks are killed (-9) and run
again; with Slurm they are requeued, and one of them once more while it runs."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import slurm
from engines import Setting

TASKS = 8
KILLED = (3, 6)
# Bytes of some records.
BEGUN = 3000


class Processes:
    """Plain processes."""

    name = "plain processes with Slurm's variables"

    def __init__(self, folder: Path, command: list[str], _: Setting):
        self.folder, self.command = folder, command

    def run(self) -> bool:
        """Runs all tasks and kills two; tells whether these two alone ended badly."""
        with ThreadPoolExecutor(2) as pool:
            codes = list(pool.map(lambda n: self.task(n, n in KILLED), range(1, TASKS + 1)))
        return [number for number, code in enumerate(codes, 1) if code == -9] == list(KILLED)

    def again(self) -> bool:
        """Runs the two again; tells whether they end well."""
        return [self.task(number) for number in KILLED] == [0] * len(KILLED)

    def task(self, number: int, is_killed: bool = False) -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "SLURM_ARRAY_TASK_ID": str(number),
            "SLURM_ARRAY_TASK_COUNT": str(TASKS),
            "SLURM_ARRAY_TASK_MIN": "1",
            "SLURM_ARRAY_TASK_MAX": str(TASKS),
            "SLURM_ARRAY_TASK_STEP": "1",
        }
        command = [*self.command, "-o", part(number)]
        process = subprocess.Popen(command, cwd=self.folder, env=environment)
        while is_killed and size(self.folder, number) < BEGUN and process.poll() is None:
            time.sleep(0.002)
        if is_killed:
            process.kill()
        return process.wait()


class Sbatch:
    """Slurm, which is there."""

    name = "Slurm's sbatch"

    def __init__(self, folder: Path, command: list[str], setting: Setting):
        self.folder, self.setting = folder, setting
        # As a user writes it: Slurm puts the number in.
        line = f"exec {shlex.join(command)} -o {part('$SLURM_ARRAY_TASK_ID')}"
        self.sbatch = ["sbatch", "--parsable", f"--array=1-{TASKS}", f"--chdir={folder}"]
        self.sbatch += ["--output=task-%a.log", "--wrap", line]
        self.job = ""

    def run(self) -> bool:
        self.job = slurm.answer(*self.sbatch)
        for number in KILLED:
            os.kill(self.begun(number), signal.SIGKILL)
        self.end()
        bad = [number for number, state in slurm.states(self.job).items() if state == "FAILED"]
        return sorted(bad) == list(KILLED)

    def again(self) -> bool:
        number = KILLED[-1]
        left = size(self.folder, number)
        for killed in KILLED:
            self.requeue(killed)
        # And as when its node is wanted for something else. It is held, or it might be done before.
        os.kill(self.begun(number, left), signal.SIGSTOP)
        self.requeue(number)
        self.end()
        told = slurm.answer("scontrol", "show", "job", f"{self.job}_{number}")
        return "Restarts=2" in told and set(slurm.states(self.job).values()) == {"COMPLETED"}

    def requeue(self, number: int) -> None:
        subprocess.run(["scontrol", "requeue", f"{self.job}_{number}"], check=True)

    def begun(self, number: int, left: int = 0) -> int:
        """The effnet of a task that has written something, more than what was `left` before."""
        name = Path(self.setting.effnet).name
        found = []

        def is_at_work() -> bool:
            if size(self.folder, number) in (*range(BEGUN), left):
                return False
            found.append(slurm.effnet_of(self.job, number, name))
            return bool(found[-1])

        slurm.wait(is_at_work, f"task {number} to begin")
        return found[-1]

    def end(self) -> None:
        over = {"COMPLETED", "FAILED"}
        slurm.wait(lambda: set(slurm.states(self.job).values()) <= over, "the array to end")


def part(number) -> str:
    return f"part-{number}.jsonl"


def size(folder: Path, number: int) -> int:
    """How much a task has written."""
    places = (folder / part(number), folder / f"{part(number)}.part")
    return max((path.stat().st_size for path in places if path.exists()), default=0)


def main() -> None:
    setting = Setting(__doc__, ())
    with contextlib.ExitStack() as until_end:
        how = Processes
        if slurm.is_here():
            until_end.enter_context(slurm.one_node(setting.scratch()))
            how = Sbatch
            print(slurm.answer("sbatch", "--version"))
        print(f"tasks are started by {how.name}", flush=True)
        for more in ([], ["--resume"]):
            array(setting, how, more)
    setting.end()


def array(setting: Setting, how, more: list[str]) -> None:
    folder = setting.scratch()
    what = " ".join(["--shard auto", *more])
    command = [*setting.command, "-r", str(setting.folder), "--shard", "auto"]
    tasks = how(folder, [*command, "--threads", "1", "--keep-going", *more], setting)
    started = time.monotonic()
    setting.expect(f"{what}: two were killed, and these alone ended badly", tasks.run())
    check = [setting.effnet, "check", ".", "--shards", str(TASKS)]
    before = subprocess.run(check, cwd=folder, stdout=subprocess.PIPE, text=True)
    wanted = f"missing: 3/{TASKS}, 6/{TASKS}"
    setting.expect("effnet check names the two", wanted in before.stdout and before.returncode == 1)
    if wanted not in before.stdout:
        print(before.stdout)
    setting.expect("run again they end well", tasks.again())
    seconds = time.monotonic() - started
    lines = [line for path in folder.glob("part-*.jsonl") for line in path.read_text().splitlines()]
    setting.compare(what, lines, seconds)
    after = subprocess.run(check, cwd=folder, stdout=subprocess.PIPE)
    setting.expect("effnet check finds nothing wrong", after.returncode == 0)


if __name__ == "__main__":
    main()
