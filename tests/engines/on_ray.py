"""Ray Data: two actors, each with an effnet that gets bytes; also with these killed on the way."""

from __future__ import annotations

import os
import time
from pathlib import Path

from engines import Setting

HERE = str(Path(__file__).resolve().parent)


def main() -> None:
    setting = Setting(__doc__, ("ray[data]", "pandas"))
    # Ray starts the workers; they find what is beside this script.
    os.environ["PYTHONPATH"] = HERE
    os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"
    import ray

    started = time.monotonic()
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    print(f"Ray {ray.__version__} started in {time.monotonic() - started:.1f} s", flush=True)
    command = [*setting.command, "--threads", "1"]

    class Label:
        def __init__(self):
            from coprocess import Effnet

            self.effnet = Effnet(command)

        def __call__(self, batch):
            return {"record": self.effnet.records(zip(batch["path"], batch["bytes"]))}

    def run() -> list[str]:
        files = ray.data.read_binary_files(str(setting.folder), include_paths=True)
        actors = ray.data.ActorPoolStrategy(size=2)
        labelled = files.map_batches(Label, batch_size=32, compute=actors, num_cpus=1)
        return [row["record"] for row in labelled.take_all()]

    for what in ("map_batches, the first job", "map_batches"):
        started = time.monotonic()
        setting.compare(what, run(), time.monotonic() - started)
    for round in (1, 2, 3):
        what = f"map_batches, an effnet killed, round {round}"
        setting.compare_killed(what, setting.is_effnet, run)
    ray.shutdown()
    setting.end()


if __name__ == "__main__":
    main()
