"""The demo: what runs, its scenes in their order, and how it ends; deploy/local/demo runs this. Python alone, without
further packages.
"""

import argparse
import fcntl
import json
import signal
import sys
import time

from demo_clients import DemoError
from demo_owner import Owner
from demo_report import Report, print_commands
from demo_sign_in import SignIn
from demo_trouble import Trouble
from demo_world import DIRECTORY, STATE, World, end_everything


class Demo(SignIn, Owner, Trouble):
    def play(self):
        self.doctor()
        self.a_code_arrives()
        self.receipts()
        self.guesses()
        self.a_cancelled_challenge()
        self.a_resend()
        self.a_limit()
        self.refused_numbers()
        self.a_text_in_their_language()
        self.too_late()
        self.broken_event()
        self.a_new_environment()
        self.a_trial()
        self.what_is_used()
        self.an_outage()
        self.a_held_environment()
        self.a_crash()
        self.no_code_anywhere()

    def drain(self):
        self.report.check("told to stop, the worker drains and exits 0", self.world.drain_worker(), 0)


def stop_kept():
    if not STATE.exists():
        print("demo: nothing was left running")
        return 0
    end_everything(json.loads(STATE.read_text()))
    print("demo: ended what was left running")
    return 0


def run(options, report):
    """Plays it; whether everything is to be left running."""
    world = World(options.programs, options.kafka == "real", report.say)
    keep = False
    try:
        report.scene("Redis, Kafka, a stand-in for Twilio and Kinde, and a worker")
        world.start()
        demo = Demo(world, report)
        demo.play()
        keep = options.keep
        if not keep:
            demo.drain()
    except DemoError as error:
        report.fail(str(error))
        print(world.log_end("worker"))
    finally:
        if keep:
            world.kafka.stop()
            print_commands(world)
        else:
            # A second Ctrl-C must not leave half of it running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            world.stop()


def end_on_signal(number, _):
    raise KeyboardInterrupt(number)


def main():
    parser = argparse.ArgumentParser(prog="deploy/local/demo", description="Run deploy/local/demo instead.")
    parser.add_argument("--programs")
    parser.add_argument("--kafka", choices=["mock", "real"], default="mock")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    DIRECTORY.parent.mkdir(parents=True, exist_ok=True)
    with open(DIRECTORY.parent / "demo.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("demo: another demo is running in this checkout", file=sys.stderr)
            return 1
        if options.stop:
            return stop_kept()
        if STATE.exists():
            print("demo: an earlier demo was left running; deploy/local/demo --stop ends it", file=sys.stderr)
            return 1
        report = Report()
        interrupted = False
        try:
            run(options, report)
        except KeyboardInterrupt:
            interrupted = True
            report.fail("interrupted")
        print(f"\n{time.monotonic() - report.begin:.0f} s; logs are in {DIRECTORY}")
        print(f"{report.passed} passed, {report.failed} failed")
        return 130 if interrupted else int(report.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
