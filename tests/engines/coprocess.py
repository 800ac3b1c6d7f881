"""effnet beside a Python process: bytes of pictures in, records out. To be copied."""

from __future__ import annotations

import subprocess
import tarfile
import threading


class Effnet:
    """Starts effnet once, and again whenever it was killed."""

    def __init__(self, command: list[str]):
        # What is called a.jpg is a picture to --tar, in hidden folders too.
        self.command = [*command, "--tar", "-", "--hidden", "--keep-going"]
        self.process = None

    def records(self, pictures) -> list[str]:
        """A record for each of `pictures`, which are (name, bytes), in their order."""
        pictures = list(pictures)
        for _ in range(3):
            lines = self._ask(pictures)
            if len(lines) == len(pictures):
                return lines
            # It died. No picture was answered in part: all are asked for again.
            self.process.kill()
            self.process.wait()
            self.process = None
        raise RuntimeError("effnet ended three times on the same pictures")

    def _ask(self, pictures) -> list[str]:
        if self.process is None:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe)
        # Who writes all before it reads waits for ever once both pipes are full.
        writer = threading.Thread(target=self._write, args=(pictures,))
        writer.start()
        lines = []
        for _ in pictures:
            line = self.process.stdout.readline()
            if not line.endswith(b"\n"):
                break
            lines.append(line.decode().removesuffix("\n"))
        writer.join()
        return lines

    def _write(self, pictures) -> None:
        to = self.process.stdin
        try:
            for name, data in pictures:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                # tarfile.open("w|") would keep the last block until the next.
                to.write(info.tobuf() + data + bytes(-len(data) % 512))
            to.flush()
        except BrokenPipeError:
            pass
