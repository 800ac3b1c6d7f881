"""What the scripts of this folder share: a venv for the engine, pictures, one process's records."""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNT = 800


class Setting:
    """The pictures, effnet, and what one process of it says of them."""

    def __init__(self, description: str, requirements: tuple[str, ...]):
        parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument(
            "--work",
            type=Path,
            default=Path(tempfile.gettempdir()) / "effnet-engines",
            help="where the engine and the pictures are put, and stay (%(default)s)",
        )
        parser.add_argument(
            "--from",
            dest="source",
            type=Path,
            default=ROOT / "assets" / "pictures",
            help="a folder of pictures, which are cropped, scaled and turned (%(default)s)",
        )
        parser.add_argument("--model", default="demo", help="as of effnet (%(default)s)")
        parser.add_argument(
            "--effnet", type=Path, default=ROOT / "target" / "release" / "effnet"
        )
        options = parser.parse_args()
        self.work = options.work.resolve()
        in_venv(self.work, Path(sys.argv[0]).stem, requirements)
        self.effnet = str(options.effnet.resolve())
        self.model = options.model
        if Path(options.model).exists():
            self.model = str(Path(options.model).resolve())
        self.folder = self.work / f"pictures of {options.source.resolve().name}"
        if not self.folder.exists():
            draw(options.source, self.folder)
        self.paths = sorted(str(path) for path in self.folder.rglob("*.*"))
        self.failed = 0
        started = time.monotonic()
        self.whole = self.of_one_process(self.paths)
        self.say("one process", len(self.whole), time.monotonic() - started)

    @property
    def command(self) -> list[str]:
        """What is run, but for the inputs."""
        return [self.effnet, "classify", "--model", self.model, "--jsonl", "-q"]

    def of_one_process(self, names: Iterable[str], *command: str) -> list[str]:
        """The records of files that are called so, by one plain process."""
        listed = "\0".join(names).encode()
        command = [*(command or self.command), "--files-from", "-", "-0", "--keep-going"]
        done = subprocess.run(command, input=listed, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().splitlines()

    def is_effnet(self, _: int, name: str) -> bool:
        """Whether a process that is called so is effnet; the system cuts names off."""
        return name == Path(self.effnet).name[:15]

    def scratch(self) -> Path:
        """A new folder."""
        return Path(tempfile.mkdtemp(dir=self.work))

    def compare(self, what: str, lines: Iterable[str], seconds: float, whole=None) -> None:
        """Says whether `lines` are, but for their order, those of one process, to the byte."""
        mine, theirs = sorted(lines), sorted(self.whole if whole is None else whole)
        if mine == theirs:
            self.say(what, len(mine), seconds)
            return
        self.failed += 1
        missing, more = set(theirs) - set(mine), set(mine) - set(theirs)
        print(
            f"{what}: NOT EQUAL: {len(mine)} records and not {len(theirs)}, {len(missing)} missing, "
            f"{len(more)} others, {len(mine) - len(set(mine))} twice; such as {list(more)[:1]}"
        )

    def compare_killed(self, what: str, is_it, run: Callable[[], list[str]], whole=None) -> None:
        """The same of the lines of `run`, during which a process for which `is_it` is killed."""
        killed = []
        killer = threading.Thread(target=lambda: killed.append(kill_one(is_it)))
        killer.start()
        started = time.monotonic()
        lines = run()
        seconds = time.monotonic() - started
        killer.join()
        self.expect(f"{what} ({killed[0]})", killed[0] is not None)
        self.compare(what, lines, seconds, whole)

    def expect(self, what: str, is_so: bool) -> None:
        """Says whether something is as it should be."""
        self.failed += not is_so
        print(f"{what}: {'yes' if is_so else 'NO'}", flush=True)

    @staticmethod
    def say(what: str, count: int, seconds: float) -> None:
        rate = count / seconds
        print(f"{what}: EQUAL, {count} records in {seconds:.1f} s, {rate:.0f}/s", flush=True)

    def end(self) -> None:
        """Ends the script, well only if all was equal."""
        sys.exit(1 if self.failed else 0)


def in_venv(work: Path, name: str, requirements: tuple[str, ...]) -> None:
    """Goes on as the Python of a venv that has the requirements."""
    home = work / "venv" / name
    if Path(sys.prefix) == home:
        return
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        wanted = ["pillow", *requirements]
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        (home / "ready").touch()
    # Whatever else is on the way to a package is not what was installed.
    os.environ.pop("PYTHONPATH", None)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.execv(python, [str(python), *sys.argv])


def draw(source: Path, folder: Path) -> None:
    """Writes pictures made of those in `source`, the same ones always; two of them are damaged."""
    from PIL import Image

    kinds = (".jpg", ".jpeg", ".png")
    sources = sorted(path for path in source.rglob("*") if path.suffix.lower() in kinds)
    part = folder.with_name(folder.name + ".part")
    rng = random.Random(15)
    for number in range(COUNT):
        picture = Image.open(rng.choice(sources)).convert("RGB")
        share = rng.uniform(0.6, 1.0)
        width, height = (int(share * side) for side in picture.size)
        left, top = rng.randint(0, picture.width - width), rng.randint(0, picture.height - height)
        picture = picture.crop((left, top, left + width, top + height))
        side = rng.randint(160, 480)
        picture.thumbnail((side, side)) if side < max(picture.size) else None
        picture = picture.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC, expand=True)
        # Names that a shell, an address and a CSV would each want quoted.
        name = f"{number // 100}/{'über uns %20' if number % 50 == 0 else 'IMG'}_{number:04}"
        ending = ".png" if number % 10 == 9 else ".jpg"
        path = part / (name + ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, quality=90)
        if number in (123, 456):
            path.write_bytes(path.read_bytes()[:2000])
    part.rename(folder)


def descendants(parent: int) -> dict[int, str]:
    """The processes below this one, and what each is called."""
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        name, rest = text.split("(", 1)[1].rsplit(")", 1)
        children.setdefault(int(rest.split()[1]), []).append((int(entry.name), name))
    found, left = {}, [parent]
    while left:
        for child, name in children.get(left.pop(), []):
            found[child] = name
            left.append(child)
    return found


def kill_one(is_it, within: float = 300.0, age: float = 0.1) -> int | None:
    """Kills (-9) one process below this one for which `is_it(pid, name)`, some moments after it was
    seen first; tells which."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for pid, name in descendants(os.getpid()).items():
            if is_it(pid, name):
                time.sleep(age)
                try:
                    os.kill(pid, 9)
                    return pid
                except ProcessLookupError:
                    continue
        time.sleep(0.02)
    return None
