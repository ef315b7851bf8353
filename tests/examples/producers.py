"""The producers: a text, its outcome, the retry, the check, in five languages, by the commands of docs/examples/README.md."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

from servers import StartError, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/examples/producers"
LINES_MAX, COLUMNS_MAX = 60, 125
SECONDS_MAX = 60
LANGUAGES = {"python", "node", "java", "go", "cpp"}
PHONE = '"+61491570006"'  # as the manual has it
LANDLINE = "+61255501238"  # one that librdkafka's own partitioner puts elsewhere than Java's


class Example:
    """One language's row of the manual, in a folder of its own, as a reader would have it."""

    def __init__(self, language, source, once, command, built):
        self.language = language
        self.source = FOLDER / language / source
        self.once = once
        self.command = command
        self.folder = built / language

    def prepare(self, environment):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(FOLDER / self.language, self.folder)
        if self.language == "java":  # what its command `once` fetches; Python's and Node's packages are found by their paths
            (self.folder / "target").mkdir()
            (self.folder / "target/dependency").symlink_to(ROOT / ".deps/jars/docs/examples/producers/java")
        if self.language in ("go", "cpp"):  # both go without a network
            subprocess.run(self.once, shell=True, check=True, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL)

    def start(self, phone, environment):
        return Program(self.command.replace(PHONE, phone), self.folder, environment)


def examples(built):
    row = re.compile(r"^\| \[[^]]+\]\(producers/(\w+)/([\w.]+)\) \| [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
    manual = (FOLDER.parent / "README.md").read_text()
    return [Example(*found, built) for found in row.findall(manual)]


def producers(report, world, environment, built):
    environment = {**environment, "CXX": "clang++-19", "CXXFLAGS": "-Werror", "CMAKE_GENERATOR": "Ninja"}
    found = examples(built)
    report.check("the manual has a row for each language", {example.language for example in found}, LANGUAGES)
    for number, example in enumerate(found):
        language, lines = example.language, example.source.read_text().splitlines()
        report.check(f"{language}: at most {LINES_MAX} lines", len(lines) <= LINES_MAX)
        report.check(f"{language}: no line is wider than {COLUMNS_MAX}", [line for line in lines if len(line) > COLUMNS_MAX], [])
        example.prepare(environment)
        a_code(report, world, environment, example, phone=f"+6149157{number + 20:04}")
        a_landline(report, environment, example)
    pins(report)
    one_partition(report, world)


def one_partition(report, world):
    partitions = {}  # by who sent

    def from_all():
        for record in world.kafka.records["sms.send-code"]:
            if record["key"] == LANDLINE:
                partitions[record["headers"]["ce_source"]] = record["partition"]
        return len(partitions) == len(LANGUAGES)

    until(from_all, SECONDS_MAX, "an event of each language for one phone")
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


class Program:
    """One that talks: its output so far, and a deadline for what it is to say next."""

    def __init__(self, command, folder, environment):
        self.process = subprocess.Popen(command, shell=True, text=True, cwd=folder, env=environment, stdin=subprocess.PIPE,
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
                raise StartError(f"it ended with {self.process.returncode} before it said {pattern!r}: {self.process.stderr.read()}")
            return re.search(pattern, self.said)
        try:
            return until(said, SECONDS_MAX, f"{pattern!r} in what it says")
        except StartError:
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
        """The command's whole session: `go run` has a child."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def a_code(report, world, environment, example, phone):
    language, program = example.language, example.start(phone, environment)
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


def a_landline(report, environment, example):
    status, said, errors = example.start(LANDLINE, environment).finish()
    report.check(f"{example.language}: a landline is not sent, it says why, and does not exit 0",
                 ("outcome: rejected" in said, "unsupported_number_type" in errors, status != 0), (True, True, True))
