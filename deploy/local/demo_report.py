"""What the demo shows, and its score."""

import sys
import time


class Report:
    def __init__(self):
        self.passed = self.failed = self.scenes = 0
        self.colour = sys.stdout.isatty()
        self.begin = time.monotonic()

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def scene(self, title):
        self.scenes += 1
        print("\n" + self.paint(1, f"{self.scenes}. {title}") + self.paint(2, f"  ({time.monotonic() - self.begin:.0f} s)"), flush=True)

    def say(self, text):
        print(f"   {text}", flush=True)

    def check(self, sentence, got, wanted=True):
        if got == wanted:
            self.passed += 1
            print(f"   {self.paint(32, 'ok')}    {sentence}", flush=True)
        else:
            self.fail(f"{sentence}: wanted {wanted!r}, got {got!r}")

    def fail(self, sentence):
        self.failed += 1
        print(f"   {self.paint(31, 'FAIL')}  {sentence}", flush=True)
