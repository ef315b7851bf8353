"""The producers: a text, its outcome, the retry, the check, in five languages."""
import contextlib
import json
import pathlib
import re
import subprocess
import threading

from servers import StartError as DemoError
from servers import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/examples/producers"
LINES_MAX, COLUMNS_MAX = 60, 125
SECONDS_MAX = 60
LANDLINE = "+61255501238"  # one that librdkafka's own partitioner puts elsewhere than Java's


def commands(built):
    """{language: (source, command)}, without the phone number."""
    return {
        "python": (FOLDER / "python/send_code.py", ["python", FOLDER / "python/send_code.py"]),
        "node": (FOLDER / "node/send_code.js", ["node", FOLDER / "node/send_code.js"]),
        "java": (FOLDER / "java/SendCode.java",
                 ["java", "-cp", ROOT / ".deps/jars/docs/examples/producers/java/*", FOLDER / "java/SendCode.java"]),
        "go": (FOLDER / "go/send_code.go", [built / "go/send_code"]),
        "cpp": (FOLDER / "cpp/send_code.cpp", [built / "cpp/send_code"]),
    }


def producers(report, world, environment, built):
    for number, (language, (source, command)) in enumerate(commands(built).items()):
        lines = source.read_text().splitlines()
        report.check(f"{language}: at most {LINES_MAX} lines", len(lines) <= LINES_MAX)
        report.check(f"{language}: the manual names it, and its manifest is there", named(source))
        report.check(f"{language}: no line is wider than {COLUMNS_MAX}", [each for each in lines if len(each) > COLUMNS_MAX], [])
        a_code(report, world, environment, language, command, phone=f"+6149157{number + 20:04}")
        a_landline(report, environment, language, command)
    pins(report)
    partitions = {}  # by who sent

    def five():
        for record in world.kafka.records["sms.send-code"]:
            if record["key"] == LANDLINE:
                partitions[record["headers"]["ce_source"]] = record["partition"]
        return len(partitions) == 5
    until(five, SECONDS_MAX, "an event of each language for one phone")
    report.check("events of one phone stand in one partition, whichever language sends them", len(set(partitions.values())), 1)


def pins(report):
    """What .deps/ has of Python and Node is what the manifests say; the other manifests are used as they stand."""
    ours = (ROOT / "deploy/local/requirements.txt").read_text().split()
    report.check("python: ran with the versions of its manifest",
                 [line for line in (FOLDER / "python/requirements.txt").read_text().split() if line not in ours], [])
    ours = json.loads((ROOT / "deploy/local/package.json").read_text())["dependencies"].items()
    for manifest in (FOLDER / "node/package.json", FOLDER.parent / "sign_in_page/package.json"):
        wanted = json.loads(manifest.read_text())["dependencies"].items()
        report.check(f"{manifest.parent.name}: ran with the versions of its manifest", wanted <= ours)


def named(source):
    manual = (FOLDER.parent / "README.md").read_text()
    manifests = {"python": "requirements.txt", "node": "package.json", "java": "pom.xml", "go": "go.mod", "cpp": "CMakeLists.txt"}
    return source.name in manual and (source.parent / manifests[source.parent.name]).exists()


class Program:
    """One that talks: its output so far, and a deadline for what it is to say next."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen([*map(str, command)], text=True, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.said = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while letter := self.process.stdout.read(1):
            self.said += letter

    def until(self, pattern):
        """What it says, once that has come."""
        def said():
            if self.process.poll() is not None and not re.search(pattern, self.said):
                self.reader.join()
                raise DemoError(f"it ended with {self.process.returncode} before it said {pattern!r}: {self.process.stderr.read()}")
            return re.search(pattern, self.said)
        try:
            return until(said, SECONDS_MAX, f"{pattern!r} in what it says")
        except DemoError:
            self.end()
            raise

    def finish(self, typed=None):
        """Types a line; (exit code, all that it said, what it said of errors)."""
        try:
            with contextlib.suppress(BrokenPipeError):
                if typed is not None:
                    self.process.stdin.write(f"{typed}\n")
                self.process.stdin.close()
            self.process.wait(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.end()
        self.reader.join()
        return self.process.returncode, self.said, self.process.stderr.read()

    def end(self):
        self.process.kill()
        self.process.wait()


def a_code(report, world, environment, language, command, phone):
    program = Program([*command, phone], environment)
    outcome, outcome_id = program.until(r"outcome: (\w+) (\S+)\n").groups()
    report.check(f"{language}: the outcome is sent", outcome, "sent")
    retry, retry_id = program.until(r"retry: (\w+) (\S+)\n").groups()
    report.check(f"{language}: the retry is told the same outcome under the same id", (retry, retry_id), (outcome, outcome_id))
    texts = world.phones.texts(phone)
    report.check(f"{language}: one text", len(texts), 1)

    events = collected(world, "sms.send-code", lambda record: record["key"] == phone)
    report.check(f"{language}: two records, of one event", (len(events), len({str(each["headers"]) for each in events}),
                                                            len({each["payload"] for each in events})), (2, 1, 1))
    told = collected(world, "sms.delivery-status", lambda record: record["headers"]["ce_id"] == outcome_id)
    report.check(f"{language}: two statuses, under that id", len(told), 2)

    program.until("code: ")
    code = re.search(r"[0-9]{6}", texts[-1]["body"])[0]
    status, said, errors = program.finish(code)
    report.check(f"{language}: the code is approved, and it exits 0", (said.splitlines()[-1].removeprefix("code: "), status),
                 ("check: approved", 0))
    report.check(f"{language}: it shows neither code nor phone nor token",
                 [each for each in (code, phone.lstrip("+"), environment["API_TOKEN"]) if each in said + errors], [])
    challenge = told[0]["key"]
    until(lambda: world.kafka.statuses("check", {challenge}), SECONDS_MAX, "the check's status on Kafka")


def collected(world, topic, wanted):
    """The records of a topic that are wanted, once there are two."""
    def found():
        records = [record for record in world.kafka.records[topic] if wanted(record)]
        return len(records) >= 2 and records
    return until(found, SECONDS_MAX, f"two such records on {topic}")


def a_landline(report, environment, language, command):
    status, said, errors = Program([*command, LANDLINE], environment).finish()
    report.check(f"{language}: a landline is not sent, it says why, and does not exit 0",
                 ("outcome: rejected" in said, "unsupported_number_type" in errors, status != 0), (True, True, True))
