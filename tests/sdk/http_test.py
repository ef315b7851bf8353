"""The worker's HTTP against schemas/openapi.yaml: schemathesis makes requests, right and wrong ones, and judges answers."""

import json
import os
import re
import subprocess
import unittest
import urllib.parse

import world
from demo_world import ACCOUNTS
from sdk_process import FOLDER, INSTALLED
from world import APPLICATION, ENVIRONMENT, ROOT, SEED

EXAMPLES = 60  # for each operation and phase
PATIENCE_S = 120


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = world.running()
        texts = [(f"+150055504{n:02}", f"schemathesis_challenge_{n}", ENVIRONMENT) for n in range(4)]
        cls.running.send(texts)
        callback = cls.running.phones.texts(texts[0][0])[0]["status_callback"]
        cls.known = {
            "environment_id": ENVIRONMENT,
            "application_id": APPLICATION,
            "challenge_ids": [challenge for _, challenge, _ in texts],
            "phone_numbers": [phone for phone, _, _ in texts],
            "ref": urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query)["ref"][0],
            "account_sid": ACCOUNTS[ENVIRONMENT],
            "auth_token": cls.running.auth_token(),
        }
        cls.webhooks = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(callback))

    def assert_conforms(self, url, operations, *options):
        """Runs schemathesis over so many operations; what it finds is the failure's text."""
        command = [
            *(INSTALLED / "python" / "bin" / "schemathesis", "--config-file", FOLDER / "schemathesis.toml", "run"),
            *(ROOT / "schemas" / "openapi.yaml", "--url", url, "--seed", SEED, "--max-examples", str(EXAMPLES)),
            *options,
        ]
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(FOLDER),
            "SDK_KNOWN": json.dumps(self.known),
        }
        done = subprocess.run(command, text=True, capture_output=True, timeout=PATIENCE_S, env=environment, cwd=world.DIRECTORY)
        self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-4_000:])
        self.assertRegex(done.stdout, rf"(?m)^\s*✅.*|Operations:.*{operations}")

    def test_the_internal_port_answers_as_its_document_says(self):
        header = f"Authorization: Bearer {self.running.sendcode.token}"
        self.assert_conforms(self.running.sendcode.url, 7, "--exclude-path-regex", "^/webhooks/", "--header", header)

    def test_the_webhook_port_answers_as_its_document_says(self):
        self.assert_conforms(self.webhooks, 1, "--include-path-regex", "^/webhooks/")
