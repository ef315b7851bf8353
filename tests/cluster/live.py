"""Runs docs/kubernetes.md; tests/cluster/live says how."""

import argparse
import contextlib
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "deploy/local"), str(ROOT / "tests/docs")]
sys.dont_write_bytecode = True

from cluster import steps  # noqa: E402
from cluster.control_plane import ApiError, ControlPlane  # noqa: E402
from cluster.kubelet import Kubelet, write_stand_in  # noqa: E402
from cluster.rendering import TOOLS  # noqa: E402
from servers import Servers, StartError, free_port  # noqa: E402

COMMAND_S = 180
FORWARDED_PORT = 9464  # as the page has it


def say(text):
    print(f"tests/cluster/live: {text}", flush=True)


class Done:
    def __init__(self, returncode, output):
        self.returncode = returncode
        self.output = output


class Live:
    """A cluster, and somebody at the root of a checkout who types the page's commands."""

    def __init__(self, directory, sendcode, made):
        self.directory = directory
        self.sendcode = sendcode
        self.servers = Servers(directory, sendcode.parent)
        self.checkout = directory / "checkout"
        # For what the page leaves open. The image's program is the one that is given.
        self.values = {'"podman run --rm localhost/sendcode:0.1.0"': f'"{sendcode}"'}
        self.plane = ControlPlane(self.servers, made, TOOLS / "kubectl")
        self.api = self.plane.api
        self.behind = None  # a command in the background
        self.kubelet = None

    def start(self):
        if self.port_answers(FORWARDED_PORT):
            raise StartError(f"port {FORWARDED_PORT} is in use: the page's port-forward needs it")
        kubernetes = self.checkout / "deploy/kubernetes"
        shutil.copytree(ROOT / "deploy/kubernetes", kubernetes, ignore=shutil.ignore_patterns("secrets"))
        programs = self.directory / "programs"
        programs.mkdir()
        (programs / "sendcode").symlink_to(self.sendcode)
        (programs / "kubectl").symlink_to(TOOLS / "kubectl")
        self.environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "KUBECONFIG": str(self.plane.kubeconfig),
        }
        kafka, redis = free_port(), free_port()
        say("starting Kafka and Redis")
        self.servers.service("redis", "--port", str(redis))
        self.servers.service("kafka", "--port", str(kafka))
        say("starting the control plane")
        self.plane.start(f"{write_stand_in(self.directory / 'in-pods', self.sendcode)}:/usr/bin:/bin")
        servers = {
            "SENDCODE_KAFKA__PROPERTIES__BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka}",
            "SENDCODE_REDIS__URL": f"redis://127.0.0.1:{redis}",
        }
        self.kubelet = Kubelet(self.api, self.directory / "pods", self.sendcode, servers)
        self.kubelet.start()

    def end(self):
        self.end_background()
        if self.kubelet is not None:
            self.kubelet.stop()
        self.servers.end_all()

    @staticmethod
    def port_answers(port):
        return subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True).returncode == 0

    def filled(self, command):
        for placeholder, value in self.values.items():
            command = command.replace(placeholder, value)
        return command

    def run(self, command, folder=None):
        """In a shell; a command that isn't done in time is a failure."""
        process = self._shell(self.filled(command), folder or self.checkout, subprocess.PIPE)
        try:
            output, _ = process.communicate(timeout=COMMAND_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return Done(-1, f"not done within {COMMAND_S} s: {output.decode(errors='replace')}")
        return Done(process.returncode, output.decode(errors="replace"))

    def must(self, command):
        """One of the test's own, between the page's."""
        done = self.run(command)
        if done.returncode != 0:
            raise StartError(f"{command}: exit code {done.returncode}: {done.output}")
        return done

    def background(self, command):
        with open(self.directory / "background.log", "ab") as log:
            self.behind = self._shell(self.filled(command).rstrip(" &"), self.checkout, log)

    def end_background(self):
        if self.behind is not None:
            self._end_group(self.behind)
            self.behind = None

    @contextlib.contextmanager
    def follow(self, command):
        """Runs it at a terminal, for programs write through to one; gives a function that tells what was shown."""
        ours, theirs = pty.openpty()
        shown = bytearray()

        def read():
            with contextlib.suppress(OSError):
                while data := os.read(ours, 4096):
                    shown.extend(data)

        process = self._shell(self.filled(command), self.checkout, theirs)
        os.close(theirs)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield lambda: shown.decode(errors="replace")
        finally:
            self._end_group(process)
            reader.join(10)
            os.close(ours)

    def _shell(self, command, folder, out):
        return subprocess.Popen(
            ["bash", "-c", f"set -o pipefail; {command}"],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @staticmethod
    def _end_group(process):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)

    def edit(self, file, old, new):
        text = file.read_text()
        if old not in text:
            raise StartError(f"{file.relative_to(self.checkout)} has no {old!r}")
        file.write_text(text.replace(old, new))


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def test(self, sentence, problems):
        problems = list(problems)
        self.failed += bool(problems)
        self.passed += not problems
        print(f"{'FAIL' if problems else 'ok  '}  {sentence}", flush=True)
        for problem in problems[:5]:
            print("\n".join(f"        {line}" for line in str(problem).strip().splitlines()[:30]), flush=True)


def take(live, report, command, brings, function):
    """A step; what stops it is its failure, and the next one is tried all the same."""

    def problems():
        try:
            yield from function(live, command.text)
        except (StartError, OSError, ValueError, LookupError, ApiError, subprocess.SubprocessError) as error:
            yield f"{type(error).__name__}: {error}"

    report.test(f"docs/kubernetes.md:{command.line} {command.text}: {brings}", problems())


def follow_page(live, report, commands):
    for command, step, reason in commands:
        if step is None:
            print(f"not run  docs/kubernetes.md:{command.line} {command.text}: {reason}", flush=True)
        else:
            take(live, report, command, *step)
    report.test("the kubelet of the worker's pods had nothing to complain of", live.kubelet.problems)


def main():
    parser = argparse.ArgumentParser(prog="tests/cluster/live")
    parser.add_argument("--sendcode", type=Path, required=True)
    parser.add_argument("--servers", type=Path, required=True)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    report = Report()
    try:
        commands = steps.accounts()
    except ValueError as error:
        sys.exit(f"FAIL  {error}\n0 passed, 1 failed")
    directory = Path(tempfile.mkdtemp(prefix="sendcode-live-"))
    live = Live(directory, options.sendcode.resolve(), options.servers.resolve())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        live.start()
        follow_page(live, report, commands)
    except (StartError, ApiError) as error:
        report.test("all that the page needs runs", [error])
    finally:
        live.end()
        if options.keep:
            say(f"kept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed")
    return int(report.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
