"""GNU parallel: --pipe, a job log that is gone on with after a kill, and over ssh to this machine."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

from engines import Setting


def main() -> None:
    setting = Setting(__doc__, ())
    if not shutil.which("parallel"):
        raise SystemExit("GNU parallel is not here: apt install parallel")
    listed = setting.scratch() / "list"
    listed.write_text("".join(path + "\n" for path in setting.paths))
    effnet = shlex.join([*setting.command, "--threads", "1", "--keep-going"])
    pipe(setting, listed, effnet)
    groups(setting, listed, effnet)
    job_log(setting, listed, effnet)
    over_ssh(setting, listed, effnet)
    setting.end()


def shell(line: str, folder: Path, **more) -> str:
    command = ["bash", "-c", line]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True, **more)
    return done.stdout.decode()


def timed(setting: Setting, what: str, line: str, folder: Path) -> str:
    started = time.monotonic()
    text = shell(line, folder)
    setting.compare(what, text.splitlines(), time.monotonic() - started)
    return text


def pipe(setting: Setting, listed: Path, effnet: str) -> None:
    line = f"parallel -j2 --pipe -N100 '{effnet} --files-from -' < {shlex.quote(str(listed))}"
    timed(setting, "--pipe -N100", line, setting.scratch())
    line = line.replace("--pipe", "--pipe --round-robin --line-buffer")
    timed(setting, "--pipe --round-robin --line-buffer", line, setting.scratch())


def groups(setting: Setting, listed: Path, effnet: str) -> None:
    line = f"parallel -j2 -n100 -k {effnet} < {shlex.quote(str(listed))}"
    text = timed(setting, "-n100 -k", line, setting.scratch())
    setting.expect("-k keeps the order of one process", text.splitlines() == setting.whole)


def job_log(setting: Setting, listed: Path, effnet: str) -> None:
    """Each group to a file of its own, which has its name only when it is whole."""
    for name, number in (("TERM", signal.SIGTERM), ("KILL", signal.SIGKILL)):
        folder = setting.scratch()
        line = (
            f"parallel -j2 -n40 --joblog log --resume {effnet} -o part-{{#}}.jsonl {{}}"
            f" < {shlex.quote(str(listed))}"
        )
        started = time.monotonic()
        # A session of its own, so that all of it can be ended at once.
        job = subprocess.Popen(["bash", "-c", line], cwd=folder, start_new_session=True)
        while len(list(folder.glob("part-*.jsonl"))) < 5 and job.poll() is None:
            time.sleep(0.01)
        os.killpg(job.pid, number)
        job.wait()
        done = len(list(folder.glob("part-*.jsonl")))
        setting.expect(f"{name} in the middle ({done} of 20 groups done)", done < 20)
        shell(line, folder)
        seconds = time.monotonic() - started
        setting.compare(f"--joblog --resume after {name}", parts(folder), seconds)
        check = subprocess.run([setting.effnet, "check", "."], cwd=folder, stdout=subprocess.PIPE)
        setting.expect("effnet check finds nothing wrong", check.returncode == 0)


def parts(folder: Path) -> list[str]:
    paths = folder.glob("part-*.jsonl")
    return [line for path in paths for line in path.read_text().splitlines()]


def over_ssh(setting: Setting, listed: Path, effnet: str) -> None:
    """A server of this user's own, with a key of its own, on this machine alone."""
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(server).exists():
        raise SystemExit("sshd is not here: apt install openssh-server")
    folder = setting.scratch()
    port = 42022
    for key in ("host", "user"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key]
        subprocess.run(keygen, check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    options = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "PidFile": folder / "pid",
        "PasswordAuthentication": "no",
        "StrictModes": "no",
        "UsePAM": "no",
    }
    text = "".join(f"{key} {value}\n" for key, value in options.items())
    (folder / "config").write_text(text)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    log = (folder / "log").open("w")
    process = subprocess.Popen([server, "-D", "-e", "-f", folder / "config"], stderr=log)
    try:
        ssh = (
            f"ssh -p {port} -i {folder}/user -o UserKnownHostsFile={folder}/known"
            " -o StrictHostKeyChecking=accept-new -o IdentitiesOnly=yes -o BatchMode=yes"
        )
        login = f"2/{getpass.getuser()}@127.0.0.1"
        for _ in range(50):
            probe = [*shlex.split(ssh), login.removeprefix("2/"), "true"]
            if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        quoted = shlex.quote(str(listed))
        line = f"parallel --ssh {shlex.quote(ssh)} -S {login} -n100 {effnet} < {quoted}"
        timed(setting, "over ssh, names", line, setting.scratch())
        line = (
            f"parallel --ssh {shlex.quote(ssh)} -S {login} --pipe -N100 '{effnet} --files-from -'"
            f" < {quoted}"
        )
        timed(setting, "over ssh, --pipe", line, setting.scratch())
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
