#!/usr/bin/env python3
"""The pages of a run in a real browser: browser_test.py CHAR_RNN [CHROMIUM]. Ends with 77 where there is no Chromium.

It is driven by its debugging pipe, file descriptors 3 and 4: a message is JSON that ends with a zero byte.
"""
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

TEXT = "ROMEO:\nSo many fishes swam, so few of them came home.\n\nJULIET:\nThen let us wait; the night is long, my love.\n\n"
PATIENCE = 120  # seconds, on a machine that does other things too


class Browser:
    def __init__(self, program, profile):
        while os.open(os.devnull, os.O_RDWR) < 4:  # no end of a pipe shall be one that dup2 replaces
            pass
        (theirs, self.out), (self.into, back) = os.pipe(), os.pipe()
        os.dup2(theirs, 3)
        os.dup2(back, 4)
        arguments = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        self.process = subprocess.Popen([program, *arguments, "about:blank"], pass_fds=(3, 4), stderr=subprocess.DEVNULL)
        self.received, self.number, self.events, self.session = b"", 0, [], {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.received:
            if not select.select([self.into], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser says nothing")
            self.received += os.read(self.into, 1 << 16)
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        os.write(self.out, json.dumps({"id": self.number, "method": method, "params": params, **self.session}).encode() + b"\0")
        while (message := self.receive()).get("id") != self.number:
            self.events.append(message)
        return message["result"]

    def open(self, address):
        self.call("Page.navigate", url="about:blank")  # another fragment alone would load nothing
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.js(expression):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.02)

    def size(self, width, height, touch=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def key(self, name, code=0, modifiers=0):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if name == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, modifiers=modifiers, **text)

    def type_into(self, field, text):
        self.js(f"document.getElementById('{field}').focus(); document.getElementById('{field}').select()")
        self.call("Input.insertText", text=text)

    def complaints(self):
        wanted = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [event for event in self.events if event.get("method") in wanted]


failures = []


def check(what, good):
    print(f"{'ok  ' if good else 'FAIL'} {what}")
    if not good:
        failures.append(what)


def look_at_report(browser, address):
    for width in (360, 1200):
        browser.size(width, 900)
        browser.open(address)
        check(f"the report fits into {width} pixels", browser.js("document.documentElement.scrollWidth") <= width)
        browser.js("document.querySelector('summary').focus()")
        browser.key("Enter", 13)
        check("the table of figures opens by keyboard", browser.js("document.querySelector('details').open"))
        heights = browser.js("[...document.querySelectorAll('.losses tbody tr')].map(row => row.offsetHeight)")
        check(f"its figures are not broken: rows of {heights}", heights and max(heights) < 32)
        check("and it fits, too", browser.js("document.documentElement.scrollWidth") <= width)
    light = browser.js("getComputedStyle(document.body).backgroundColor")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check("it has a dark scheme", browser.js("getComputedStyle(document.body).backgroundColor") != light)
    browser.call("Emulation.setEmulatedMedia", features=[])


class Units:
    """What the page of hidden units shows, and what it should."""

    def __init__(self, browser):
        self.browser = browser
        self.numbers = browser.js("JSON.parse(document.getElementById('numbers').textContent)")

    def at(self):
        return tuple(int(self.browser.js(f"document.getElementById('{name}').value")) for name in ("layer", "unit"))

    def shows(self, layer, unit):
        """Whether the fields and the address name the unit, and the colours are those of its values."""
        right = f"""(() => {{
          const cells = [...document.querySelectorAll("#text b")], length = 4 * Math.ceil(cells.length / 3);
          const at = ({layer} * {self.numbers['units']} + {unit}) * length;
          const bytes = atob(document.getElementById("values").textContent.slice(at, at + length));
          return cells.every((cell, i) => {{
            const value = bytes.charCodeAt(i) << 24 >> 24, level = Math.round(Math.abs(value) * {self.numbers['levels']} / 127);
            return cell.className === (value < 0 ? "n" : "p") + level;
          }});
        }})()"""
        named = self.at() == (layer, unit) and self.browser.js("location.hash") == f"#{layer}:{unit}"
        return named and self.browser.js(right)

    def says(self):
        return self.browser.js("document.getElementById('say').textContent")

    def in_view(self):
        return self.browser.js("""(() => {
          const here = document.querySelector(".here").getBoundingClientRect();
          return here.top >= document.getElementById("bar").getBoundingClientRect().bottom - 1 && here.bottom <= innerHeight + 1;
        })()""")

    def place_of(self, character):
        return self.browser.js(f"""(() => {{
          const place = document.querySelectorAll("#text .c")[{character}].getBoundingClientRect();
          return {{x: place.x + place.width / 2, y: place.y + 8}};
        }})()""")


def pick_units(browser, address):
    browser.size(1200, 700)
    browser.open(address)
    units = Units(browser)
    layers, count = units.numbers["layers"], units.numbers["units"]
    layer, unit = units.numbers["layer"], units.numbers["unit"]
    check("the liveliest unit comes first", units.shows(layer, unit))
    colour = "getComputedStyle(document.querySelector('#text b')).backgroundColor"
    colours = {browser.js(colour)}
    for _ in range(count):
        browser.key("ArrowRight", 39)
        colours.add(browser.js(colour))
    check("arrow keys go through all units", units.shows(layer, unit))
    check("and change what is on the screen", len(colours) > 2)
    browser.key("ArrowRight", 39, modifiers=8)
    check("with Shift, the layer", units.shows((layer + 1) % layers, unit))
    browser.type_into("unit", "3")
    check("a unit can be typed", units.shows((layer + 1) % layers, 3))
    browser.key("ArrowRight", 39)
    check("arrows in a field move its cursor only", units.shows((layer + 1) % layers, 3))
    browser.type_into("unit", "99999")
    check("of units beyond there is the last", units.shows((layer + 1) % layers, count - 1))
    browser.js("document.querySelector('#lists a:last-child').click()")
    browser.until("document.querySelector('#lists a:last-child').getAttribute('href') === location.hash")
    check("a link picks its unit", units.shows(*units.at()))
    for fragment, wanted in (("#1:2", (1, 2)), ("#99:99", (layers - 1, count - 1)), ("#else", (layer, unit))):
        browser.open(address + fragment)
        check(f"the address {fragment}", units.shows(*wanted))


def ask_about_characters(browser, address):
    browser.open(address)
    units = Units(browser)
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", **units.place_of(9))
    said = units.says()
    check("pointing tells figures: " + said, all(part in said for part in (" at 9: activation ", ", surprise ", "; next: ", " %")))
    check("and the number", browser.js("document.getElementById('character').value") == "9")
    told = set()
    for _ in range(units.numbers["units"]):
        browser.key("ArrowRight", 39)
        told.add(units.says())
    check("that follow the unit", len(told) > 2 and all(" at 9: " in text for text in told))
    browser.js("document.getElementById('text').addEventListener('pointerover', () => document.body.dataset.over = 'yes')")
    for character in (900, 3, 555, 999):
        browser.type_into("character", str(character))
        if character == 900:  # the text scrolls away beneath a pointer that rests, and is told of it
            browser.until("document.body.dataset.over === 'yes'")
        check(f"character {character} by number", f" at {character}: " in units.says())
        check("is in view, and no other is marked", units.in_view() and browser.js("document.querySelectorAll('.here').length") == 1)
    lines = "document.getElementById('text').getBoundingClientRect().height"
    height = browser.js(lines)
    browser.js("document.getElementById('guesses').click()")
    check("the guesses can be put away", browser.js(lines) < height / 2)
    browser.size(360, 700, touch=True)
    browser.open(address)
    bar = browser.js("document.getElementById('bar').getBoundingClientRect().height")
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[units.place_of(5)])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.until("document.getElementById('say').textContent.includes(' at 5: ')")
    check("a tap tells figures, too", True)
    check("the text stays where it was", browser.js("document.getElementById('bar').getBoundingClientRect().height") == bar)
    check("all fits into a telephone", browser.js("document.documentElement.scrollWidth") <= 360)


def main():
    program, chromium = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    if not chromium or chromium.endswith("NOTFOUND"):
        print("skipped: there is no Chromium here (apt-get install chromium)")
        sys.exit(77)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        box = pathlib.Path(folder)
        (box / "fish.txt").write_text(TEXT * 40)
        train = "train fish.txt --hidden 8 --batch 4 --seq-len 20 --steps 300 --split 0.9,0.1 --eval-every 50 --out run"
        for command in (train, "report run", "visualize run fish.txt --length 1000"):
            subprocess.run([program, *command.split()], cwd=box, check=True, capture_output=True)
        browser = Browser(chromium, box / "profile")
        try:
            look_at_report(browser, (box / "run/report.html").as_uri())
            pick_units(browser, (box / "run/visualize.html").as_uri())
            ask_about_characters(browser, (box / "run/visualize.html").as_uri())
            check("nothing in the console", not [print(event) for event in browser.complaints()])
        finally:
            browser.process.kill()
            browser.process.wait()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
