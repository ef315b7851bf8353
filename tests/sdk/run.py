"""Runs the tests of this folder; see ./run."""

import argparse
import pathlib
import sys
import unittest

import world

MODULES = ("texts_test", "description_test", "events_test", "webhooks_test", "http_test")


class Told(unittest.TextTestResult):
    """One line a test, the sentence that it is named by."""

    def getDescription(self, test):
        name = test.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")
        return f"{type(test).__name__}: {name}"


def main():
    parser = argparse.ArgumentParser(prog="tests/sdk/run")
    parser.add_argument("--programs", type=pathlib.Path, default=world.programs)
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    world.programs = options.programs.resolve()
    print(f"SENDCODE_SEED={world.SEED}", flush=True)
    suite = unittest.defaultTestLoader.loadTestsFromNames(options.tests or MODULES)
    try:
        result = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=Told).run(suite)
    finally:
        world.stop()
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    # A class that could not be set up counts as one, however many tests it has.
    print(f"{max(result.testsRun - bad, 0)} passed, {bad} failed")
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
