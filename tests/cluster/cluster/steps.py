"""What each command of docs/kubernetes.md must bring about on a cluster, for tests/cluster/live; and which commands are not
run there, and why. A step is a function that does what the page tells beside the command, runs it, and yields problems."""

import json
import re

from servers import until  # of deploy/local

from .control_plane import ZONES, ApiError, is_ready
from .document import PAGE, read_commands
from .kubelet import rfc3339

NAMESPACE = "sendcode-local"
LOCAL = "deploy/kubernetes/overlays/local"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/sendcode"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
FOLLOWED_S = 30  # until a running worker goes by what was applied
ROLLED_S = 120

IN_POD = f"kubectl -n {NAMESPACE} exec deploy/sendcode -- sendcode"
CONFIG = "--config /etc/sendcode/worker/worker.yaml"
WHO = '--environment env_local --application app_web --phone "+12025550123"'

# (section, command): (what it brings about, the function)
STEPS = {}

NOT_RUN = {
    "buildah bud -t localhost/sendcode:0.1.0 -f deploy/Dockerfile .": "deploy/image/check builds the image",
    "kind load docker-image localhost/sendcode:0.1.0": "kwok's nodes run no image; deploy/image/check runs the pod from it",
    "sendcode tokens new": "make-secrets runs it",
}


def step(section, command, brings):
    def keep(function):
        STEPS[section, command] = (brings, function)
        return function

    return keep


def is_part(words, of):
    """Whether all words stand in the other command, in this order."""
    rest = iter(of.split())
    return all(word in rest for word in words.split())


def accounts(text=None):
    """The page's commands with what is done about each: (command, step or None, reason or None); ValueError for one that
    nobody knows, and for a step that the page doesn't have."""
    found, unknown = [], []
    left = set(STEPS) | {(None, command) for command in NOT_RUN}
    commands = read_commands(PAGE.read_text() if text is None else text)
    for command in commands:
        known = STEPS.get((command.section, command.text))
        reason = NOT_RUN.get(command.text)
        left -= {(command.section, command.text), (None, command.text)}
        if known is None and reason is None and command.in_sentence:
            reason = next((f"named; {text} is run" for _, text in STEPS if is_part(command.text, text)), None)
        if known is None and reason is None:
            unknown.append(f"docs/kubernetes.md:{command.line}: nobody runs, and no reason is given: {command.text}")
        found.append((command, known, reason))
    unknown += [f"steps.py has what docs/kubernetes.md has not: {command}" for _, command in sorted(left, key=str)]
    if unknown:
        raise ValueError("\n".join(unknown))
    return found


def failed(done):
    if done.returncode != 0:
        yield f"exit code {done.returncode}: {done.output}"


def warned(done):
    yield from failed(done)
    if "Warning" in done.output:
        yield done.output


def worker_pods(live):
    """Those that are not on their way out."""
    pods = live.api.get(f"{PODS}?labelSelector=app.kubernetes.io%2Fname%3Dsendcode")["items"]
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def names(pods):
    return sorted(pod["metadata"]["name"] for pod in pods)


def all_ready(live, count):
    pods = worker_pods(live)
    return pods if len(pods) == count and all(is_ready(pod) for pod in pods) else None


def settled(live, count):
    """The Deployment's pods, all of its newest kind, ready, and nobody leaving."""

    def now():
        deployment = live.api.get(DEPLOYMENT)
        status = deployment["status"]
        done = status.get("observedGeneration") == deployment["metadata"]["generation"]
        done = done and status.get("updatedReplicas") == status.get("availableReplicas") == count
        return all_ready(live, count) if done and status.get("replicas") == count else None

    return until(now, ROLLED_S, f"{count} replicas are settled")


def roll_out(live):
    live.must(f"kubectl apply -k {LOCAL}")
    live.must(f"kubectl -n {NAMESPACE} rollout status deployment/sendcode --timeout {ROLLED_S}s")
    return settled(live, 1)


def told(live, sentence, since):
    """Whether each running worker has logged this since."""
    logs = [worker.log.read_text() for worker in live.kubelet.workers.values()]
    recent = [[line for line in log.splitlines() if line[: len(since)] >= since] for log in logs]
    return recent and all(any(sentence in line for line in lines) for lines in recent)


def send(live):
    """A challenge to check."""
    done = live.must(f"{IN_POD} --json send {CONFIG} {WHO} --wait")
    return json.loads(done.output.splitlines()[0])["challenge_id"]


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


def only_pod(live):
    (pod,) = settled(live, 1)
    return pod, live.kubelet.of(pod)


@step("Try it", f"{IN_POD} send {CONFIG} {WHO} --wait", "the event ends as `sent`, and its challenge is printed")
def send_one(live, command):
    done = live.run(command)
    yield from failed(done)
    if not re.search(r"\bsent\b", done.output):
        yield f"not sent: {done.output}"
    live.values["…"] = "no-challenge-printed"
    if found := re.search(r"\b[A-Za-z0-9_-]{22,}\b", done.output):
        live.values["…"] = found[0]
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
    before = {worker.name for worker in live.kubelet.workers.values()}
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


@step("Deploy it for real", "kubectl kustomize deploy/kubernetes/overlays/<yours>", "it shows the overlay as it is applied")
def show(live, command):
    make_own_overlay(live)
    done = live.run(command)
    yield from failed(done)
    if "image: registry.example.com/sendcode:" not in done.output or "kind: PodDisruptionBudget" not in done.output:
        yield "the image or the budget is not shown"
    if "name: kafka\n" in done.output:
        yield "the servers for trying are shown"


@step("Deploy it for real", "kubectl diff -k deploy/kubernetes/overlays/<yours>", "it shows what an apply would change")
def diff(live, command):
    live.must(f"kubectl apply -f {LOCAL}/namespace.yaml")
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


@step("Change settings", f"sendcode settings validate {LOCAL}/settings", "an edited document is valid; a mistake is told")
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


@step(
    "Rotate a secret",
    "sendcode keys add secrets/keys.codes > new && mv new secrets/keys.codes",
    "after an apply the pod has the new key, goes on, and approves what was sent under the old one",
)
def add_key(live, command):
    pod, worker = only_pod(live)
    live.values["…"] = send(live)
    yield from failed(live.run(command, folder=live.checkout / LOCAL))
    done = live.must(f"kubectl apply -k {LOCAL}")
    if "secret/sendcode-secrets configured" not in done.output:
        yield f"the Secret sendcode-secrets is not what has changed: {done.output}"
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


@step("Rotate a secret", f"kubectl -n {NAMESPACE} rollout restart deployment/sendcode", "another worker takes its place")
def restart(live, command):
    old, _ = only_pod(live)
    yield from failed(live.run(command))
    until(lambda: names([old]) != names(worker_pods(live)), ROLLED_S, "there is another pod")
    new, _ = only_pod(live)
    if new["metadata"]["uid"] == old["metadata"]["uid"]:
        yield "the pod is the same"


# --- Change worker.yaml


@step("Change worker.yaml", "kubectl apply -k", "the ConfigMap has another name, and the Deployment rolls")
def change_worker(live, command):
    old, _ = only_pod(live)
    live.edit(live.checkout / LOCAL / "worker.yaml", "shards: 2", "shards: 1")
    yield from warned(live.run(f"{command} {LOCAL}"))
    live.must(f"kubectl -n {NAMESPACE} rollout status deployment/sendcode --timeout {ROLLED_S}s")
    new, worker = only_pod(live)
    if config_map_of(new) == config_map_of(old):
        yield f"both pods mount {config_map_of(old)}"
    mounted = worker.folder / "etc/sendcode/worker/worker.yaml"
    if "shards: 1" not in mounted.read_text():
        yield "the new pod has the old file"


def config_map_of(pod):
    return next(entry["configMap"]["name"] for entry in pod["spec"]["volumes"] if entry["name"] == "worker")


@step(
    "Change worker.yaml",
    "sendcode settings show <environment> --config worker.yaml",
    "it tells a mistake beside what only pods have; a pod with that mistake never gets ready, and the old one stays",
)
def look_at_worker(live, command):
    file = live.checkout / LOCAL / "worker.yaml"
    live.values["<environment>"] = "env_local"
    done = live.run(command, folder=file.parent)
    yield from problems_told(done, 4, "/etc/sendcode")
    live.edit(file, "redis: {url", "reddis: {url")
    done = live.run(command, folder=file.parent)
    if done.returncode != 2 or "reddis" not in done.output:
        yield f"exit code {done.returncode}; the mistake is not told: {done.output}"
    yield from apply_mistake(live)
    live.edit(file, "reddis: {url", "redis: {url")
    roll_out(live)


def problems_told(done, count, word):
    lines = [line for line in done.output.splitlines() if re.match(r"worker\.yaml:\d+: ", line)]
    if done.returncode != 2 or len(lines) != count or not all(word in line for line in lines):
        yield f"exit code {done.returncode}; wanted {count} lines about {word}: {done.output}"


def apply_mistake(live):
    old, _ = only_pod(live)
    live.must(f"kubectl apply -k {LOCAL}")

    def crashed():
        return [pod for pod in worker_pods(live) if restarts(pod) >= 2]

    (bad,) = until(crashed, ROLLED_S, "the new pod's worker ends, again and again")
    if last_exit(bad) != 2 or is_ready(bad):
        yield f"exit code {last_exit(bad)}, ready: {is_ready(bad)}"
    log = live.run(f"kubectl -n {NAMESPACE} logs {bad['metadata']['name']}")
    if "reddis" not in log.output:
        yield f"its log does not tell the mistake: {log.output}"
    if old["metadata"]["uid"] not in [pod["metadata"]["uid"] for pod in worker_pods(live) if is_ready(pod)]:
        yield "the old pod is gone"


def container_status(pod):
    return next(iter(pod.get("status", {}).get("containerStatuses", [])), {})


def restarts(pod):
    return container_status(pod).get("restartCount", 0)


def last_exit(pod):
    return container_status(pod).get("lastState", {}).get("terminated", {}).get("exitCode")


# --- Upgrade


@step("Upgrade", f"kubectl apply -k {LOCAL}", "the Deployment asks for the new tag")
def upgrade(live, command):
    live.old, live.old_worker = only_pod(live)
    live.edit(live.checkout / LOCAL / "kustomization.yaml", "newTag: 0.1.0", "newTag: 0.1.1")
    yield from warned(live.run(command))
    if images([live.api.get(DEPLOYMENT)["spec"]["template"]]) != {"localhost/sendcode:0.1.1"}:
        yield "the Deployment has another image"


def images(pods):
    return {pod["spec"]["containers"][0]["image"] for pod in pods}


@step(
    "Upgrade",
    f"kubectl -n {NAMESPACE} rollout status deployment/sendcode",
    "the new worker was ready for 10 s before the old one was told to go, and that one ended well",
)
def upgraded(live, command):
    yield from failed(live.run(command))
    new, worker = only_pod(live)
    if images([new]) != {"localhost/sendcode:0.1.1"}:
        yield f"the pod has {images([new])}"
    until(lambda: live.old_worker in live.kubelet.ended, 60, "the old worker has ended")
    # SIGTERM came 5 s after it was told to go: preStop.
    waited = live.old_worker.told_at - worker.ready_at
    if waited < 10 + 5 - 1:
        yield f"SIGTERM came to the old one {waited:.1f} s after the new one was ready"
    if live.old_worker.exit_code != 0:
        yield f"the old one ended with {live.old_worker.exit_code}: {live.old_worker.log.read_text()[-500:]}"


@step(
    "Upgrade",
    f"kubectl -n {NAMESPACE} rollout undo deployment/sendcode",
    "the old image and worker.yaml come back; settings are as they are",
)
def undo(live, command):
    yield from failed(live.run(command))
    until(lambda: images(worker_pods(live)) == {"localhost/sendcode:0.1.0"}, ROLLED_S, "the pods have the old image")
    new, worker = only_pod(live)
    if config_map_of(new) != config_map_of(live.old):
        yield "worker.yaml is another"
    if "app_tv" not in (worker.folder / "etc/sendcode/settings/env_local.yaml").read_text():
        yield "the settings went back, too"
    live.edit(live.checkout / LOCAL / "kustomization.yaml", "newTag: 0.1.1", "newTag: 0.1.0")


# --- Drain a node


@step(
    "Drain a node",
    "kubectl drain <node> --ignore-daemonsets --delete-emptydir-data",
    "its worker goes, the other zone's stays, and may not be evicted before there are two again",
)
def drain(live, command):
    live.must(f"kubectl -n {NAMESPACE} scale deployment/sendcode --replicas 2")
    pods = settled(live, 2)
    nodes = [pod["spec"]["nodeName"] for pod in pods]
    if len({ZONES[node] for node in nodes}) != 2:
        yield f"two replicas stand on {nodes}"
    going, staying = pods
    live.values["<node>"] = going["spec"]["nodeName"]
    # Nowhere else may a new one start: so long as that is so, the budget is used up.
    live.must("kubectl cordon " + " ".join(ZONES))
    yield from failed(live.run(command))
    here = [pod for pod in worker_pods(live) if pod["spec"].get("nodeName") == going["spec"]["nodeName"]]
    yield from (f"{name} is still on the node" for name in names(here))
    if not evictable(live, staying, {409, 429}):
        yield "the budget would let the second one go, too"
    live.must("kubectl uncordon " + " ".join(ZONES))
    settled(live, 2)
    until(lambda: evictable(live, staying, {200, 201}), 30, "with two of them, one may go")


def evictable(live, pod, wanted):
    """Whether asking to evict it (without doing it) is answered by one of these statuses."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod["metadata"]["name"]}}
    body["deleteOptions"] = {"dryRun": ["All"]}
    try:
        live.api.post(f"{PODS}/{pod['metadata']['name']}/eviction", body)
    except ApiError as error:
        return error.status in wanted
    return 201 in wanted


# --- Scale


@step(
    "Scale",
    f"kubectl -n {NAMESPACE} scale deployment/sendcode --replicas 3",
    "three workers in three zones; the next apply goes by the overlay's `replicas` again",
)
def scale(live, command):
    yield from failed(live.run(command))
    zones = {ZONES[pod["spec"]["nodeName"]] for pod in settled(live, 3)}
    if len(zones) != 3:
        yield f"they stand in {zones}"
    roll_out(live)


# --- Let somebody in


@step("Let somebody in", "kubectl label namespace monitoring sendcode.io/internal=true", "the policy's internal port knows it")
def let_prometheus_in(live, command):
    return let_in(live, command, "internal")


@step(
    "Let somebody in",
    "kubectl label namespace ingress-nginx sendcode.io/webhooks=true",
    "the policy's port for receipts knows it",
)
def let_ingress_in(live, command):
    return let_in(live, command, "webhooks")


def let_in(live, command, port):
    """No network enforces it here: the policy's own selector is asked for, as a network would."""
    name = command.split()[3]
    live.must(f"kubectl create namespace {name}")
    if name in let_in_namespaces(live, port):
        yield "it was let in before"
    yield from failed(live.run(command))
    if let_in_namespaces(live, port) != [name]:
        yield f"the port {port} lets in {let_in_namespaces(live, port)}"


def let_in_namespaces(live, port):
    policy = live.api.get(f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies/sendcode")
    found = []
    for entry in policy["spec"]["ingress"]:
        if port in [asked["port"] for asked in entry["ports"]]:
            for peer in entry["from"]:
                found += namespaces_with(live, peer["namespaceSelector"]["matchLabels"]) if "namespaceSelector" in peer else []
    return found


def namespaces_with(live, labels):
    return [
        space["metadata"]["name"]
        for space in live.api.get("/api/v1/namespaces")["items"]
        if labels.items() <= space["metadata"]["labels"].items()
    ]


# --- See what is wrong


@step("See what is wrong", f"kubectl -n {NAMESPACE} get pods", "the worker is shown as running and ready")
def get_pods(live, command):
    done = live.run(command)
    yield from failed(done)
    if not re.search(r"(?m)^sendcode-\S+ +1/1 +Running", done.output):
        yield done.output


@step(
    "See what is wrong",
    f"kubectl -n {NAMESPACE} describe pod -l app.kubernetes.io/name=sendcode",
    "it tells the worker's volumes, probes and state",
)
def describe(live, command):
    done = live.run(command)
    yield from failed(done)
    yield from (f"no {word}: {done.output}" for word in ("sendcode-tls", "/readyz", "Running") if word not in done.output)


@step("See what is wrong", f"kubectl -n {NAMESPACE} logs deploy/sendcode --tail 50", "the worker's last lines, each JSON")
def tail_log(live, command):
    done = live.run(command)
    yield from failed(done)
    lines = done.output.splitlines()
    if not 0 < len(lines) <= 50 or not all(line.startswith("{") for line in lines):
        yield done.output


@step("See what is wrong", f"{IN_POD} doctor {CONFIG}", "Kafka, its topics and Redis are as they should be")
def doctor(live, command):
    done = live.run(command)
    yield from failed(done)
