"""A program of ours around an official SDK, in the SDK's language.

It gets one JSON request a line and answers each with one:

    {"do": "send", "parameters": {"to": "+61491570006", "from": "+15005550006", "body": "hello"}}
    {"done": {"sid": {"type": "str", "value": "SM…"}, …}}     what the SDK made of the answer, and its types
    {"error": {"type": "TwilioRestException", "code": 21211, "status": 400, …}}     the exception that the SDK threw

What it may reach stands in its environment, as SDK_… variables.
"""

import json
import os
import pathlib
import subprocess
import threading

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
INSTALLED = ROOT / ".deps" / "sdk"
BUILT = ROOT / "build" / "sdk"
PATIENCE_S = 60

LANGUAGES = ("python", "node", "java", "go")


def command(language, program):
    if language == "python":
        return [str(INSTALLED / "python" / "bin" / "python"), str(FOLDER / "python" / f"{program}.py")]
    if language == "node":
        return ["node", str(FOLDER / "node" / f"{program}.js")]
    if language == "java":
        jars = ROOT / ".deps" / "jars" / "tests" / "sdk" / "java"
        return [
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            f"{BUILT}/java:{jars}/*",
            program.capitalize(),
        ]
    return [str(BUILT / f"{program}-go")]


class SdkProcess:
    """For as long as the `with` lasts."""

    def __init__(self, language, program, **environment):
        self.name = f"{program} by {language}"
        self.command = command(language, program)
        self.environment = {
            **os.environ,
            "NODE_PATH": str(INSTALLED / "node" / "node_modules"),
            **{f"SDK_{name.upper()}": str(value) for name, value in environment.items()},
        }

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        self.complaints = []
        self.listener = threading.Thread(target=lambda: self.complaints.extend(self.process.stderr), daemon=True)
        self.listener.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()

    def ask(self, **request):
        """Its answer. One that ends, or never answers, fails the test with what it complained of."""
        given_up = threading.Timer(PATIENCE_S, self.process.kill)
        given_up.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            given_up.cancel()
        if not line:
            self.process.wait(PATIENCE_S)
            self.listener.join(PATIENCE_S)
            said = "".join(self.complaints[-20:]) or f"nothing within {PATIENCE_S} s"
            raise AssertionError(f"{self.name} gave no answer to {request}: {said}")
        return json.loads(line)
