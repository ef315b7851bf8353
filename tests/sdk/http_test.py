"""The worker's HTTP against schemas/openapi.yaml: schemathesis asks, rightly and wrongly, and judges the answers."""

import collections
import contextlib
import http.client
import json
import os
import subprocess
import tempfile
import unittest
import urllib.parse

import world
from demo_world import ACCOUNTS
from sdk_process import FOLDER, INSTALLED
from world import APPLICATION, ENVIRONMENT, ROOT, SEED

EXAMPLES = 60  # for each operation
PATIENCE_S = 120


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = world.running()
        texts = [(f"+150055504{n:02}", f"schemathesis_challenge_{n}", ENVIRONMENT) for n in range(4)]
        cls.running.send(texts)
        callback = urllib.parse.urlsplit(cls.running.phones.texts(texts[0][0])[0]["status_callback"])
        cls.known = {
            "environment_id": ENVIRONMENT,
            "application_id": APPLICATION,
            "challenge_ids": [challenge for _, challenge, _ in texts],
            "phone_numbers": [phone for phone, _, _ in texts],
            "ref": urllib.parse.parse_qs(callback.query)["ref"][0],
            "account_sid": ACCOUNTS[ENVIRONMENT],
            "auth_token": cls.running.auth_token(),
        }
        cls.webhooks = f"{callback.scheme}://{callback.netloc}"

    def statuses(self, url, *options):
        """Runs schemathesis, fails with what it finds, and tells which statuses each operation was answered with."""
        with tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "report.ndjson")
            command = [
                INSTALLED / "python" / "bin" / "schemathesis",
                "--config-file",
                FOLDER / "schemathesis.toml",
                "run",
            ]
            command += [
                ROOT / "schemas" / "openapi.yaml",
                "--url",
                url,
                "--seed",
                SEED,
                "--max-examples",
                str(EXAMPLES),
            ]
            command += ["--report-ndjson-path", report, *options]
            environment = {
                **os.environ,
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "PYTHONPATH": str(FOLDER),
                "SDK_KNOWN": json.dumps(self.known),
            }
            done = subprocess.run(
                command, text=True, capture_output=True, timeout=PATIENCE_S, env=environment, cwd=folder
            )
            self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-4_000:])
            with open(report) as lines:
                return answered([json.loads(line) for line in lines])

    def test_the_internal_port_answers_as_its_document_says(self):
        header = f"Authorization: Bearer {self.running.sendcode.token}"
        told = self.statuses(self.running.sendcode.url, "--exclude-path-regex", "^/webhooks/", "--header", header)
        self.assertEqual(len(told), 7)
        # What is told of an operation shows that it was reached, not only refused.
        for operation, least in (
            ("GET /livez", {200}),
            ("GET /readyz", {200}),
            ("GET /metrics", {200}),
            ("POST /v1/challenges/{challenge_id}/check", {200, 400, 401}),
            ("GET /v1/challenges/{challenge_id}", {200, 400, 401, 404}),
            ("DELETE /v1/challenges/{challenge_id}", {204, 400, 401, 404}),
            ("POST /v1/phones/unlock", {204, 400, 401, 404}),
        ):
            with self.subTest(operation):
                self.assertLessEqual(least, set(told[operation]), told[operation])

    def test_the_webhook_port_answers_as_its_document_says(self):
        told = self.statuses(self.webhooks, "--include-path-regex", "^/webhooks/")
        self.assertEqual(list(told), ["POST /webhooks/twilio/{environment_id}"])
        self.assertLessEqual({204, 403}, set(told["POST /webhooks/twilio/{environment_id}"]))

    def test_what_is_bounded_unknown_or_no_http_is_refused_on_both_ports_as_the_document_says(self):
        for url, path in (
            (self.running.sendcode.url, "/v1/phones/unlock"),
            (self.webhooks, "/webhooks/twilio/env_demo"),
        ):
            port = urllib.parse.urlsplit(url).port
            for status, method, target, body, headers in (
                (413, "POST", path, b"x" * (16 * 1024 + 1), {}),
                (431, "POST", path, b"", {"X-Long": "x" * 17_000}),
                (404, "GET", "/nowhere", b"", {}),
                (405, "PUT", path, b"", {}),
            ):
                with self.subTest(f"{status} at {url}"), contextlib.closing(connect(port)) as connection:
                    connection.request(method, target, body, headers)
                    answer = connection.getresponse()
                    told = answer.read()
                    self.assertEqual(answer.status, status)
                    if status in (413, 431):
                        self.assertEqual((told, answer.getheader("Connection")), (b"", "close"))
                    if status == 405:
                        self.assertEqual(answer.getheader("Allow"), "POST")
            with self.subTest(f"400 at {url}"), contextlib.closing(connect(port)) as connection:
                connection.connect()
                connection.sock.sendall(b"no HTTP at all\r\n\r\n")
                with connection.sock.makefile("rb") as lines:
                    told = lines.read()
                self.assertTrue(told.startswith(b"HTTP/1.1 400 ") and told.endswith(b"\r\n\r\n"), told)


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=20)


def answered(events):
    """{operation: {status: how often}} of a report."""
    out = collections.defaultdict(collections.Counter)
    for event in events:
        recorder = event.get("ScenarioFinished", {}).get("recorder")
        for interaction in (recorder or {}).get("interactions", {}).values():
            if interaction["response"]:
                out[recorder["label"]][interaction["response"]["status_code"]] += 1
    return out
