"""What the demo shows, and its score."""

import json
import secrets
import sys
import time

from demo_clients import challenge_target


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
    program = world.servers.programs / "sendcode"
    configuration = f"--config {world.directory}/worker.yaml"
    challenge = secrets.token_urlsafe(18).replace("-", "_")  # a word of the command line's, not an option
    person = "--environment env_demo --application app_web --purpose sign_in --phone +61491570110"
    token = f"{world.directory}/api.token"
    asked = f"""-H "Authorization: Bearer $(cat {token})" '{world.sendcode.url}{challenge_target(challenge)}'"""
    print(f"""
Left running, all on loopback. Commands to try:

  {program} send {configuration} --challenge {challenge} \\
    {person} --wait
  {program} check 123456 --url {world.sendcode.url} --token-file {token} \\
    --challenge {challenge} {person}
  curl -s {asked}              # how the challenge stands
  curl -s -X DELETE {asked}    # cancels it
  {program} watch {configuration} --since beginning
  {program} dead-letters list {configuration}
  {program} settings show env_demo {configuration}
  {program} doctor {configuration}
  curl -s {sandbox['control_url']}/sandbox/messages            # the phones
  curl -s {world.sendcode.url}/metrics
  curl -s -d '{{"target": "twilio", "kind": "refuse"}}' {sandbox['control_url']}/sandbox/faults   # Twilio goes down
  curl -s -X DELETE {sandbox['control_url']}/sandbox/faults     # and comes back
  kcat -C -b {world.bootstrap} -t sms.delivery-status -J -e -q  # statuses
  less {world.directory}/worker.log

To end it all: deploy/local/demo --stop
""")
