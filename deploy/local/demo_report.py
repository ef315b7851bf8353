"""What the demo shows, and its score."""

import json
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
        print(
            "\n"
            + self.paint(1, f"{self.scenes}. {title}")
            + self.paint(2, f"  ({time.monotonic() - self.begin:.0f} s)"),
            flush=True,
        )

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


def print_commands(world):
    sandbox = json.loads((world.directory / "sandbox.json").read_text())
    program, configuration = world.programs / "sendcode", world.directory / "worker.yaml"
    print(f"""
Left running, all on loopback. Commands to try:

  {program} send --config {configuration} --phone +61491570110 \\
    --environment env_demo --application app_web --purpose sign_in --wait
  {program} watch --config {configuration}
  curl -s {sandbox['control_url']}/sandbox/messages            # the phones
  curl -s {world.sendcode.url}/metrics
  curl -s -d '{{"target": "twilio", "kind": "refuse"}}' {sandbox['control_url']}/sandbox/faults   # Twilio goes down
  curl -s -X DELETE {sandbox['control_url']}/sandbox/faults     # and comes back
  kcat -C -b {world.bootstrap} -t sms.delivery-status -J -e -q  # statuses
  less {world.directory}/worker.log

To end it all: deploy/local/demo --stop
""")
