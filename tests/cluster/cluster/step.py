"""Steps: what each command of docs/kubernetes.md must bring about on a cluster, for tests/cluster/live. One is a
function that does what the page tells beside the command, runs it, and yields problems."""

from servers import until  # of deploy/local

from .control_plane import is_ready

NAMESPACE = "sendcode-local"
LOCAL = "deploy/kubernetes/overlays/local"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/sendcode"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
FOLLOWED_S = 30  # until a running worker goes by what was applied
ROLLED_S = 120

IN_POD = f"kubectl -n {NAMESPACE} exec deploy/sendcode -- sendcode"
CONFIG = "--config /etc/sendcode/worker/worker.yaml"

# (section, command): (what it brings about, the function)
STEPS = {}


def step(section, command, brings):
    def keep(function):
        STEPS[section, command] = (brings, function)
        return function

    return keep


def failed(done):
    if done.returncode != 0:
        yield f"exit code {done.returncode}: {done.output}"


def warned(done):
    yield from failed(done)
    if "Warning" in done.output:
        yield done.output


def all_worker_pods(live):
    return live.api.get(f"{PODS}?labelSelector=app.kubernetes.io%2Fname%3Dsendcode")["items"]


def worker_pods(live):
    """Those that are not on their way out."""
    return [pod for pod in all_worker_pods(live) if "deletionTimestamp" not in pod["metadata"]]


def names(pods):
    return sorted(pod["metadata"]["name"] for pod in pods)


def all_ready(live, count):
    pods = all_worker_pods(live)
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


def only_pod(live):
    (pod,) = settled(live, 1)
    return pod, live.kubelet.of(pod)


def roll_out(live):
    live.must(f"kubectl apply -k {LOCAL}")
    live.must(f"kubectl -n {NAMESPACE} rollout status deployment/sendcode --timeout {ROLLED_S}s")
    return settled(live, 1)


def told(live, sentence, since):
    """Whether each running worker has logged this since."""
    logs = [worker.log.read_text() for worker in live.kubelet.all()]
    recent = [[line for line in log.splitlines() if line[: len(since)] >= since] for log in logs]
    return recent and all(any(sentence in line for line in lines) for lines in recent)
