"""A real control plane on loopback, with kwok's nodes, in one folder; and its API for the tests."""

import http.client
import json
import secrets
import ssl
import subprocess

import yaml
from servers import free_port, until  # of deploy/local

START_S = 90
ZONES = {"node-a": "zone-a", "node-b": "zone-b", "node-c": "zone-c"}
WORKER_LABEL = {"app.kubernetes.io/name": "sendcode"}


class ApiError(Exception):
    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    """kube-apiserver's HTTP."""

    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.trust = ssl.create_default_context()
        self.trust.check_hostname = False
        self.trust.verify_mode = ssl.CERT_NONE  # it made its certificate itself

    def call(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.trust)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise ApiError(answer.status, text)
        return json.loads(text) if text.startswith("{") else text

    def get(self, path):
        return self.call("GET", path)

    def find(self, path):
        """None if there is no such object."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def post(self, path, body):
        return self.call("POST", path, body)

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/strategic-merge-patch+json")

    def delete(self, path, body=None):
        return self.call("DELETE", path, body)

    def answers(self, path):
        try:
            return self.get(path)
        except (OSError, ApiError, http.client.HTTPException):
            return False


class ControlPlane:
    def __init__(self, servers, made, kubectl):
        self.servers = servers
        self.made = made
        self.kubectl = kubectl
        self.folder = servers.directory / "control-plane"
        self.folder.mkdir()
        self.port, self.kubelet_port = free_port(), free_port()
        self.token = secrets.token_hex(16)
        self.api = Api(self.port, self.token)
        self.kubeconfig = self.folder / "kubeconfig"

    def start(self, path):
        """`path`: PATH of the commands that `kubectl exec` runs."""
        self._write_files()
        self._start_api_server()
        self._launch("kube-controller-manager", *self._controller_options("controllers"))
        self._launch("kube-scheduler", *self._controller_options("scheduler"))
        for file in sorted((self.made / "crds").glob("*.yaml")):
            crd = yaml.safe_load(file.read_text())
            self.api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        for plural in ("execs", "logs", "portforwards"):
            kind = f"/apis/kwok.x-k8s.io/v1alpha1/{plural}"
            self._await(f"kwok's {plural} are served", lambda: self.api.answers(kind))  # noqa: B023  # called at once
        self._start_kwok(path)

    def _launch(self, name, *options, **how):
        return self.servers.launch(name, [self.made / "bin" / name, *options], cwd=self.folder, **how)

    def _await(self, what, condition):
        until(condition, START_S, what)

    def _write_files(self):
        for command in (
            "genrsa -out sa.key 2048",
            "rsa -in sa.key -pubout -out sa.pub",
            "req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=kwok -keyout kwok.key -out kwok.crt",
        ):
            openssl = ["openssl", *command.split()]
            subprocess.run(openssl, cwd=self.folder, check=True, capture_output=True, timeout=60)
        (self.folder / "tokens.csv").write_text(f"{self.token},admin,1,system:masters\n")
        cluster = {"server": f"https://127.0.0.1:{self.port}", "insecure-skip-tls-verify": True}
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "live", "cluster": cluster}],
                    "users": [{"name": "admin", "user": {"token": self.token}}],
                    "contexts": [{"name": "live", "context": {"cluster": "live", "user": "admin"}}],
                    "current-context": "live",
                }
            )
        )

    def _start_api_server(self):
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._launch(
            "etcd",
            *("--data-dir", "etcd", "--unsafe-no-fsync"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        )
        process = self._launch(
            "kube-apiserver",
            *(f"--etcd-servers={client}", "--cert-dir=certificates"),
            *("--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={self.port}"),
            *("--service-cluster-ip-range=10.96.0.0/24", "--endpoint-reconciler-type=none"),
            *("--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=sa.pub"),
            *("--service-account-signing-key-file=sa.key", "--token-auth-file=tokens.csv"),
            *("--authorization-mode=RBAC", "--anonymous-auth=false", "--enable-priority-and-fairness=false"),
            "--kubelet-preferred-address-types=InternalIP",
        )
        self.servers.until_ready("kube-apiserver", process, lambda: self.api.answers("/readyz") == "ok", START_S)

    def _controller_options(self, name):
        common = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1"]
        common += [f"--secure-port={free_port()}", f"--cert-dir=certificates-{name}"]
        if name == "controllers":
            # A busy machine's late heartbeat is not what is tried here, and would mark pods as not ready for good.
            common += ["--service-account-private-key-file=sa.key", "--node-monitor-grace-period=1h"]
        return common

    def _start_kwok(self, path):
        address = f"127.0.0.1:{self.kubelet_port}"
        (self.folder / "stages.yaml").write_text(yaml.safe_dump_all(stages()))
        self._launch(
            "kwok",
            *(f"--kubeconfig={self.kubeconfig}", "--config=stages.yaml", "--manage-all-nodes=true"),
            *("--node-ip=127.0.0.1", f"--node-port={self.kubelet_port}", f"--server-address={address}"),
            *("--tls-cert-file=kwok.crt", "--tls-private-key-file=kwok.key", "--enable-crds=Exec,Logs,PortForward"),
            env={"PATH": path, "HOME": str(self.folder)},
        )
        for name, zone in ZONES.items():
            labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone, "kubernetes.io/os": "linux"}
            room = {"cpu": "4", "memory": "8Gi", "pods": "110"}
            self.api.post(
                "/api/v1/nodes",
                {"metadata": {"name": name, "labels": labels}, "status": {"allocatable": room, "capacity": room}},
            )
        self._await("the nodes are ready", lambda: all(is_ready(node) for node in self.nodes()))

    def nodes(self):
        return self.api.get("/api/v1/nodes")["items"]


def condition(found, kind):
    for entry in found.get("status", {}).get("conditions", []):
        if entry["type"] == kind:
            return entry["status"] == "True"
    return False


def is_ready(found):
    return condition(found, "Ready")


def stages():
    """What kwok makes of pods: all but the worker's are running and ready at once, a Job's are done, those that are
    told to go are gone. The worker's own are kubelet.py's."""
    others = {"key": '.metadata.labels["app.kubernetes.io/name"]', "operator": "NotIn"}
    others["values"] = [WORKER_LABEL["app.kubernetes.io/name"]]
    stays = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
    goes = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    fresh = {"key": ".status.podIP", "operator": "DoesNotExist"}
    running = {"key": ".status.phase", "operator": "In", "values": ["Running"]}
    job = {"key": ".metadata.ownerReferences.[].kind", "operator": "In", "values": ["Job"]}
    yield stage("ready", [others, stays, fresh], {"statusTemplate": READY})
    yield stage("done", [others, stays, running, job], {"statusTemplate": "phase: Succeeded\n"})
    yield stage("gone", [others, goes], {"finalizers": {"empty": True}, "delete": True})


def stage(name, matches, then):
    spec = {"resourceRef": {"apiGroup": "v1", "kind": "Pod"}, "selector": {"matchExpressions": matches}, "next": then}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


READY = """\
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}
conditions:
{{ range $kind := list "Initialized" "ContainersReady" "Ready" }}
- { type: {{ $kind }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
"""
