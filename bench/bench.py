"""bench/run without its build: measures in rounds and reports. See bench/README.md."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time

from bench_report import medians, problems_of, table
from bench_rounds import judge, run_round
from bench_world import BenchError, World

QUICK_EVENTS = 8_000
ALL_IS_WELL = (
    {"texts": 5, "recipients": 5, "by_recipient_max": 1, "unanswered": 0},
    {"events": 5, "repeated": 0, "possible_duplicates": 0, "outcomes": {"sent": 5}},
    0,
)


def number_between(least, most):
    def read(text):
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"takes {least} to {most}")
        return value

    return read


def read_options():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--rounds", type=number_between(1, 20), default=3)
    parser.add_argument("--events", type=number_between(1_000, 150_000), default=40_000)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--selftest", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.events = 1, min(options.events, QUICK_EVENTS)
    return options


def judge_tests():
    """(what, passed): a judge that finds nothing must be shown to find something."""
    texts, statuses, exit_code = ALL_IS_WELL
    yield "nothing is found where all is well", not judge(5, texts, statuses, exit_code)
    offenders = {
        "a lost text": judge(6, texts, {**statuses, "events": 6, "outcomes": {"sent": 6}}, 0),
        "a doubled text": judge(5, {**texts, "texts": 6, "by_recipient_max": 2}, statuses, 0),
        "a lost status": judge(5, texts, {**statuses, "events": 4, "outcomes": {"sent": 4}}, 0),
        "a doubled status": judge(5, texts, {**statuses, "repeated": 1}, 0),
        "a rejected event": judge(5, texts, {**statuses, "outcomes": {"sent": 4, "rejected rate_limited.phone": 1}}, 0),
        "a possible duplicate": judge(5, texts, {**statuses, "possible_duplicates": 1}, 0),
        "a worker that did not end well": judge(5, texts, statuses, 1),
    }
    for what, found in offenders.items():
        yield f"{what} is found", bool(found)


def round_tests(rounds):
    """(what, passed): every event was texted once, and every number is one."""
    for problem in problems_of(rounds):
        yield problem, False
    for part, values in medians(rounds).items():
        for name, value in values.items():
            if name != "latency_ms":
                yield f"{part}: {name} is measured", value > 0


def machine():
    return {
        "cores": os.cpu_count(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "kernel": os.uname().release,
    }


def measure(options, say):
    world = World(options.programs, say)
    rounds = []
    try:
        world.start()
        for number in range(1, options.rounds + 1):
            rounds.append(run_round(world, number, options.events, say))
    finally:
        world.stop()
    return rounds


def main():
    options = read_options()
    begin = time.monotonic()

    def say(text):
        print(f"bench: {text} ({time.monotonic() - begin:.0f} s)", file=sys.stderr, flush=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tests = list(judge_tests()) if options.selftest else []
    try:
        rounds = measure(options, say)
    except (BenchError, OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        if options.selftest:
            print(f"{sum(passed for _, passed in tests)} passed, {1 + sum(not passed for _, passed in tests)} failed")
        return 1
    problems = problems_of(rounds)
    if options.json:
        report = {"machine": machine(), "events": options.events, "rounds": rounds, "median": medians(rounds)}
        print(json.dumps(report, indent=2))
    else:
        print(table(rounds))
    for problem in problems:
        print(f"bench: {problem}", file=sys.stderr)
    if options.selftest:
        tests += round_tests(rounds)
        for what in (what for what, passed in tests if not passed):
            print(f"FAIL {what}")
        failed = sum(not passed for _, passed in tests)
        print(f"{len(tests) - failed} passed, {failed} failed")
        return 1 if failed else 0
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
