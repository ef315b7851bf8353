"""Steps of docs/kubernetes.md, from the first one up to secrets."""

import json
import re

from servers import until  # of deploy/local

from .kubelet import rfc3339
from .step import (
    CONFIG,
    DEPLOYMENT,
    FOLLOWED_S,
    IN_POD,
    LOCAL,
    NAMESPACE,
    ROLLED_S,
    failed,
    names,
    only_pod,
    roll_out,
    step,
    told,
    warned,
    worker_pods,
)

WHO = '--environment env_local --application app_web --phone "+12025550123"'

# --- Try it


@step(
    "Try it",
    f'{LOCAL}/make-secrets --sendcode "podman run --rm localhost/sendcode:0.1.0"',
    "the files of the overlay's Secrets are there (by the program itself: deploy/image/check does it by podman)",
)
def make_secrets(live, command):
    yield from failed(live.run(command))
    for name in ("keys.codes", "keys.refs", "keys.subjects", "api_tokens", "test_code", "tls.crt", "tls.key", "ca.crt"):
        if not (live.checkout / LOCAL / "secrets" / name).is_file():
            yield f"secrets/{name} is missing"


@step("Try it", f"kubectl apply -k {LOCAL}", "the cluster takes every object, without a warning of Pod Security's")
def apply(live, command):
    done = live.run(command)
    yield from warned(done)
    yield from failed(live.run(f"kubectl get -k {LOCAL}"))


@step("Try it", f"kubectl -n {NAMESPACE} rollout status deployment/sendcode", "a worker runs and answers its probe")
def first_rollout(live, command):
    yield from failed(live.run(command))
    pod, worker = only_pod(live)
    if not worker.probe():
        yield f"{pod['metadata']['name']} does not answer: {worker.log.read_text()[-500:]}"


@step("Try it", f"{IN_POD} send {CONFIG} {WHO} --wait", "the event ends as `sent`, and its challenge is printed")
def send_one(live, command):
    done = live.run(command)
    yield from failed(done)
    if not re.search(r"\bsent\b", done.output):
        yield f"not sent: {done.output}"
    found = re.search(r"\bchallenge (\S+)", done.output)
    if found:
        live.values["…"] = found[1]
    else:
        yield f"no challenge is printed: {done.output}"


@step("Try it", f"kubectl -n {NAMESPACE} port-forward service/sendcode 9464 &", "the worker's port is this machine's")
def forward(live, command):
    live.background(command)
    until(lambda: live.port_answers(9464), 15, "127.0.0.1:9464 is open")
    return []


CHECK = (
    f"sendcode check 123456 --challenge … {WHO} --token-file {LOCAL}/secrets/web.token "
    f"--url https://127.0.0.1:9464 --ca-file {LOCAL}/secrets/ca.crt"
)


@step("Try it", CHECK, "the code is approved, over TLS with the Secret's certificate")
def check(live, command):
    done = live.run(command)
    live.end_background()
    yield from failed(done)
    if "approved" not in done.output:
        yield done.output


@step("Try it", f"kubectl delete namespace {NAMESPACE}", "nothing is left, and the worker ended well")
def delete_namespace(live, command):
    before = {worker.name for worker in live.kubelet.all()}
    yield from failed(live.run(command))
    if live.api.find(f"/api/v1/namespaces/{NAMESPACE}") is not None:
        yield "the namespace is still there"
    ended = {worker.name: worker.exit_code for worker in live.kubelet.ended}
    yield from (f"{name} ended with {ended.get(name)}" for name in before if ended.get(name) != 0)


# --- Deploy it for real


def make_own_overlay(live):
    """As the page tells: a copy without servers.yaml, and an image of one's own."""
    own = live.checkout / "deploy/kubernetes/overlays/yours"
    live.must(f"cp -r {LOCAL} {own}")
    (own / "servers.yaml").unlink()
    live.edit(own / "kustomization.yaml", "  - servers.yaml\n", "")
    live.edit(own / "kustomization.yaml", "newName: localhost/sendcode", "newName: registry.example.com/sendcode")
    live.values["<yours>"] = "yours"


@step(
    "Deploy it for real",
    "kubectl apply -f deploy/kubernetes/overlays/<yours>/namespace.yaml",
    "the namespace is there, without which `diff` only says so",
)
def make_namespace(live, command):
    make_own_overlay(live)
    done = live.run("kubectl diff -k deploy/kubernetes/overlays/<yours>")
    if "not found" not in done.output:
        yield f"diff does without: {done.output}"
    yield from failed(live.run(command))


@step("Deploy it for real", "kubectl kustomize deploy/kubernetes/overlays/<yours>", "it shows what is applied")
def show(live, command):
    done = live.run(command)
    yield from failed(done)
    if "image: registry.example.com/sendcode:" not in done.output or "kind: PodDisruptionBudget" not in done.output:
        yield "the image or the budget is not shown"
    if "name: kafka\n" in done.output:
        yield "the servers for trying are shown"


@step("Deploy it for real", "kubectl diff -k deploy/kubernetes/overlays/<yours>", "it shows what an apply would change")
def diff(live, command):
    done = live.run(command)
    if done.returncode != 1 or "+kind: Deployment" not in done.output:
        yield f"exit code {done.returncode}, and no new Deployment: {done.output}"
    roll_out(live)
    done = live.run(command)
    changed = set(re.findall(r"(?m)^([+-] +image: .*)$", done.output))
    wanted = {"-        image: localhost/sendcode:0.1.0", "+        image: registry.example.com/sendcode:0.1.0"}
    if done.returncode != 1 or changed != wanted:
        yield f"exit code {done.returncode}, and the change of image is not what is shown: {done.output}"


# --- Change settings


@step("Change settings", f"sendcode settings validate {LOCAL}/settings", "it takes an edit, and tells a mistake")
def validate(live, command):
    document = live.checkout / LOCAL / "settings/env_local.yaml"
    live.edit(document, "applications: [app_web]\nsms:", "application: [app_web]\nsms:")
    done = live.run(command)
    if done.returncode == 0 or "env_local.yaml" not in done.output:
        yield f"a misspelled key passes: {done.output}"
    live.edit(document, "application: [app_web]\nsms:", "applications: [app_web, app_mobile]\nsms:")
    yield from failed(live.run(command))


@step("Change settings", f"kubectl apply -k {LOCAL}", "the same ConfigMap has the new document; the same pod goes on")
def apply_settings(live, command):
    pod, worker = only_pod(live)
    revision = live.api.get(DEPLOYMENT)["metadata"]["generation"]
    live.since = rfc3339()
    done = live.run(command)
    yield from warned(done)
    if "configmap/sendcode-settings configured" not in done.output:
        yield f"the ConfigMap sendcode-settings is not what has changed: {done.output}"
    if live.api.get(DEPLOYMENT)["metadata"]["generation"] != revision:
        yield "the Deployment has changed, too"
    until(lambda: told(live, "settings are in force", live.since), FOLLOWED_S, "the worker goes by the new settings")
    if only_pod(live)[0]["metadata"]["uid"] != pod["metadata"]["uid"] or worker.restarts:
        yield "the worker was restarted"


@step(
    "Change settings",
    f'kubectl -n {NAMESPACE} logs deploy/sendcode -f | grep "settings"',
    "the log tells that they are in force, while it is followed too",
)
def follow_log(live, command):
    with live.follow(command) as shown:
        until(lambda: "settings are in force" in shown(), 15, "the log shows the sentence")
        before = shown().count("settings are in force")
        live.edit(live.checkout / LOCAL / "settings/env_local.yaml", "app_mobile]", "app_mobile, app_tv]")
        live.must(f"kubectl apply -k {LOCAL}")
        until(lambda: shown().count("settings are in force") > before, FOLLOWED_S, "the log is followed")
    return []


@step("Change settings", f"{IN_POD} settings show env_local {CONFIG}", "it shows what the pod goes by")
def show_settings(live, command):
    done = live.run(command)
    yield from failed(done)
    if "app_tv" not in done.output:
        yield f"the edited document is not shown: {done.output}"


# --- Rotate a secret


def send(live):
    """A challenge to check."""
    done = live.must(f"{IN_POD} --json send {CONFIG} {WHO} --wait")
    return json.loads(done.output.splitlines()[0])["challenge_id"]


@step(
    "Rotate a secret",
    "sendcode keys add secrets/keys.codes > new && mv new secrets/keys.codes",
    "after an apply the pod has the new key, goes on, and approves what was sent under the old one",
)
def add_key(live, command):
    pod, worker = only_pod(live)
    live.values["…"] = send(live)
    yield from failed(live.run(command, folder=live.checkout / LOCAL))
    live.must(f"kubectl apply -k {LOCAL}")
    fresh = (live.checkout / LOCAL / "secrets/keys.codes").read_bytes()
    mounted = worker.folder / "etc/sendcode/secrets/keys/codes"
    until(lambda: mounted.read_bytes() == fresh, FOLLOWED_S, "the pod has the new key file")
    if fresh.count(b"- id:") != 2:
        yield f"the new file has {fresh.count(b'- id:')} keys"
    live.background(f"kubectl -n {NAMESPACE} port-forward service/sendcode 9464")
    until(lambda: live.port_answers(9464), 15, "127.0.0.1:9464 is open")
    yield from check(live, CHECK)
    if only_pod(live)[0]["metadata"]["uid"] != pod["metadata"]["uid"] or worker.restarts:
        yield "the worker was restarted"


@step("Rotate a secret", f"kubectl -n {NAMESPACE} rollout restart deployment/sendcode", "another one takes its place")
def restart(live, command):
    old, _ = only_pod(live)
    yield from failed(live.run(command))
    until(lambda: names([old]) != names(worker_pods(live)), ROLLED_S, "there is another pod")
    new, _ = only_pod(live)
    if new["metadata"]["uid"] == old["metadata"]["uid"]:
        yield "the pod is the same"
