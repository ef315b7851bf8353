"""docs/examples against a real world; tests/examples/run runs this."""
import argparse
import os
import pathlib
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy/local"), str(ROOT / "tests/examples")]
sys.dont_write_bytecode = True

from demo_world import World  # noqa: E402  # where these stand is known only now
from producers import producers  # noqa: E402
from report import Report  # noqa: E402
from servers import StartError  # noqa: E402
from sign_in_page import sign_in_page  # noqa: E402


def environment(world):
    """What every example is told."""
    return {
        **os.environ,
        "KAFKA_BOOTSTRAP": world.bootstrap,
        "ENVIRONMENT_ID": "env_demo",
        "APPLICATION_ID": "app_web",
        "CONNECTION_ID": world.sendcode.settings()["connection_id"],
        "CHECK_URL": world.sendcode.url,
        "API_TOKEN": world.sendcode.token,
    }


def main():
    parser = argparse.ArgumentParser(prog="tests/examples/run")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--built", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    report = Report()
    world = World(options.programs, True, report.say, options.built / "world")
    try:
        world.start()
        world.kafka.follow("sms.send-code")
        told = environment(world)
        producers(report, world, told, options.built)
        sign_in_page(report, world, told, options.built)
        report.check("told to stop, the worker drains and exits 0", world.drain_worker(), 0)
    except StartError as error:
        report.fail(str(error))
        print(world.log_end("worker"))
    finally:
        world.stop()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
