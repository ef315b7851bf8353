"""Real servers and sendcode's own programs on loopback, in one folder, for the demo, the bench and the tests: each begun
here, known by pid and start time, and ended here.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class StartError(Exception):
    """What kept something from running, in words for the person who started it."""


def until(condition, seconds, what):
    """The condition's first true value; StartError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise StartError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start_time(pid):
    """Clock ticks from the machine's start to the process's; None if it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def end_process(pid, started, wait_s=10):
    """SIGTERM, and SIGKILL if that is not enough; only if the pid is still the process that began then."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if start_time(pid) != started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + wait_s
        while start_time(pid) == started and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)


def write_secret(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


class Servers:
    """What was started in one folder. `remember` is called at each change of it, for whoever has to end it after a crash."""

    def __init__(self, directory, programs, remember=lambda: None):
        self.directory = pathlib.Path(directory)
        self.programs = pathlib.Path(programs).resolve()
        self.remember = remember
        self.services = []  # deploy/local's own commands that run, by name
        self.started = {}  # name: (pid, start time)

    def need(self, *names):
        for name in names:
            if not os.access(self.programs / name, os.X_OK):
                raise StartError(f"{self.programs / name} is not there")

    def service(self, name, *options):
        """A real server, by deploy/local's own command; the last line of what that says."""
        self.services.append(name)
        self.remember()
        done = self._command(name, "start", *options, seconds=300)
        if done.returncode != 0:
            raise StartError(f"{name} did not start: {done.stderr.strip()}")
        return done.stdout.strip().splitlines()[-1]

    def service_pid(self, name):
        return json.loads(self._command(name, "status", "--json").stdout)["pid"]

    def kill_service(self, name):
        self._command(name, "kill")

    def _command(self, name, verb, *options, seconds=60):
        command = [str(ROOT / "deploy" / "local" / name), verb, "--data", str(self.directory / name), *options]
        return subprocess.run(command, text=True, capture_output=True, timeout=seconds, start_new_session=True)

    def launch(self, name, command, **how):
        """One of our programs; its output goes behind what stands in <name>.log."""
        with open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **how,
            )
        self.started[name] = (process.pid, start_time(process.pid))
        self.remember()
        return process

    def until_ready(self, name, process, condition, seconds=30):
        def ready():
            if process.poll() is not None:
                raise StartError(f"the {name} ended with {process.returncode}; its log is {self.directory / name}.log")
            return condition()

        return until(ready, seconds, f"the {name} is ready")

    def sandbox(self, *options, **how):
        """(process, what its ready file says)."""
        ready = self.directory / "sandbox.json"
        ready.unlink(missing_ok=True)
        command = [self.programs / "sendcode-sandbox", "--ready-file", ready, *options]
        process = self.launch("sandbox", command, **how)
        self.until_ready("sandbox", process, ready.exists)
        return process, json.loads(ready.read_text())

    def end(self, name, wait_s=30):
        if name in self.started:
            end_process(*self.started.pop(name), wait_s=wait_s)

    def log_end(self, name, lines=12):
        with contextlib.suppress(OSError):
            told = (self.directory / f"{name}.log").read_text(errors="replace").splitlines()[-lines:]
            return "\n".join("  | " + line for line in told)
        return ""

    def end_all(self):
        """Upstream first: the programs, last begun first, then what they talk to."""
        for name in reversed(list(self.started)):
            self.end(name)
        for name in reversed(self.services):
            self.kill_service(name)
        self.services.clear()
