"""How fast a page of `effnet classify --report` is in Chromium: opened, filtered, sorted, scrolled.

    pip install websocket-client
    python tests/bench/page.py page.html [--screenshots FOLDER] [--chromium chromium]

Times are milliseconds. It also counts requests, which must be none but the page itself.
"""

import argparse
import base64
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import websocket

PORT = 9333
# Each in the page, after it was loaded; a frame is drawn before the clock stops.
FRAME = "await new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
SET = """(async () => {
  const times = [], field = document.getElementById('%s');
  for (const value of %s) {
    const before = performance.now();
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    """ + FRAME + """;
    times.push(Math.round(performance.now() - before));
  }
  return times;
})()"""
SCROLL = """(async () => {
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < 240; frame++) {
    scrollBy(0, frame < 180 ? 120 : 2000);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  times.sort((a, b) => a - b);
  return [120, 228, 239].map(at => Math.round(times[at]));
})()"""
OPENED = """(async () => {
  """ + FRAME + """;
  const [page] = performance.getEntriesByType('navigation');
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  return { firstPaint: Math.round(paint.startTime), loaded: Math.round(page.loadEventEnd),
           pictures: document.querySelectorAll('figure').length };
})()"""


class Chromium:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900",
             f"--remote-debugging-port={PORT}", "--remote-allow-origins=*",
             f"--user-data-dir={self.folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tabs = None
        for _ in range(100):
            try:
                tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/json"))
                break
            except OSError:
                time.sleep(0.1)
        tab = next(tab for tab in tabs if tab["type"] == "page")
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=120)
        self.number = 0
        self.events = []
        for domain in ["Page", "Runtime", "Network"]:
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                return message["result"]
            self.events.append(message)

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                           returnByValue=True)
        return result["result"].get("value", result)

    def open(self, address):
        self.call("Page.navigate", url=address)
        while self.run("document.readyState + location") != "complete" + address:
            time.sleep(0.02)

    def screenshot(self, path, scheme):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.run("scrollTo(0, 0)")
        self.run("(async () => {" + FRAME + "})()")
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def requests(self):
        sent = [e["params"]["request"]["url"] for e in self.events
                if e["method"] == "Network.requestWillBeSent"]
        return [address for address in sent if not address.startswith("data:")]

    def close(self):
        self.process.kill()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--chromium", default="chromium")
    arguments = parser.parse_args()
    chromium = Chromium(arguments.chromium)
    chromium.open(arguments.page.resolve().as_uri())
    print("opened", chromium.run(OPENED))
    print("filtered", chromium.run(SET % ("text", '["s", "star", "nothing", ""]')))
    print("sorted", chromium.run(SET % ("order", '["sure", "label", "path", "given"]')))
    print("frames of scrolling: median, 95 %, longest", chromium.run(SCROLL))
    print("requests", len(chromium.requests()))
    if arguments.screenshots:
        for scheme in ["light", "dark"]:
            chromium.screenshot(arguments.screenshots / f"{scheme}.png", scheme)
    chromium.close()


if __name__ == "__main__":
    main()
