"""What these tests run: the demo's world with a real Kafka, in a folder of its own, and more workers beside its one."""

import contextlib
import json
import os
import pathlib
import secrets
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy" / "local"), str(ROOT / "tests" / "sandbox")]

import demo_world  # noqa: E402
from demo_clients import APPLICATION, ENVIRONMENT, OTHER_ENVIRONMENT, event, request  # noqa: E402, F401
from servers import until  # noqa: E402, F401

DIRECTORY = ROOT / "build" / "local" / "sdk"
SEED = os.environ.get("SENDCODE_SEED") or str(secrets.randbits(32))
ALL_SCOPES = "check,status,cancel,unlock"


class SdkWorld(demo_world.World):
    def __init__(self, programs):
        super().__init__(programs, True, lambda text: print(f"sdk: {text}", flush=True), DIRECTORY)
        left = DIRECTORY / demo_world.STATE.name
        if left.exists():  # by a run that was killed
            state = json.loads(left.read_text())
            self.servers.started, self.servers.services = state["started"], state["services"]
            self.servers.end_all()

    def stop(self):
        if self.kafka:
            self.kafka.stop()
        self.servers.end_all()
        (DIRECTORY / demo_world.STATE.name).unlink(missing_ok=True)

    def start(self):
        super().start()
        self.connection_ids = {
            environment: self.sendcode.settings(environment)["connection_id"]
            for environment in (ENVIRONMENT, OTHER_ENVIRONMENT)
        }

    def start_worker(self):
        """Both environments, and a token that may do everything."""
        self.write_settings(OTHER_ENVIRONMENT)
        command = f"tokens new --id all --environments * --applications * --scopes {ALL_SCOPES} --json"
        made = json.loads(self.sendcode.run(*command.split()).stdout)
        (self.directory / "secrets" / "api_tokens").write_text(json.dumps([made["entry"]]))
        self.sendcode.token = made["token"]
        super().start_worker()

    def auth_token(self, environment=ENVIRONMENT):
        return (self.directory / "secrets" / environment / "twilio_auth_token").read_text()

    def send(self, texts):
        """One event for each (phone, challenge, environment); waits until all of them are told to be sent."""
        lines = [
            (phone, event(phone, challenge, self.connection_ids[environment], environment_id=environment))
            for phone, challenge, environment in texts
        ]
        self.kafka.produce("sms.send-code", lines, {"content-type": "application/cloudevents+json"})
        told = self.outcomes({challenge for _, challenge, _ in texts})
        assert all(outcome["status"] == "sent" for outcome in told.values()), told

    def outcomes(self, challenges):
        """The outcome of each challenge, once all are there: {challenge: data}."""

        def all_told():
            told = {data["challenge_id"]: data for data in self.kafka.outcomes(challenges).values()}
            return len(told) == len(challenges) and told

        return until(all_told, 30, f"{len(challenges)} outcomes")

    @contextlib.contextmanager
    def worker_at(self, public_address):
        """A further worker, whose receipts have another public address; yields the port that they come to."""
        internal, webhooks = demo_world.free_port(), demo_world.free_port()
        environment = {
            **os.environ,
            "SENDCODE_SENDERS__TWILIO__STATUS_CALLBACK_URL": public_address,
            "SENDCODE_WORKER__SHARDS": "1",
            "SENDCODE_HTTP__INTERNAL__LISTEN": f"127.0.0.1:{internal}",
            "SENDCODE_HTTP__WEBHOOKS__LISTEN": f"127.0.0.1:{webhooks}",
        }
        name = f"worker-{webhooks}"
        command = [self.servers.programs / "sendcode", "run", "--config", self.directory / "worker.yaml"]
        process = self.servers.launch(name, command, env=environment)
        try:
            self.servers.until_ready(name, process, lambda: is_ready(internal))
            yield webhooks
        finally:
            self.servers.end(name)


def is_ready(port):
    with contextlib.suppress(OSError):
        return request(f"http://127.0.0.1:{port}/readyz")[0] == 200
    return False


programs = ROOT / "build" / "dev" / "bin"  # run.py may say otherwise
_running = None


def running():
    """The one world of a run, which the first that needs it starts."""
    global _running
    if _running is None:
        _running = SdkWorld(programs)
        _running.start()
    return _running


def stop():
    if _running is not None:
        _running.stop()
