"""How the demo speaks to what it runs: `Sendcode` alone knows sendcode's command line and HTTP, `Phones` the sandbox's
controls, and `Kafka` reads and writes topics with kcat.
"""

import contextlib
import datetime
import json
import re
import secrets
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ENVIRONMENT = "env_demo"
APPLICATION = "app_web"


class DemoError(Exception):
    """What keeps the demo from going on, in words for the person who runs it."""


def until(condition, seconds, what):
    """The condition's first true value; DemoError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise DemoError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def request(url, body=None, method=None, headers=None):
    """(HTTP status, body); a refusal is an answer too."""
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(
        url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Kafka:
    """Topics, through kcat. A thread collects each followed topic's records from its beginning."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.followers = []
        self.records = {}

    def follow(self, topic):
        self.records[topic] = []
        command = ["kcat", "-C", "-b", self.bootstrap, "-t", topic, "-o", "beginning", "-J", "-u", "-q"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.followers.append(process)
        threading.Thread(target=self._collect, args=(topic, process.stdout), daemon=True).start()

    def _collect(self, topic, lines):
        for line in lines:
            record = json.loads(line)
            names = record.get("headers") or []
            record["headers"] = dict(zip(names[::2], names[1::2]))
            self.records[topic].append(record)

    def produce(self, topic, lines, headers):
        """One record for each (key, value)."""
        command = ["kcat", "-P", "-b", self.bootstrap, "-t", topic, "-K", "\t"]
        for name, value in headers.items():
            command += ["-H", f"{name}={value}"]
        text = "".join(f"{key}\t{value}\n" for key, value in lines)
        done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=30)
        if done.returncode != 0:
            raise DemoError(f"kcat could not write to {topic}: {done.stderr.strip()}")

    def outcomes(self, challenges=None):
        """Outcome statuses, as a consumer sees them that keeps the first of each id: {CloudEvents id: data}."""
        seen = {}
        for record in list(self.records["sms.delivery-status"]):
            data = json.loads(record["payload"])
            if data["kind"] == "outcome" and (challenges is None or data["challenge_id"] in challenges):
                seen.setdefault(record["headers"]["ce_id"], data)
        return seen

    def stop(self):
        for process in self.followers:
            process.kill()
            process.wait()


class Phones:
    """The phones that texts arrive on, and the senders' weather: the sandbox's controls."""

    def __init__(self, control_url):
        self.url = control_url + "/sandbox"

    def texts(self, phone):
        query = urllib.parse.urlencode({"to": phone})
        answer = json.loads(request(f"{self.url}/messages?{query}")[1])
        return answer["messages"] if isinstance(answer, dict) else answer

    def total(self):
        return json.loads(request(f"{self.url}/counts")[1])["texts"]

    def by_recipient(self):
        return json.loads(request(f"{self.url}/recipients")[1])

    def fault(self, **fault):
        status, body = request(f"{self.url}/faults", fault)
        if status != 200 and status != 201:
            raise DemoError(f"the sandbox refused a fault: {body}")

    def clear_faults(self):
        request(f"{self.url}/faults", method="DELETE")


class Sendcode:
    """sendcode's command line and HTTP."""

    def __init__(self, program, directory, http_port):
        self.program, self.directory = program, directory
        self.configuration = directory / "worker.yaml"
        self.url = f"http://127.0.0.1:{http_port}"
        self.token = ""

    def run(self, *arguments, accept=(0,)):
        done = subprocess.run([self.program, *arguments], text=True, capture_output=True, timeout=60)
        if done.returncode not in accept:
            said = (done.stderr or done.stdout).strip()[-800:]
            raise DemoError(f"sendcode {' '.join(arguments[:2])} ended with {done.returncode}: {said}")
        return done

    def make_secrets(self):
        """Keys and an API token, as `keys new` and `tokens new` make them."""
        folder = self.directory / "secrets"
        for name in ("codes", "subjects"):
            self._secret(folder / "keys" / name, self.run("keys", "new", name).stdout)
        made = json.loads(
            self.run(
                "tokens",
                "new",
                "--id",
                "demo",
                "--environments",
                ENVIRONMENT,
                "--applications",
                APPLICATION,
                "--scopes",
                "check",
                "--json",
            ).stdout
        )
        self.token = made["token"]
        self._secret(folder / "api_tokens", json.dumps([made["entry"]]))
        self._secret(folder / ENVIRONMENT / "twilio_auth_token", secrets.token_hex(16))
        self._secret(folder / "kinde" / "client_secret", secrets.token_hex(16))

    @staticmethod
    def _secret(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)

    def connection_id(self):
        shown = self.run("settings", "show", ENVIRONMENT, "--config", str(self.configuration)).stdout
        found = re.search(r"conn_[0-9a-f]{32}", shown)
        if not found:
            raise DemoError("sendcode settings show printed no connection id")
        return found[0]

    def send(self, phone, challenge):
        """Exit code of `send --wait`: 0 sent, 1 said no."""
        options = {
            "--config": str(self.configuration),
            "--phone": phone,
            "--environment": ENVIRONMENT,
            "--application": APPLICATION,
            "--purpose": "sign_in",
            "--challenge": challenge,
        }
        arguments = [word for option in options.items() for word in option]
        return self.run("send", *arguments, "--wait", "--json", accept=(0, 1)).returncode

    def check(self, phone, challenge, code):
        body = {
            "environment_id": ENVIRONMENT,
            "application_id": APPLICATION,
            "purpose": "sign_in",
            "phone_number": phone,
            "code": code,
        }
        status, answer = request(
            f"{self.url}/v1/challenges/{challenge}/check", body, headers={"Authorization": f"Bearer {self.token}"}
        )
        if status != 200:
            raise DemoError(f"the check was answered with {status}: {answer[:400]}")
        return json.loads(answer)

    def is_ready(self):
        with contextlib.suppress(OSError):
            return request(f"{self.url}/readyz")[0] == 200
        return False


def event(phone, challenge, connection_id, asked=None, **changes):
    """A send-code event in CloudEvents' structured mode, as a sign-in page's backend writes it."""
    asked = asked or datetime.datetime.now(datetime.timezone.utc)
    data = {
        "environment_id": ENVIRONMENT,
        "application_id": APPLICATION,
        "challenge_id": challenge,
        "purpose": "sign_in",
        "phone_number": phone,
        "connection_id": connection_id,
    }
    return json.dumps(
        {
            "specversion": "1.0",
            "id": secrets.token_hex(12),
            "source": "/demo",
            "type": "io.sendcode.send-code.v1",
            "time": asked.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {**data, **changes},
        }
    )
