"""What the demo runs, in one folder: Redis, Kafka, the sandbox and a worker. What it starts is written down, so that it
can be ended.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from demo_clients import APPLICATION, ENVIRONMENT, OTHER_ENVIRONMENT, DemoError, Kafka, Phones, Sendcode, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / "build" / "local" / "demo"
STATE = DIRECTORY / "state.json"  # there while something runs
ACCOUNTS = {
    ENVIRONMENT: "AC0123456789abcdef0123456789abcdef",
    OTHER_ENVIRONMENT: "ACfedcba9876543210fedcba9876543210",
}
MAX_IN_FLIGHT = 40

WORKER_YAML = """\
kafka:
  properties: {{bootstrap.servers: "{bootstrap}"}}
redis:
  url: redis://127.0.0.1:{redis_port}
settings: {{directory: "{directory}/settings"}}
secrets: {{directory: "{directory}/secrets"}}
keys: {{codes: {{secret: keys/codes}}, refs: {{secret: keys/refs}}, subjects: {{secret: keys/subjects}}}}
senders:
  twilio:
    base_url: "{base_url}"
    status_callback_url: "http://127.0.0.1:{webhook_port}"
    ca_file: "{ca_file}"
  kinde:
    base_url: "{kinde_base_url}"
    token_url: "{kinde_base_url}/oauth2/token"
    audience: "{kinde_base_url}"
    client_id: demo
    client_secret: {{secret: kinde/client_secret}}
    ca_file: "{ca_file}"
http:
  internal: {{listen: "127.0.0.1:{http_port}", tokens: {{secret: api_tokens}}}}
  webhooks: {{listen: "127.0.0.1:{webhook_port}"}}
worker: {{max_in_flight: {max_in_flight}}}
"""

# Two texts a minute for a phone: the demo shows a resend and then the limit, and has no half a minute to wait between
# them.
SETTINGS_YAML = """\
environment_id: {environment}
applications: [{application}]
sms:
  default_country: AU
  twilio:
    account_sid: {account}
    auth_token: {{secret: {environment}/twilio_auth_token}}
    source: messaging_service
    messaging_service_sid: MG0123456789abcdef0123456789abcdef
  fallback: {fallback}
  allowed_countries: ["AU", "US"]
  allowed_prefixes: ["+1500555"]     # Twilio's magic numbers, which no phone has
  limits:
    - {{per: phone, max: 2, window: 1m}}
authentication:
  phone: {{applications: [{application}]}}
"""


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


class World:
    """Everything that runs. `started` and `services` say what is to be ended, and stand in a file for --stop."""

    def __init__(self, programs, real_kafka, say):
        self.programs = pathlib.Path(programs).resolve()
        self.real_kafka = real_kafka
        self.say = say
        self.directory = DIRECTORY
        self.started = {}  # name: (pid, start time)
        self.services = []  # deploy/local's own commands that run, by name
        self.kafka = None
        self.worker = None

    def start(self):
        for name in ("sendcode", "sendcode-sandbox"):
            if not os.access(self.programs / name, os.X_OK):
                raise DemoError(f"{self.programs / name} is not there")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o700)
        redis_port, kafka_port, http_port, webhook_port = (free_port() for _ in range(4))
        self._service("redis", "--port", str(redis_port))
        if self.real_kafka:
            self._service("kafka", "--port", str(kafka_port))
        sandbox = self._sandbox()
        self.bootstrap = f"127.0.0.1:{kafka_port}" if self.real_kafka else sandbox["kafka"]
        values = {
            **sandbox,
            "bootstrap": self.bootstrap,
            "redis_port": redis_port,
            "http_port": http_port,
            "webhook_port": webhook_port,
            "directory": self.directory,
        }
        (self.directory / "worker.yaml").write_text(WORKER_YAML.format(**values, max_in_flight=MAX_IN_FLIGHT))
        self.write_settings(ENVIRONMENT)
        self.sendcode = Sendcode(str(self.programs / "sendcode"), self.directory, http_port)
        self.sendcode.make_secrets()
        self.phones = Phones(sandbox["control_url"])
        self.start_worker()
        self.kafka = Kafka(self.bootstrap)
        self.kafka.follow("sms.delivery-status")
        self.kafka.follow("sms.send-code.dead-letter")

    def write_settings(self, environment, folder="settings", fallback="kinde"):
        """Whole or not at all, for the worker looks at any time."""
        file = self.directory / folder / f"{environment}.yaml"
        file.parent.mkdir(exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(
            SETTINGS_YAML.format(
                environment=environment, application=APPLICATION, account=ACCOUNTS[environment], fallback=fallback
            )
        )
        draft.rename(file)
        return file

    def environments_in_force(self):
        """Those that the worker's log told of."""
        lines = (self.directory / "worker.log").read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if '"settings are in force"' in line]
        return {line.get("environment") for line in told}

    def _remember(self):
        STATE.write_text(json.dumps(self.state()))

    def _service(self, name, *options):
        """A real server, by deploy/local's own command."""
        self.services.append(name)
        self._remember()
        command = [str(ROOT / "deploy" / "local" / name), "start", "--data", str(self.directory / name), *options]
        done = subprocess.run(command, text=True, capture_output=True, timeout=300, start_new_session=True)
        if done.returncode != 0:
            raise DemoError(f"{name} did not start: {done.stderr.strip()}")
        self.say(done.stdout.strip().splitlines()[-1])

    def _launch(self, name, *command):
        with open(self.directory / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.started[name] = (process.pid, start_time(process.pid))
        self._remember()
        return process

    def _ready(self, name, process, condition, seconds):
        def ready():
            if process.poll() is not None:
                raise DemoError(f"{name} ended with {process.returncode} while starting")
            return condition()

        return until(ready, seconds, f"{name} is ready")

    def _sandbox(self):
        ready = self.directory / "sandbox.json"
        command = [
            str(self.programs / "sendcode-sandbox"),
            "--ready-file",
            str(ready),
            *([] if self.real_kafka else ["--kafka"]),
        ]
        process = self._launch("sandbox", *command)
        self._ready("sandbox", process, ready.exists, 20)
        sandbox = json.loads(ready.read_text())
        kafka = "" if self.real_kafka else f", Kafka {sandbox['kafka']} (librdkafka's mock cluster)"
        self.say(f"sandbox: Twilio {sandbox['base_url']}, Kinde {sandbox['kinde_base_url']}{kafka}, pid {process.pid}")
        return sandbox

    def start_worker(self):
        begin = time.monotonic()
        self.worker = self._launch(
            "worker", str(self.programs / "sendcode"), "run", "--config", str(self.directory / "worker.yaml")
        )
        self._ready("worker", self.worker, self.sendcode.is_ready, 30)
        self.say(f"worker: ready on {self.sendcode.url} after {time.monotonic() - begin:.1f} s, pid {self.worker.pid}")

    def kill_worker(self):
        self.worker.kill()
        self.worker.wait()

    def drain_worker(self):
        """Exit code after SIGTERM; None if it has not ended in time."""
        self.worker.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.worker.wait(timeout=40)

    def log_end(self, name, lines=12):
        with contextlib.suppress(OSError):
            return "\n".join(
                "  | " + line
                for line in (self.directory / f"{name}.log").read_text(errors="replace").splitlines()[-lines:]
            )
        return ""

    def state(self):
        return {"started": self.started, "services": self.services}

    def stop(self):
        if self.kafka:
            self.kafka.stop()
        end_everything(self.state())


def end_everything(state):
    """Upstream first: the worker, then what it talks to."""
    for name in ("worker", "sandbox"):
        if name in state["started"]:
            end_process(*state["started"][name], wait_s=30 if name == "worker" else 10)
    for name in reversed(state["services"]):
        command = [str(ROOT / "deploy" / "local" / name), "kill", "--data", str(DIRECTORY / name)]
        subprocess.run(command, capture_output=True, timeout=60, start_new_session=True)
    STATE.unlink(missing_ok=True)
