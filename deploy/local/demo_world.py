"""What the demo runs, in one folder: Redis, Kafka, the sandbox and a worker. What it starts is written down, so that it
can be ended.
"""

import contextlib
import json
import shutil
import subprocess
import time

from demo_clients import APPLICATION, ENVIRONMENT, OTHER_ENVIRONMENT, TRIAL_ENVIRONMENT, Kafka, Phones, Sendcode
from servers import ROOT, Servers, end_process, free_port

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


# Nothing more is needed to begin.
TRIAL_YAML = """\
environment_id: {environment}
applications: [{application}]
sms:
  default_country: AU
authentication:
  phone: {{applications: [{application}]}}
"""


class World:
    """Everything that runs. `started` and `services` say what is to be ended, and stand in a file for --stop."""

    def __init__(self, programs, real_kafka, say, directory=DIRECTORY):
        self.servers = Servers(directory, programs, self._remember)
        self.real_kafka = real_kafka
        self.say = say
        self.directory = directory
        self.kafka = None
        self.worker = None

    def start(self):
        self.servers.need("sendcode", "sendcode-sandbox")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o700)
        redis_port, kafka_port, http_port, webhook_port = (free_port() for _ in range(4))
        self.say(self.servers.service("redis", "--port", str(redis_port)))
        if self.real_kafka:
            self.say(self.servers.service("kafka", "--port", str(kafka_port)))
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
        self.sendcode = Sendcode(str(self.servers.programs / "sendcode"), self.directory, http_port)
        self.sendcode.make_secrets()
        self.phones = Phones(sandbox["control_url"])
        self.start_worker()
        self.kafka = Kafka(self.bootstrap)
        self.kafka.follow("sms.delivery-status")
        self.kafka.follow("sms.send-code.dead-letter")

    def write_settings(self, environment, folder="settings", fallback="kinde"):
        text = SETTINGS_YAML.format(
            environment=environment, application=APPLICATION, account=ACCOUNTS[environment], fallback=fallback
        )
        return self._write_document(environment, text, folder)

    def write_trial(self):
        text = TRIAL_YAML.format(environment=TRIAL_ENVIRONMENT, application=APPLICATION)
        return self._write_document(TRIAL_ENVIRONMENT, text)

    def _write_document(self, environment, text, folder="settings"):
        """Whole or not at all, for the worker looks at any time."""
        file = self.directory / folder / f"{environment}.yaml"
        file.parent.mkdir(exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(text)
        draft.rename(file)
        return file

    def environments_in_force(self):
        """Those that the worker's log told of."""
        lines = (self.directory / "worker.log").read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if '"settings are in force"' in line]
        return {line.get("environment") for line in told}

    def _remember(self):
        (self.directory / STATE.name).write_text(json.dumps(self.state()))

    def _sandbox(self):
        process, sandbox = self.servers.sandbox(*([] if self.real_kafka else ["--kafka"]))
        kafka = "" if self.real_kafka else f", Kafka {sandbox['kafka']} (librdkafka's mock cluster)"
        self.say(f"sandbox: Twilio {sandbox['base_url']}, Kinde {sandbox['kinde_base_url']}{kafka}, pid {process.pid}")
        return sandbox

    def start_worker(self):
        begin = time.monotonic()
        command = [self.servers.programs / "sendcode", "run", "--config", self.directory / "worker.yaml"]
        self.worker = self.servers.launch("worker", command)
        self.servers.until_ready("worker", self.worker, self.sendcode.is_ready)
        self.say(f"worker: ready on {self.sendcode.url} after {time.monotonic() - begin:.1f} s, pid {self.worker.pid}")

    def kill_worker(self):
        self.worker.kill()
        self.worker.wait()

    def drain_worker(self):
        """Exit code after SIGTERM; None if it has not ended in time."""
        self.worker.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.worker.wait(timeout=40)

    def log_end(self, name):
        return self.servers.log_end(name)

    def state(self):
        return {"started": self.servers.started, "services": self.servers.services}

    def stop(self):
        if self.kafka:
            self.kafka.stop()
        end_everything(self.state(), self.directory)


def end_everything(state, directory=DIRECTORY):
    """Upstream first: the worker, then what it talks to."""
    for name in ("worker", "sandbox"):
        if name in state["started"]:
            end_process(*state["started"][name], wait_s=30 if name == "worker" else 10)
    for name in reversed(state["services"]):
        command = [str(ROOT / "deploy" / "local" / name), "kill", "--data", str(directory / name)]
        subprocess.run(command, capture_output=True, timeout=60, start_new_session=True)
    (directory / STATE.name).unlink(missing_ok=True)
