"""PySpark on a local cluster of two workers: `pipe`, and `mapInPandas` over bytes; each also with an
effnet killed on the way, and with a whole executor killed. Needs Java 17 or newer."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

from engines import Setting

# Executors find what is beside this script.
HERE = str(Path(__file__).resolve().parent)


def main() -> None:
    setting = Setting(__doc__, ("pyspark", "pandas", "pyarrow"))
    os.environ["PYTHONPATH"] = HERE
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    started = time.monotonic()
    spark = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.files.openCostInBytes", "0")
        .config("spark.sql.files.maxPartitionBytes", "4m")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    print(f"Spark {spark.version} started in {time.monotonic() - started:.1f} s", flush=True)
    pipe(setting, spark)
    bytes_by_tar(setting, spark)
    spark.stop()
    setting.end()


def pipe(setting: Setting, spark) -> None:
    """Paths to effnet's standard input."""
    paths = spark.sparkContext.parallelize(setting.paths, 8)
    command = [*setting.command, "--files-from", "-", "--keep-going", "--threads", "1"]
    command = shlex.join(command)

    environment = spark.sparkContext.parallelize([""], 1).pipe("/usr/bin/env").collect()
    setting.expect("the environment of pipe is empty", environment == [])
    for what in ("pipe, the first job", "pipe"):
        started = time.monotonic()
        lines = paths.pipe(command, checkCode=True).collect()
        setting.compare(what, lines, time.monotonic() - started)

    def run():
        return paths.pipe(command, checkCode=True).collect()

    setting.compare_killed("pipe, an effnet killed", setting.is_effnet, run)
    setting.compare_killed("pipe, an executor killed", is_executor, run)
    # What checkCode is for: without it a worker's lost records are a success.
    try:
        paths.pipe(command + " --model none/such --offline", checkCode=True).collect()
        setting.expect("a model that is not there fails the job", False)
    except Exception:
        setting.expect("a model that is not there fails the job", True)


def bytes_by_tar(setting: Setting, spark) -> None:
    """Bytes to an effnet beside each worker."""
    files = (
        spark.read.format("binaryFile")
        .option("recursiveFileLookup", "true")
        .load(f"file:{setting.folder}")
        .select("path", "content")
    )
    command = [*setting.command, "--threads", "1"]

    def label(frames):
        import pandas
        from coprocess import Effnet

        effnet = Effnet(command)
        for frame in frames:
            records = effnet.records(zip(frame["path"], frame["content"]))
            yield pandas.DataFrame({"record": records})

    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "32")
    names = [row.path for row in files.select("path").collect()]
    whole = setting.of_one_process(names)

    def run():
        return [row.record for row in files.mapInPandas(label, "record string").collect()]

    print(f"binaryFile makes {files.rdd.getNumPartitions()} partitions", flush=True)
    for what in ("mapInPandas, bytes by tar, the first job", "mapInPandas, bytes by tar"):
        started = time.monotonic()
        setting.compare(what, run(), time.monotonic() - started, whole)
    setting.compare_killed("mapInPandas, bytes by tar, an effnet killed", setting.is_effnet, run, whole)
    setting.compare_killed("mapInPandas, bytes by tar, an executor killed", is_executor, run, whole)


def is_executor(pid: int, _: str) -> bool:
    try:
        return b"CoarseGrainedExecutorBackend" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
