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
import urllib.error
import urllib.parse
import urllib.request

from servers import StartError as DemoError
from servers import write_secret

ENVIRONMENT = "env_demo"
OTHER_ENVIRONMENT = "env_other"  # comes while the worker runs
TRIAL_ENVIRONMENT = "env_trial"  # comes too, and has no account at Twilio
APPLICATION = "app_web"


def request(url, body=None, method=None, headers=None):
    """(HTTP status, body); a refusal is an answer too. `body`: JSON, or text as it is."""
    data = body if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
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

    def statuses(self, kind, challenges):
        """All of that kind, as they came: [(CloudEvents id, data)]."""
        told = [
            (record["headers"]["ce_id"], json.loads(record["payload"]))
            for record in list(self.records["sms.delivery-status"])
        ]
        return [(name, data) for name, data in told if data["kind"] == kind and data["challenge_id"] in challenges]

    def outcomes(self, challenges):
        """Outcome statuses, as a consumer sees them that keeps the first of each id: {CloudEvents id: data}."""
        seen = {}
        for name, data in self.statuses("outcome", challenges):
            seen.setdefault(name, data)
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

    def receipt(self, sid, status):
        """Has Twilio say so of that text, by its signed callback; the HTTP status that it was answered with."""
        status, body = request(f"{self.url}/receipts", {"sid": sid, "status": status})
        if status != 200:
            raise DemoError(f"the sandbox refused a receipt: {body}")
        return json.loads(body)["http_status"]

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
        for name in ("codes", "refs", "subjects"):
            write_secret(folder / "keys" / name, self.run("keys", "new", name).stdout)
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
                "check,status,cancel",
                "--json",
            ).stdout
        )
        self.token = made["token"]
        write_secret(self.directory / "api.token", self.token)
        write_secret(folder / "api_tokens", json.dumps([made["entry"]]))
        for environment in (ENVIRONMENT, OTHER_ENVIRONMENT):
            write_secret(folder / environment / "twilio_auth_token", secrets.token_hex(16))
        write_secret(folder / "kinde" / "client_secret", secrets.token_hex(16))

    def doctor(self):
        """Its exit code, and what it found."""
        done = self.run("--json", "doctor", "--config", str(self.configuration), accept=(0, 1, 3))
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def validate(self, folder):
        """Exit code of `settings validate`, and all that it said."""
        done = self.run("settings", "validate", str(folder), accept=(0, 1))
        return done.returncode, done.stdout + done.stderr

    def settings(self, environment=ENVIRONMENT):
        """What `settings show` prints for programs."""
        command = ("--json", "settings", "show", environment, "--config", str(self.configuration))
        return json.loads(self.run(*command).stdout)

    def usage(self, environment):
        """What `settings show --usage` prints for programs."""
        command = ("--json", "settings", "show", environment, "--usage", "--config", str(self.configuration))
        return json.loads(self.run(*command).stdout)

    def send(self, phone, challenge, environment=ENVIRONMENT):
        """Exit code of `send --wait`: 0 sent, 1 said no."""
        options = {
            "--config": str(self.configuration),
            "--phone": phone,
            "--environment": environment,
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
        status, answer = self._ask("POST", f"/v1/challenges/{challenge}/check", body)
        if status != 200:
            raise DemoError(f"the check was answered with {status}: {answer[:400]}")
        return json.loads(answer)

    def challenge(self, method, challenge):
        """GET looks at it, DELETE cancels it: HTTP status, and what was answered."""
        status, answer = self._ask(method, challenge_target(challenge))
        return status, json.loads(answer) if answer else None

    def _ask(self, method, target, body=None):
        return request(self.url + target, body, method, {"Authorization": f"Bearer {self.token}"})

    @staticmethod
    def forge_receipt(callback, sid):
        """What whoever posts a receipt without Twilio's token is answered: HTTP status and body."""
        form = urllib.parse.urlencode({"MessageSid": sid, "MessageStatus": "failed"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "A" * 27 + "="}
        return request(callback.partition("#")[0], form, "POST", headers)

    def metric(self, name):
        """Its value; None while it is not told."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", request(f"{self.url}/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else None

    def is_ready(self):
        with contextlib.suppress(OSError):
            return request(f"{self.url}/readyz")[0] == 200
        return False


def challenge_target(challenge):
    query = {"environment_id": ENVIRONMENT, "application_id": APPLICATION, "purpose": "sign_in"}
    return f"/v1/challenges/{challenge}?{urllib.parse.urlencode(query)}"


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
