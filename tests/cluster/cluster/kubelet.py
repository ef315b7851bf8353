"""Runs sendcode's pods: the worker itself on this machine, with the files, probes and signals that the pod asks for.

What is below /etc/sendcode in a pod is below a folder of its own here, ports are others, and the servers' addresses are
this machine's. Exec, Logs and PortForward tell kwok where that is.
"""

import datetime
import http.client
import os
import signal
import ssl
import subprocess
import threading
import time

from servers import free_port

from .control_plane import WORKER_LABEL, ApiError
from .rendering import Rendering, lay_out, volume_files, write_volume

TURN_S = 0.3
BACK_OFF_S = 3  # before a worker that ended is run again; a real kubelet waits longer each time
POD_FOLDER = "/etc/sendcode"


class PodFiles(Rendering):
    """What a pod would see, by its own spec and the cluster's objects."""

    def __init__(self, pod, objects):
        self.objects = objects
        self.template_ = pod

    @property
    def template(self):
        return self.template_


def rfc3339():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Worker:
    """One pod's container."""

    def __init__(self, pod, folder, sendcode, environment):
        self.pod = pod
        self.name = pod["metadata"]["name"]
        self.uid = pod["metadata"]["uid"]
        self.folder = folder
        self.sendcode = sendcode
        self.ports = {"internal": free_port(), "webhooks": free_port()}
        self.environment = environment | {
            f"SENDCODE_HTTP__{name.upper()}__LISTEN": f"127.0.0.1:{port}" for name, port in self.ports.items()
        }
        self.files = {}  # by volume, as last written
        self.process = None
        self.started_at = None
        self.exit_code = None
        self.restarts = 0
        self.next_start = 0
        self.ready = False
        self.problem = None  # what keeps it from starting
        self.told_status = None
        self.leaving_since = None
        self.told = False
        self.ready_at = self.told_at = None

    @property
    def log(self):
        return self.folder / "log"

    def container(self):
        return self.pod["spec"]["containers"][0]

    def see(self, objects):
        """Brings the volumes' files up to date; ValueError if one can't be mounted."""
        view = PodFiles(self.pod, objects)
        files = {mount["name"]: volume_files(view, mount["name"]) for mount in view.container["volumeMounts"]}
        if not self.files:
            lay_out(view, self.folder, move_paths=True)
        for mount in view.container["volumeMounts"]:
            name = mount["name"]
            if self.files and files[name] != self.files[name] and name != "worker":
                write_volume(self.folder / mount["mountPath"].lstrip("/"), files[name])
        self.files = files

    def start(self):
        words = self.container()["args"]
        arguments = [f"{self.folder}{word}" if word.startswith(POD_FOLDER) else word for word in words]
        self.process = subprocess.Popen(
            [self.sendcode, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", **self.environment},
            start_new_session=True,
        )
        self.started_at = rfc3339()
        threading.Thread(target=self._keep_log, args=(self.process.stdout,), daemon=True).start()

    def _keep_log(self, stream):
        """In the form of container runtimes, which kwok reads."""
        with stream, open(self.log, "ab", buffering=0) as log:
            for line in stream:
                log.write(f"{rfc3339()} stdout F ".encode() + line.rstrip(b"\n") + b"\n")

    def probe(self):
        asked = self.container()["readinessProbe"]["httpGet"]
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # probes take any
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports[asked["port"]], timeout=2, context=trust)
        try:
            connection.request("GET", asked["path"])
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def turn(self):
        if self.process is None:
            if self.leaving_since is None and time.monotonic() >= self.next_start:
                self.start()
            return
        if self.process.poll() is not None:
            self.exit_code, self.process, self.ready = self.process.returncode, None, False
            self.restarts += 1
            self.next_start = time.monotonic() + BACK_OFF_S
            return
        self.ready = self.probe()
        if self.ready and self.ready_at is None:
            self.ready_at = time.monotonic()

    def leave(self):
        """preStop, SIGTERM, and SIGKILL once the grace period is over; true when it has ended."""
        self.leaving_since = self.leaving_since or time.monotonic()
        if self.process is None:
            return True
        waited = time.monotonic() - self.leaving_since
        hook = self.container().get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if waited >= hook and not self.told:
            self.told, self.told_at = True, time.monotonic()
            self.process.send_signal(signal.SIGTERM)
        if waited >= self.pod["spec"]["terminationGracePeriodSeconds"]:
            self.process.kill()
        if self.process.poll() is None:
            return False
        self.exit_code, self.process = self.process.returncode, None
        return True

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def status(self):
        if self.process is not None:
            state = {"running": {"startedAt": self.started_at}}
        elif self.exit_code is not None:
            state = {"waiting": {"reason": "CrashLoopBackOff"}}
        else:
            state = {"waiting": {"reason": "ContainerCreating", "message": self.problem or ""}}
        container = {
            "name": self.container()["name"],
            "image": self.container()["image"],
            "imageID": "",
            "ready": self.ready,
            "started": self.process is not None,
            "restartCount": self.restarts,
            "state": state,
        }
        if self.restarts:
            container["lastState"] = {"terminated": {"exitCode": self.exit_code, "reason": "Error"}}
        return {"phase": "Running" if self.started_at else "Pending", "containerStatuses": [container]}


class Kubelet:
    """All nodes' at once, in a thread."""

    def __init__(self, api, folder, sendcode, environment):
        self.api = api
        self.folder = folder
        self.sendcode = sendcode
        self.environment = environment
        self.workers = {}  # by the pod's uid
        self.ended = []  # those that left as they were told to
        self.problems = []
        self.addresses = iter(range(10, 250))
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        folder.mkdir()

    def start(self):
        self.thread.start()

    def stop(self):
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(60)
        for worker in self.workers.values():
            worker.kill()

    def of(self, pod):
        """A pod's worker."""
        return self.workers.get(pod["metadata"]["uid"])

    def all(self):
        """As they are now: the thread goes on."""
        return list(self.workers.values())

    def _run(self):
        while not self.stopping.wait(TURN_S):
            try:
                self._turn()
            except Exception as error:  # whatever it is, the next turn may do better; the test's end tells it
                if not self.stopping.is_set():
                    self.problems.append(f"{type(error).__name__}: {error}")

    def _turn(self):
        label = ",".join(f"{key}%3D{value}" for key, value in WORKER_LABEL.items())
        pods = self.api.get(f"/api/v1/pods?labelSelector={label}")["items"]
        pods = [pod for pod in pods if pod["spec"].get("nodeName")]
        objects = {space: self._objects(space) for space in {pod["metadata"]["namespace"] for pod in pods}}
        for pod in pods:
            self._look_after(pod, objects[pod["metadata"]["namespace"]])
        for uid in set(self.workers) - {pod["metadata"]["uid"] for pod in pods}:
            self.workers.pop(uid).kill()

    def _objects(self, namespace):
        found = []
        for kind, plural in (("ConfigMap", "configmaps"), ("Secret", "secrets")):
            items = self.api.get(f"/api/v1/namespaces/{namespace}/{plural}")["items"]
            found += [{**item, "kind": kind} for item in items]
        return found

    def _look_after(self, pod, objects):
        worker = self.of(pod)
        if worker is None:
            folder = self.folder / pod["metadata"]["name"]
            folder.mkdir(exist_ok=True)
            worker = Worker(pod, folder, self.sendcode, self.environment)
            worker.log.touch()
            worker.address = f"10.0.0.{next(self.addresses)}"
            self.workers[worker.uid] = worker
        worker.pod = pod
        if "deletionTimestamp" in pod["metadata"]:
            self._let_go(worker)
            return
        try:
            worker.see(objects)
        except ValueError as error:
            worker.problem = str(error)
        else:
            worker.problem = None
            if worker.started_at is None:
                self._tell_kwok(worker)
            worker.turn()
        self._tell_status(worker)

    def _path(self, worker):
        return f"/api/v1/namespaces/{worker.pod['metadata']['namespace']}/pods/{worker.name}"

    def _let_go(self, worker):
        if not worker.leave():
            return
        self.workers.pop(worker.uid)
        self.ended.append(worker)
        try:
            self.api.delete(self._path(worker), {"gracePeriodSeconds": 0, "preconditions": {"uid": worker.uid}})
        except ApiError as error:
            if error.status != 404:
                raise

    def _tell_status(self, worker):
        status = worker.status()
        old = worker.pod.get("status", {})
        if status == worker.told_status:
            return
        worker.told_status = dict(status)
        now = rfc3339()
        kinds = {"PodReadyToStartContainers": True, "Initialized": True}
        kinds |= {"ContainersReady": worker.ready, "Ready": worker.ready}
        conditions = [{"type": kind, "status": str(value)} for kind, value in kinds.items()]
        before = {entry["type"]: entry for entry in old.get("conditions", [])}
        for entry in conditions:
            same = before.get(entry["type"], {}).get("status") == entry["status"]
            entry["lastTransitionTime"] = before[entry["type"]]["lastTransitionTime"] if same else now
        status |= {"conditions": conditions, "podIP": worker.address, "podIPs": [{"ip": worker.address}]}
        status |= {"hostIP": "127.0.0.1", "startTime": old.get("startTime", now)}
        self.api.patch(self._path(worker) + "/status", {"status": status})

    def _tell_kwok(self, worker):
        variables = [{"name": name, "value": value} for name, value in worker.environment.items()]
        variables.append({"name": "POD_FILES", "value": str(worker.folder)})
        ports = {entry["name"]: entry["containerPort"] for entry in worker.container()["ports"]}
        forwards = [
            {"ports": [ports[name]], "target": {"address": "127.0.0.1", "port": port}}
            for name, port in worker.ports.items()
        ]
        for kind, plural, spec in (
            ("Exec", "execs", {"execs": [{"local": {"envs": variables}}]}),
            ("Logs", "logs", {"logs": [{"logsFile": str(worker.log), "follow": True}]}),
            ("PortForward", "portforwards", {"forwards": forwards}),
        ):
            self._put(worker, kind, plural, spec)

    def _put(self, worker, kind, plural, spec):
        space = worker.pod["metadata"]["namespace"]
        owner = {"apiVersion": "v1", "kind": "Pod", "name": worker.name, "uid": worker.uid}
        body = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "spec": spec}
        body["metadata"] = {"name": worker.name, "ownerReferences": [owner]}
        try:
            self.api.post(f"/apis/kwok.x-k8s.io/v1alpha1/namespaces/{space}/{plural}", body)
        except ApiError as error:
            if error.status != 409:
                raise


def write_stand_in(folder, sendcode):
    """`sendcode` as commands in the pod find it: the pod's folder is elsewhere here. The folder, for PATH."""
    folder.mkdir()
    script = folder / "sendcode"
    script.write_text(f'#!/bin/bash\nbelow={POD_FOLDER}\nexec "{sendcode}" "${{@/#$below/$POD_FILES$below}}"\n')
    os.chmod(script, 0o755)
    return folder
