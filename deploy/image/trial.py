"""The second half of deploy/image/check: starts the local overlay's pod from the image, by podman, and looks at it.

Kafka, Redis and the sandbox are this program's own, on loopback ports of its own. A second overlay upon the local one
tells the pod so, and gives it an environment that texts through the sandbox.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cluster"), str(ROOT / "deploy/local")]
sys.dont_write_bytecode = True

from cluster.rendering import Rendering, build, lay_out, volume_files, write_volume  # noqa: E402
from servers import StartError as TrialError  # noqa: E402
from servers import free_port, until  # noqa: E402

CONTAINER = "sendcode-sendcode"  # podman's name for the pod's container
ENVIRONMENT, APPLICATION = "env_live", "app_web"
IN_FLIGHT = 5
SENDER_LATENCY_MS = 3000

SETTINGS = f"""\
environment_id: {ENVIRONMENT}
applications: [{APPLICATION}]
sms:
  default_country: AU
  twilio:
    account_sid: AC0123456789abcdef0123456789abcdef
    auth_token: {{secret: {ENVIRONMENT}/twilio_auth_token}}
    source: messaging_service
    messaging_service_sid: MG0123456789abcdef0123456789abcdef
  fallback: none
authentication:
  phone: {{applications: [{APPLICATION}]}}
"""

# Upon the local overlay: where this machine's servers are, and one more environment.
OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: sendcode-local
resources: [../local]
images: [{{name: localhost/sendcode, newName: "{name}", newTag: "{tag}"}}]
configMapGenerator:
  - {{name: sendcode-worker, namespace: sendcode-local, behavior: merge, files: [sandbox-ca.pem]}}
  - name: sendcode-settings
    namespace: sendcode-local
    behavior: merge
    files: [{environment}.yaml]
    options: {{disableNameSuffixHash: true}}
secretGenerator:
  - name: sendcode-env-live
    literals: [twilio_auth_token={token}]
    options: {{disableNameSuffixHash: true}}
patches:
  - target: {{kind: Deployment, name: sendcode}}
    patch: |-
      - op: add
        path: /spec/template/spec/volumes/3/projected/sources/-
        value:
          secret:
            name: sendcode-env-live
            optional: true
            items: [{{key: twilio_auth_token, path: {environment}/twilio_auth_token}}]
      - op: add
        path: /spec/template/spec/containers/0/env
        value:
          - {{name: SENDCODE_KAFKA__PROPERTIES__BOOTSTRAP_SERVERS, value: "{kafka}"}}
          - {{name: SENDCODE_REDIS__URL, value: "redis://127.0.0.1:{redis}"}}
          - {{name: SENDCODE_SENDERS__TWILIO__BASE_URL, value: "{base_url}"}}
          - {{name: SENDCODE_SENDERS__TWILIO__CA_FILE, value: /etc/sendcode/worker/sandbox-ca.pem}}
          - {{name: SENDCODE_SENDERS__TWILIO__STATUS_CALLBACK_URL, value: "http://127.0.0.1:{webhooks}"}}
          - {{name: SENDCODE_HTTP__INTERNAL__LISTEN, value: "127.0.0.1:{internal}"}}
          - {{name: SENDCODE_HTTP__WEBHOOKS__LISTEN, value: "127.0.0.1:{webhooks}"}}
"""


def say(text):
    print(f"deploy/image/check: {text}", flush=True)


def run(*command, check=True, timeout=120, **more):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=timeout, **more)
    if check and done.returncode != 0:
        raise TrialError(
            f"{' '.join(str(word) for word in command[:4])}: exit {done.returncode}: {done.stdout}{done.stderr}".strip()
        )
    return done


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def test(self, sentence, good, detail=""):
        if good:
            self.passed += 1
            print(f"ok    {sentence}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {sentence}\n        {detail}", flush=True)


class Servers:
    """Kafka, Redis and the sandbox; all end with the block."""

    def __init__(self, directory, sandbox):
        self.directory = directory
        self.program = sandbox
        self.kafka_port, self.redis_port = free_port(), free_port()

    def __enter__(self):
        self.ends = contextlib.ExitStack()
        try:
            self._server("redis", self.redis_port)
            self._server("kafka", self.kafka_port)
            self._sandbox()
        except BaseException:
            self.ends.close()
            raise
        return self

    def __exit__(self, *_):
        self.ends.close()

    def _server(self, name, port):
        command = ROOT / "deploy/local" / name
        data = self.directory / name
        say(f"starting {name}")
        self.ends.callback(run, command, "stop", "--data", data, check=False)
        run(command, "start", "--port", port, "--data", data, timeout=300)

    def _sandbox(self):
        ready = self.directory / "sandbox.json"
        with open(self.directory / "sandbox.log", "wb") as log:
            process = subprocess.Popen(
                [self.program, "--ready-file", ready], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.ends.callback(process.wait)
        self.ends.callback(process.terminate)
        until(ready.exists, 20, "the sandbox is ready")
        self.sandbox = json.loads(ready.read_text())

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.sandbox['control_url']}/sandbox/{path}", data, timeout=10) as answer:
            return json.load(answer)

    def texts(self, phone):
        return self.control(f"messages?to=%2B{phone[1:]}")["messages"]


class Pod:
    """The rendered Deployment's pod under podman. What podman 4 can't do is done here: projected volumes are laid out as
    folders, probes are asked from outside, and preStop and the grace period are left to `podman stop`."""

    def __init__(self, rendering, directory):
        self.rendering = rendering
        self.files = directory / "pod"
        lay_out(rendering, self.files)
        self._give_to_group(self.files)
        self.manifest = directory / "pod.yaml"
        self.manifest.write_text(yaml.safe_dump(self._manifest()))

    def _give_to_group(self, folder):
        """As fsGroup and defaultMode have it: the pod's group reads, nobody else."""
        group = self.rendering.pod["securityContext"]["fsGroup"]
        for path in [folder, *folder.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, 0, group)
                path.chmod(0o750 if path.is_dir() else 0o440)

    def _manifest(self):
        spec = json.loads(json.dumps(self.rendering.pod))
        for key in ("serviceAccountName", "topologySpreadConstraints"):
            spec.pop(key)
        spec["restartPolicy"] = "Never"
        container = spec["containers"][0]
        for key in ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle"):
            container.pop(key)
        paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        spec["volumes"] = [
            {"name": volume["name"], "hostPath": {"path": f"{self.files}{paths[volume['name']]}", "type": "Directory"}}
            for volume in spec["volumes"]
        ]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "sendcode", "labels": self.rendering.template["metadata"]["labels"]},
            "spec": spec,
        }

    def __enter__(self):
        run("podman", "play", "kube", "--network", "host", self.manifest)
        return self

    def __exit__(self, *_):
        run("podman", "pod", "rm", "-f", "-t", "1", "sendcode", check=False)

    def inside(self, *command, **more):
        return run("podman", "exec", CONTAINER, *command, **more)

    def below(self, name):
        return self.rendering.mount("worker")["mountPath"] + "/" + name

    def put(self, name, text):
        """A file that a person's command in the pod is given."""
        file = Path(f"{self.files}{self.below(name)}")
        file.write_text(text)
        self._give_to_group(file.parent)

    def log(self):
        done = run("podman", "logs", CONTAINER, check=False)
        return done.stdout + done.stderr

    def variables(self):
        return [f"{entry['name']}={entry['value']}" for entry in self.rendering.container["env"]]

    def port(self, name):
        variable = f"SENDCODE_HTTP__{name.upper()}__LISTEN="
        return next(entry for entry in self.variables() if entry.startswith(variable)).rpartition(":")[2]

    def ask(self, path):
        trust = ssl.create_default_context(cadata=volume_files(self.rendering, "tls")["ca.crt"].decode())
        try:
            with urllib.request.urlopen(
                f"https://127.0.0.1:{self.port('internal')}{path}", timeout=5, context=trust
            ) as answer:
                return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)

    def sendcode(self, image, *arguments, **more):
        """The image's program in a container of its own: a person's command beside the worker."""
        variables = [word for entry in self.variables() for word in ("--env", entry)]
        return run(
            "podman",
            "run",
            "--rm",
            "-i",
            "--network",
            "host",
            "--volume",
            f"{self.files}/etc/sendcode:/etc/sendcode:ro",
            *variables,
            image,
            *arguments,
            check=False,
            **more,
        )


def render(options, servers):
    kubernetes = options.directory / "kubernetes"
    shutil.copytree(ROOT / "deploy/kubernetes", kubernetes, ignore=shutil.ignore_patterns("secrets"))
    run(kubernetes / "overlays/local/make-secrets", "--sendcode", f"podman run --rm {options.image}")
    own = kubernetes / "overlays/trial"
    own.mkdir()
    shutil.copy(servers.sandbox["ca_file"], own / "sandbox-ca.pem")
    (own / f"{ENVIRONMENT}.yaml").write_text(SETTINGS)
    name, _, tag = options.image.rpartition(":")
    (own / "kustomization.yaml").write_text(
        OVERLAY.format(
            name=name,
            tag=tag,
            environment=ENVIRONMENT,
            token=os.urandom(16).hex(),
            kafka=f"127.0.0.1:{servers.kafka_port}",
            redis=servers.redis_port,
            base_url=servers.sandbox["base_url"],
            webhooks=free_port(),
            internal=free_port(),
        )
    )
    return Rendering(build(own))


def check_confinement(report, pod):
    wanted = pod.rendering.pod["securityContext"]
    got = pod.inside("sh", "-c", "echo $(id -u):$(id -g)").stdout.strip()
    report.test(
        "the worker runs as the user that the pod demands", got == f"{wanted['runAsUser']}:{wanted['runAsGroup']}", got
    )
    written = pod.inside("sh", "-c", "touch /etc/x", check=False)
    report.test(
        "its root file system is read-only", written.returncode != 0 and "Read-only" in written.stderr, written.stderr
    )
    status = dict(
        line.split(":\t", 1) for line in pod.inside("cat", "/proc/1/status").stdout.splitlines() if ":\t" in line
    )
    report.test(
        "it has no capability, and can't get one",
        int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"] == "1",
        str(status),
    )
    report.test("a seccomp filter stands before its system calls", status["Seccomp"] == "2", status["Seccomp"])
    limit = pod.inside(
        "sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    ).stdout.strip()
    asked = pod.rendering.container["resources"]["limits"]["memory"]
    number = int(re.fullmatch(r"(\d+)Mi", asked)[1]) * 1024 * 1024
    report.test(f"its memory limit of {asked} is in force", limit == str(number), limit)
    command = pod.inside("cat", "/proc/1/comm").stdout.strip()
    report.test("the worker itself is process 1: signals reach it", command == "sendcode", command)


def check_probes(report, pod):
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        path = pod.rendering.container[name]["httpGet"]["path"]
        status, text = pod.ask(path)
        report.test(f"{name}: {path} answers 200", status == 200, f"{status} {text}")
    status, text = pod.ask("/metrics")
    report.test(
        "/metrics is served where the annotations say", status == 200 and "sendcode_in_flight" in text, text[:200]
    )


def check_text(report, pod, servers):
    phone = "+61491570006"
    config = pod.below("worker.yaml")
    who = ("--environment", ENVIRONMENT, "--application", APPLICATION, "--phone", phone)
    sent = pod.inside("sendcode", "--json", "send", "--config", config, *who, "--wait", check=False)
    report.test(
        "an event that is sent from within the pod ends as `sent`",
        sent.returncode == 0 and '"status":"sent"' in sent.stdout,
        sent.stdout + sent.stderr,
    )
    texts = servers.texts(phone)
    report.test("its text arrived at the sandbox, once", len(texts) == 1, str(len(texts)))
    if sent.returncode != 0 or not texts:
        return
    code = re.search(r"\b\d{6}\b", texts[0]["body"])[0]
    challenge = json.loads(sent.stdout.splitlines()[0])["challenge_id"]
    # The overlay's own token is for env_local: this environment gets one, which the running worker takes up.
    made = json.loads(
        pod.inside(
            "sendcode",
            "--json",
            "tokens",
            "new",
            "--id",
            "trial",
            "--environments",
            ENVIRONMENT,
            "--applications",
            APPLICATION,
            "--scopes",
            "check",
        ).stdout
    )
    files = volume_files(pod.rendering, "secrets")
    files["api_tokens"] = json.dumps([*yaml.safe_load(files["api_tokens"]), made["entry"]]).encode()
    folder = pod.files / pod.rendering.mount("secrets")["mountPath"].lstrip("/")
    write_volume(folder, files)
    pod._give_to_group(folder)
    pod.put("trial.token", made["token"])
    check = (
        "sendcode",
        "--json",
        "check",
        code,
        "--challenge",
        challenge,
        *who,
        "--token-file",
        pod.below("trial.token"),
        "--url",
        f"https://127.0.0.1:{pod.port('internal')}",
        "--ca-file",
        "/etc/sendcode/tls/ca.crt",
    )

    def approved():
        done = pod.inside(*check, check=False)
        return done if '"approved"' in done.stdout else None

    try:
        until(approved, 15, "the code is approved")
        report.test("the code from the text is approved, with a token that came into the Secret meanwhile", True)
    except TrialError as error:
        done = pod.inside(*check, check=False)
        report.test(
            "the code from the text is approved, with a token that came into the Secret meanwhile",
            False,
            f"{error}; {done.stdout}{done.stderr}",
        )


def check_test_number(report, pod, directory):
    """What docs/kubernetes.md has a newcomer type: the local overlay's own environment, its token and its CA."""
    config = pod.below("worker.yaml")
    who = ("--environment", "env_local", "--application", "app_web", "--phone", "+12025550123")
    sent = pod.inside("sendcode", "--json", "send", "--config", config, *who, "--wait", check=False)
    report.test(
        "a code for the overlay's test number is `sent`, and nobody is texted",
        sent.returncode == 0 and '"sender":"test"' in sent.stdout,
        sent.stdout + sent.stderr,
    )
    if sent.returncode != 0:
        return
    challenge = json.loads(sent.stdout.splitlines()[0])["challenge_id"]
    secrets = directory / "kubernetes/overlays/local/secrets"
    pod.put("web.token", (secrets / "web.token").read_text())
    checked = pod.inside(
        "sendcode",
        "check",
        (secrets / "test_code").read_text().strip(),
        "--challenge",
        challenge,
        *who,
        "--token-file",
        pod.below("web.token"),
        "--url",
        f"https://127.0.0.1:{pod.port('internal')}",
        "--ca-file",
        "/etc/sendcode/tls/ca.crt",
        check=False,
    )
    report.test(
        "and is approved with the token and the CA that make-secrets made",
        checked.returncode == 0,
        checked.stdout + checked.stderr,
    )


def in_flight(pod):
    values = re.findall(r"^sendcode_in_flight(?:{[^}]*})? (\d+)", pod.ask("/metrics")[1], re.MULTILINE)
    return sum(int(value) for value in values)


def check_drain(report, pod, servers, image):
    """Texts are under way when the pod is told to stop: each still goes out, once, and its status is published."""
    servers.control("faults", {"target": "twilio", "kind": "latency", "delay_ms": SENDER_LATENCY_MS})
    phones = [f"+6149157{number:04d}" for number in range(110, 110 + IN_FLIGHT)]
    events = "".join(
        json.dumps({"environment_id": ENVIRONMENT, "application_id": APPLICATION, "phone_number": phone}) + "\n"
        for phone in phones
    )
    config = pod.below("worker.yaml")
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(pod.sendcode, image, "send", "--config", config, "--file", "-", "--wait", input=events)
        until(lambda: in_flight(pod) == IN_FLIGHT or waiting.done(), 30, f"{IN_FLIGHT} events are in flight")
        report.test(f"{IN_FLIGHT} events are in flight when `podman stop` comes", not waiting.done())
        begin = time.monotonic()
        run("podman", "stop", "-t", str(pod.rendering.pod["terminationGracePeriodSeconds"]), CONTAINER)
        took = time.monotonic() - begin
        sent = waiting.result()
    code = run("podman", "inspect", "-f", "{{.State.ExitCode}}", CONTAINER).stdout.strip()
    report.test(
        f"SIGTERM drains and ends it with exit 0 ({took:.1f} s)", code == "0", f"exit {code}\n{pod.log()[-1500:]}"
    )
    log = pod.log()
    report.test(
        "its log tells of the drain, and of a good end",
        '"draining"' in log and '"well":true' in log.replace(" ", ""),
        log[-1500:],
    )
    report.test("every event under way was published as `sent`", sent.returncode == 0, sent.stdout + sent.stderr)
    counts = {phone: len(servers.texts(phone)) for phone in phones}
    report.test("each of their texts went out once", set(counts.values()) == {1}, str(counts))


def check_image(report, image):
    told = json.loads(run("podman", "image", "inspect", image).stdout)[0]
    config, labels = told["Config"], told["Labels"] or {}
    report.test(
        "the image ends by SIGTERM, and is no root's",
        config.get("StopSignal") in ("SIGTERM", "15") and config["User"] == "10001:10001",
        str(config),
    )
    version = run("podman", "run", "--rm", image, "--version").stdout.split()[-1]
    report.test(
        "its labels tell the version and the revision",
        labels.get("org.opencontainers.image.version") == version
        and re.fullmatch(r"[0-9a-f]{40}|unknown", labels.get("org.opencontainers.image.revision", "")) is not None,
        str(labels),
    )
    # A compiler or a header in it would be the first stage's.
    extra = run(
        "podman",
        "run",
        "--rm",
        "--entrypoint",
        "/bin/sh",
        image,
        "-c",
        "ls -d /usr/include/* /usr/bin/g++* /usr/bin/cmake 2>/dev/null || true",
    ).stdout
    report.test("nothing of the build is in it", extra.strip() == "", extra)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", required=True)
    parser.add_argument("--sandbox", type=Path, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args()
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    options.directory.chmod(0o750)

    report = Report()
    try:
        check_image(report, options.image)
        with Servers(options.directory, options.sandbox) as servers, Pod(
            render(options, servers), options.directory
        ) as pod:
            say("the pod is started")
            until(lambda: pod.ask("/readyz")[0] == 200, 30, f"the worker is ready; its log:\n{pod.log()[-1500:]}")
            check_probes(report, pod)
            check_confinement(report, pod)
            check_test_number(report, pod, options.directory)
            check_text(report, pod, servers)
            check_drain(report, pod, servers, options.image)
    except (TrialError, OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        report.test("it goes on to its end", False, f"{type(error).__name__}: {error}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
