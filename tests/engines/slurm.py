"""Slurm on this machine alone, with keys, ports and a folder of its own, for as long as it is asked.
Debian: `apt-get install slurm-wlm munge`. It is started by root, as slurmd wants it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("sbatch", "squeue", "scontrol", "slurmctld", "slurmd", "munged")
# Away from those of a Slurm that is at work here.
PORTS = (16817, 16818)
WITHIN = 300.0


def is_here() -> bool:
    """Whether all that it takes is installed."""
    places = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return os.geteuid() == 0 and all(shutil.which(name, path=places) for name in NEEDED)


@contextmanager
def one_node(folder: Path) -> Iterator[None]:
    """Runs a cluster of this machine, which sbatch and the others find by `SLURM_CONF`."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    name = socket.gethostname().split(".")[0]
    for place in ("state", "spool"):
        (folder / place).mkdir()
    # munged and slurmd insist that nobody else can write to where their files are.
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    config = folder / "slurm.conf"
    config.write_text(
        f"""ClusterName=one
SlurmctldHost={name}(127.0.0.1)
SlurmUser=root
SlurmctldPort={PORTS[0]}
SlurmdPort={PORTS[1]}
AuthType=auth/munge
CredType=cred/munge
# A task that is to run again waits until its old credential is worth nothing.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MailProg=/bin/true
NodeName={name} NodeAddr=127.0.0.1 CPUs={os.cpu_count()}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
    )
    os.environ["SLURM_CONF"] = str(config)
    daemons = [
        ["munged", "-F", f"--socket={folder}/munge.socket", f"--key-file={key}"]
        + [f"--{what}-file={folder}/munged.{what}" for what in ("log", "pid", "seed")],
        ["slurmctld", "-D"],
        ["slurmd", "-D"],
    ]
    running = []
    try:
        for daemon in daemons:
            with open(folder / f"{daemon[0]}.out", "wb") as out:
                running.append(subprocess.Popen(daemon, stdout=out, stderr=out))
            time.sleep(1)
        wait(lambda: "idle" in answer("sinfo", "-h", "-o", "%T"), "the node to be idle")
        yield
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def answer(*command: str) -> str:
    """What a command of Slurm says."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.stdout.strip()


def wait(is_so, what: str) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + WITHIN
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.05)


def states(job: str) -> dict[int, str]:
    """Of each task of an array what Slurm calls its state."""
    lines = answer("squeue", "-h", "-r", "-t", "all", "-j", job, "-o", "%K %T").splitlines()
    return {int(number): state for number, state in (line.split() for line in lines)}


def effnet_of(job: str, number: int, name: str) -> int | None:
    """The process of this name that is at work for a task."""
    wanted = {f"SLURM_ARRAY_JOB_ID={job}".encode(), f"SLURM_ARRAY_TASK_ID={number}".encode()}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "comm").read_text().strip() == name[:15]:
                if wanted <= set((entry / "environ").read_bytes().split(b"\0")):
                    return int(entry.name)
        except OSError:
            pass
    return None
