"""Steps of docs/kubernetes.md, from worker.yaml on."""

import re

from servers import until  # of deploy/local

from .control_plane import ZONES, ApiError, is_ready
from .step import (
    CONFIG,
    DEPLOYMENT,
    IN_POD,
    LOCAL,
    NAMESPACE,
    PODS,
    ROLLED_S,
    failed,
    names,
    only_pod,
    roll_out,
    settled,
    step,
    warned,
    worker_pods,
)

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
    going, staying = settled(live, 2)
    yield from in_zones(live, 2)
    drained, other = going["spec"]["nodeName"], staying["spec"]["nodeName"]
    live.values["<node>"] = drained
    # Nowhere may a new one start: so long as that is so, the budget is used up.
    live.must("kubectl cordon " + " ".join(ZONES))
    yield from failed(live.run(command))
    here = [pod for pod in worker_pods(live) if pod["spec"].get("nodeName") == drained]
    yield from (f"{name} is still on the node" for name in names(here))
    if not evictable(live, staying, {429}):
        yield "the budget would let the second one go, too"
    live.must("kubectl uncordon " + " ".join(ZONES.keys() - {drained, other}))
    settled(live, 2)
    yield from in_zones(live, 2)
    until(lambda: evictable(live, staying, {201}), 30, "with two of them, one may go")
    live.must(f"kubectl uncordon {drained} {other}")


def in_zones(live, count):
    zones = {ZONES[pod["spec"]["nodeName"]] for pod in worker_pods(live)}
    if len(zones) != count:
        yield f"all stand in {', '.join(sorted(zones))}"


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
    settled(live, 3)
    yield from in_zones(live, 3)
    roll_out(live)


# --- Let somebody in


@step("Let somebody in", "kubectl label namespace monitoring sendcode.io/internal=true", "the policy lets it in")
def let_prometheus_in(live, command):
    return let_in(live, command, "internal")


@step(
    "Let somebody in",
    "kubectl label namespace ingress-nginx sendcode.io/webhooks=true",
    "the policy lets it in, to the port for receipts",
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
                if "namespaceSelector" in peer:
                    found += namespaces_with(live, peer["namespaceSelector"]["matchLabels"])
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
    wanted = ("sendcode-tls", "/readyz", "Running")
    yield from (f"no {word}: {done.output}" for word in wanted if word not in done.output)


@step("See what is wrong", f"kubectl -n {NAMESPACE} logs deploy/sendcode --tail 50", "its last lines, each JSON")
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
