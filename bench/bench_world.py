"""What the bench runs, in one folder: Redis, Kafka, the sandbox and a worker. The measured process has one half of the
cores to itself, everything else has the other.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "deploy" / "local"))

from demo_clients import request  # noqa: E402
from servers import Servers, free_port, write_secret  # noqa: E402
from servers import StartError as BenchError  # noqa: E402

DIRECTORY = ROOT / "build" / "local" / "bench"
ENVIRONMENTS = 16  # as bench/load/events.hpp has them
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
MAX_IN_FLIGHT = 1000

WORKER_YAML = """\
kafka:
  properties: {{bootstrap.servers: "{bootstrap}"}}
  group: bench
redis:
  url: redis://127.0.0.1:{redis_port}
settings: {{directory: "{directory}/settings"}}
secrets: {{directory: "{directory}/secrets"}}
keys: {{codes: {{secret: keys/codes}}, subjects: {{secret: keys/subjects}}}}
senders:
  twilio: {{base_url: "{base_url}", ca_file: "{ca_file}"}}
http:
  internal: {{listen: "127.0.0.1:{http_port}", tokens: {{secret: api_tokens}}}}
worker: {{shards: {shards}, max_in_flight: {max_in_flight}}}
log: {{level: info, format: json}}
"""

# Every kind of limit that is on by default is checked and charged; those that all events share are out of their way.
# A long life, so that no event of a backlog is too old.
SETTINGS_YAML = """\
environment_id: {environment}
applications: [app_web]
sms:
  default_country: AU
  twilio:
    account_sid: {account}
    auth_token: {{secret: {environment}/twilio_auth_token}}
    source: messaging_service
    messaging_service_sid: MG0123456789abcdef0123456789abcdef
  code_ttl: 120m
  allow_long_ttl: true
  limits:
    - {{per: environment, max: 10000000, window: 10m}}
    - {{per: environment, max: 10000000, window: 24h}}
    - {{per: prefix, max: 10000000, window: 10m}}
authentication:
  phone: {{applications: [app_web]}}
"""


def split_cores():
    """(the measured process's cores, everybody else's)."""
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    return (cores[half:], cores[:half]) if half else (cores, cores)


def cpu_us(pid):
    """User and system time of the process and all its threads; the kernel counts in hundredths of a second."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 / os.sysconf("SC_CLK_TCK")


def memory_mib(pid):
    """The most that was ever resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Sandbox:
    def __init__(self, process, ready):
        self.pid = process.pid
        self.base_url, self.ca_file, self.control_url = ready["base_url"], ready["ca_file"], ready["control_url"]

    def counts(self):
        return json.loads(request(f"{self.control_url}/sandbox/counts")[1])

    def arrivals(self):
        """When each phone's text arrived, in microseconds of Unix time."""
        messages = json.loads(request(f"{self.control_url}/sandbox/messages")[1])["messages"]
        return {message["to"]: message["at_us"] for message in messages}

    def reset(self):
        request(f"{self.control_url}/sandbox/reset", method="POST")


class Worker:
    def __init__(self, process, http_port):
        self.process, self.pid = process, process.pid
        self.url = f"http://127.0.0.1:{http_port}"

    def is_ready(self):
        with contextlib.suppress(OSError):
            return request(f"{self.url}/readyz")[0] == 200
        return False

    def sends(self):
        """(how many sends were answered, how long they took together, in seconds)."""
        metrics = dict(
            line.rsplit(" ", 1) for line in request(f"{self.url}/metrics")[1].splitlines() if not line.startswith("#")
        )
        name = "sendcode_send_duration_seconds"
        return int(float(metrics.get(f"{name}_count", 0))), float(metrics.get(f"{name}_sum", 0))


class World:
    def __init__(self, programs, say):
        self.servers, self.say = Servers(DIRECTORY, programs), say
        self.measured_cores, self.other_cores = split_cores()
        self.lock = None
        self.next_event = 0  # no phone and no event comes twice in one bench

    def start(self):
        self.servers.need("sendcode", "sendcode-sandbox", "bench-load")
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        self.lock = open(DIRECTORY / "lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BenchError("another bench runs in this checkout") from None
        self._kill_services()  # what a bench left that was killed
        for name in ("redis", "kafka", "settings", "secrets"):
            shutil.rmtree(DIRECTORY / name, ignore_errors=True)
        os.sched_setaffinity(0, self.other_cores)  # whatever is started from here on inherits it
        self.redis_port, kafka_port, self.http_port = free_port(), free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{kafka_port}"
        self.servers.service("redis", "--port", str(self.redis_port))
        self.say("starting Kafka")
        self.servers.service("kafka", "--port", str(kafka_port))
        self.redis_pid, self.kafka_pid = self.servers.service_pid("redis"), self.servers.service_pid("kafka")
        self._write_settings()

    def _kill_services(self):
        for name in ("kafka", "redis"):
            self.servers.kill_service(name)

    def _write_settings(self):
        folder = DIRECTORY / "secrets"
        for name in ("codes", "subjects"):
            made = subprocess.run(
                [self.servers.programs / "sendcode", "keys", "new", name], text=True, capture_output=True, timeout=30, check=True
            )
            write_secret(folder / "keys" / name, made.stdout)
        write_secret(folder / "api_tokens", "[]")
        (DIRECTORY / "settings").mkdir()
        for number in range(ENVIRONMENTS):
            environment = f"env_{number:02}"
            write_secret(folder / environment / "twilio_auth_token", secrets.token_hex(16))
            document = SETTINGS_YAML.format(environment=environment, account=ACCOUNT)
            (DIRECTORY / "settings" / f"{environment}.yaml").write_text(document)

    def _launch(self, name, command, cores):
        (DIRECTORY / f"{name}.log").unlink(missing_ok=True)
        return self.servers.launch(name, command, preexec_fn=lambda: os.sched_setaffinity(0, cores))

    @contextlib.contextmanager
    def sandbox(self, latency_ms):
        (DIRECTORY / "sandbox.log").unlink(missing_ok=True)
        process, ready = self.servers.sandbox(
            "--latency", latency_ms, preexec_fn=lambda: os.sched_setaffinity(0, self.other_cores)
        )
        try:
            yield Sandbox(process, ready)
        finally:
            self.servers.end("sandbox")

    @contextlib.contextmanager
    def worker(self, sandbox):
        configuration = DIRECTORY / "worker.yaml"
        values = {**vars(self), **vars(sandbox), "directory": DIRECTORY, "max_in_flight": MAX_IN_FLIGHT, "shards": len(self.measured_cores)}
        configuration.write_text(WORKER_YAML.format(**values))
        command = [self.servers.programs / "sendcode", "run", "--config", configuration]
        process = self._launch("worker", command, self.measured_cores)
        try:
            worker = Worker(process, self.http_port)
            self.servers.until_ready("worker", process, worker.is_ready)
            yield worker
        finally:
            self.servers.end("worker")

    @contextlib.contextmanager
    def on_all_cores(self):
        """What is started meanwhile runs on any core, and so do Redis and Kafka."""
        kept = self.measured_cores, self.other_cores
        every = sorted({*self.measured_cores, *self.other_cores})
        try:
            self.measured_cores = self.other_cores = every
            self._move_servers(every)
            yield
        finally:
            self.measured_cores, self.other_cores = kept
            self._move_servers(self.other_cores)

    def _move_servers(self, cores):
        for pid in (self.redis_pid, self.kafka_pid):
            for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread.name), cores)

    def flush_redis(self):
        subprocess.run(["redis-cli", "-p", str(self.redis_port), "flushall"], capture_output=True, timeout=30, check=True)

    def _load(self, *arguments):
        return [str(word) for word in (self.servers.programs / "bench-load", *arguments)]

    def load(self, *arguments, measured=False):
        """What bench-load counted."""
        cores = self.measured_cores if measured else self.other_cores
        done = subprocess.run(
            self._load(*arguments),
            text=True,
            capture_output=True,
            timeout=180,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        if done.returncode != 0:
            raise BenchError(f"bench-load {arguments[0]}: {done.stderr.strip()[-400:]}")
        return json.loads(done.stdout)

    def produce(self, run, count, *options):
        first, self.next_event = self.next_event, self.next_event + count
        made = self.load(
            "produce", "--bootstrap", self.bootstrap, "--run", run, "--first", first, "--count", count, *options
        )
        if made["events"] != count:
            raise BenchError(f"Kafka took {made['events']} of {count} events")
        return made

    def stop(self):
        for name in ("worker", "sandbox"):
            self.servers.end(name)
        self._kill_services()


def stop_well(worker, seconds=40):
    """Exit code after SIGTERM; None if the worker has not ended in time."""
    worker.process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        return worker.process.wait(timeout=seconds)

