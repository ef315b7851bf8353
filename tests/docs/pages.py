"""Runs the pages' commands; tests/docs/run says how."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "local"))

from blocks import read_blocks  # noqa: E402
from demo_clients import request  # noqa: E402
from servers import Servers, StartError, free_port  # noqa: E402

PAGES = [
    "README.md",
    "docs/setting-up.md",
    "docs/sending-codes.md",
    "docs/checking-codes.md",
    "docs/when-texts-do-not-arrive.md",
]
# A person of each task; none is texted twice within a limit.
PHONES = {
    "phone": "+61491570006",
    "other_phone": "+61491570156",
    "checked_phone": "+61491570157",
    "cancelled_phone": "+61491570158",
    "late_phone": "+61491570159",
}
BLOCK_S = 90
WORKER_PORT = 9464  # as the pages have it


class Reader:
    """Somebody who follows the pages from the top, with nothing but what they say."""

    def __init__(self, servers):
        self.servers = servers
        self.home = servers.directory / "home"
        self.variables = servers.directory / "variables"
        self.home.mkdir()
        self.passed = self.failed = 0

    def start(self):
        redis_port, kafka_port = free_port(), free_port()
        self.servers.service("redis", "--port", str(redis_port))
        self.servers.service("kafka", "--port", str(kafka_port))
        _, sandbox = self.servers.sandbox()
        self.control_url = sandbox["control_url"]
        bootstrap = f"127.0.0.1:{kafka_port}"
        # The pages name the usual ports and the real Twilio: what differs here is overridden, as users may.
        self.environment = {
            **os.environ,
            "PATH": f"{self.servers.programs}:{os.environ['PATH']}",
            "SENDCODE_KAFKA__PROPERTIES__BOOTSTRAP_SERVERS": bootstrap,
            "SENDCODE_REDIS__URL": f"redis://127.0.0.1:{redis_port}",
            "SENDCODE_SENDERS__TWILIO__BASE_URL": sandbox["base_url"],
            "SENDCODE_SENDERS__TWILIO__CA_FILE": sandbox["ca_file"],
            "SENDCODE_SENDERS__KINDE__BASE_URL": sandbox["kinde_base_url"],
            "SENDCODE_SENDERS__KINDE__TOKEN_URL": sandbox["kinde_base_url"] + "/oauth2/token",
            "SENDCODE_SENDERS__KINDE__CA_FILE": sandbox["ca_file"],
            "kafka": bootstrap,
            "twilio_auth_token": "0123456789abcdef0123456789abcdef",
            **PHONES,
        }

    def follow(self, page):
        for block in read_blocks(page, (ROOT / page).read_text()):
            if block.file:
                self._write(block)
            elif block.language == "sh":
                self._run(block)

    def _write(self, block):
        path = self.home / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    def _run(self, block):
        """In a shell that has what the blocks before it assigned."""
        script = (
            f"set -euo pipefail\n[ ! -e {self.variables} ] || . {self.variables}\n"
            f"set -a\ncode={self._code_that_arrived()}\n{block.text}\nexport -p >{self.variables}\n"
        )
        if "background" in block.marks:
            self._run_worker(block, script)
            return
        try:
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=BLOCK_S,
            )
            self._tell(block, done.returncode in block.exits, f"exit code {done.returncode}\n{done.stdout}")
        except subprocess.TimeoutExpired as late:
            self._tell(block, False, f"not done within {BLOCK_S} s\n{late.stdout or ''}")

    def _run_worker(self, block, script):
        command = ["bash", "-c", script.replace("sendcode run", "exec sendcode run")]
        process = self.servers.launch("worker", command, cwd=self.home, env=self.environment)
        try:
            self.servers.until_ready("worker", process, self._is_ready)
            self._tell(block, True, "")
        except StartError as error:
            self._tell(block, False, f"{error}\n{self.servers.log_end('worker')}")

    @staticmethod
    def _is_ready():
        try:
            return request(f"http://127.0.0.1:{WORKER_PORT}/readyz")[0] == 200
        except OSError:
            return False

    def _code_that_arrived(self):
        """What the person of checking-codes.md reads on their phone."""
        query = urllib.parse.urlencode({"to": PHONES["checked_phone"]})
        texts = json.loads(request(f"{self.control_url}/sandbox/messages?{query}")[1])["messages"]
        return re.search(r"[0-9]{6}", texts[-1]["body"])[0] if texts else ""

    def _tell(self, block, good, what):
        first = block.text.strip().splitlines()[0]
        print(f"{'ok  ' if good else 'FAIL'} {block.where}: {first}")
        if not good:
            print("".join(f"  | {line}\n" for line in what.splitlines()), end="")
        self.passed, self.failed = self.passed + good, self.failed + (not good)

    def finish(self):
        """The worker has had all that the pages do to it, and ends well."""
        if "worker" not in self.servers.started:
            print("FAIL no page ran the worker")
            self.failed += 1


def main():
    parser = argparse.ArgumentParser(prog="tests/docs/run")
    parser.add_argument("--programs", required=True)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="sendcode-docs-"))
    servers = Servers(directory, options.programs)
    reader = Reader(servers)
    try:
        servers.need("sendcode", "sendcode-sandbox")
        reader.start()
        for page in PAGES:
            reader.follow(page)
        reader.finish()
    except StartError as error:
        print(f"FAIL {error}")
        reader.failed += 1
    finally:
        servers.end_all()
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{reader.passed} passed, {reader.failed} failed")
    return int(reader.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
