"""The worker itself, on what the overlay's pod would see."""

import http.client
import json
import re
import signal
import ssl
import subprocess

from servers import StartError, free_port, until  # of deploy/local

from .rendering import lay_out, volume_files, write_volume

START_S = 30
TURN_S = 15  # until a change of a file is in force, or the worker has ended
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


class Program:
    """`sendcode` with the pod's files below a folder."""

    def __init__(self, sendcode, rendering, folder):
        self.sendcode = sendcode
        self.rendering = rendering
        self.folder = folder
        lay_out(rendering, folder, move_paths=True)

    def below(self, path):
        return f"{self.folder}{path}"

    @property
    def config(self):
        return self.below(self.rendering.mount("worker")["mountPath"] + "/worker.yaml")

    def run(self, *arguments):
        return subprocess.run([self.sendcode, *arguments], text=True, capture_output=True, timeout=60, env=ENVIRONMENT)

    def settings_are_valid(self):
        done = self.run("settings", "validate", self.below(self.rendering.mount("settings")["mountPath"]))
        return [] if done.returncode == 0 else [done.stdout + done.stderr]

    def configuration_is_valid(self):
        """`settings show` reads worker.yaml whole, its secrets and files too, and connects to nothing."""
        for name, document in self.rendering.settings.items():
            done = self.run("--json", "settings", "show", document["environment_id"], "--config", self.config)
            if done.returncode != 0:
                return [f"{name}: {done.stdout}{done.stderr}"]
            absent = re.findall(r'"secret":"([^"]*)","there":false', done.stdout)
            if absent or '"there":true' not in done.stdout:
                return [f"{name}: secrets that are not there: {absent or 'all'}"]
        return []


class Running:
    """The Deployment's own command, without Kafka and Redis: a worker starts without them, and is alive."""

    def __init__(self, program):
        self.program = program
        self.rendering = program.rendering
        self.port = free_port()
        arguments = [program.below(word) if word.startswith("/") else word for word in self.rendering.container["args"]]
        environment = ENVIRONMENT | {
            "SENDCODE_HTTP__INTERNAL__LISTEN": f"127.0.0.1:{self.port}",
            "SENDCODE_HTTP__WEBHOOKS__LISTEN": f"127.0.0.1:{free_port()}",
            "SENDCODE_KAFKA__PROPERTIES__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "SENDCODE_REDIS__URL": f"redis://127.0.0.1:{free_port()}",
        }
        self.log = program.folder / "worker.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [program.sendcode, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def ask(self, path, scheme="HTTPS"):
        """The status, as a probe sees it (which takes any certificate); 0 without an answer."""
        try:
            if scheme == "HTTPS":
                # As a client does it, by the CA of the Secret: more than a probe asks for.
                trust = ssl.create_default_context(cadata=volume_files(self.rendering, "tls")["ca.crt"].decode())
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=trust)
            else:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0

    def told(self, sentence):
        out = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if sentence in line:
                out.append(found)
        return out

    def end_of_log(self):
        return self.log.read_text(errors="replace")[-600:]

    def late(self, condition, seconds, what):
        try:
            until(condition, seconds, what)
        except StartError as error:
            yield f"{error}: {self.end_of_log()}"

    def probes_are_answered(self):
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = self.rendering.container[name]["httpGet"]
            yield from self.late(
                lambda: self.ask(asked["path"], asked["scheme"]) == 200, START_S, f"{name} is answered by 200"
            )

    def change_is_followed(self):
        """A second document arrives as the kubelet brings it; the process stays."""
        files = volume_files(self.rendering, "settings")
        name, text = next(iter(files.items()))
        identifier = name.removesuffix(".yaml")
        second = text.replace(identifier.encode(), b"env_second").replace(b"env_second/", f"{identifier}/".encode())
        # A document may name secrets of its own environment alone.
        second = re.sub(rb"(?m)^  test_numbers:\n(    .*\n)+", b"", second)
        files["env_second.yaml"] = second
        mount = self.rendering.mount("settings")["mountPath"]
        write_volume(self.program.folder / mount.lstrip("/"), files)

        def taken():
            return [line for line in self.told("settings are in force") if line.get("environments") == 2]

        yield from self.late(taken, TURN_S, "the worker takes the new document")

    def ends_by_sigterm(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(self.rendering.pod["terminationGracePeriodSeconds"])
        except subprocess.TimeoutExpired:
            yield f"it runs on after the grace period: {self.end_of_log()}"
            return
        if code != 0:
            yield f"exit code {code}: {self.end_of_log()}"
