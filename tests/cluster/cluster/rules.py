"""What holds of an overlay's objects beyond their schemas. Each rule stands with ways to break it, and a rule that one of
them does not trip has failed."""

import copy
import re

import yaml

from .rendering import ROOT, volume_files

RULES = []


def rule(sentence, *breakages):
    """A rule yields what is wrong. A breakage changes a rendering so that it must."""

    def register(check):
        RULES.append((sentence, check, breakages))
        return check

    return register


def put(where, path, value):
    *parents, last = path.split("/")
    for key in parents:
        where = where[int(key) if isinstance(where, list) else key]
    where[int(last) if isinstance(where, list) else last] = value


def drop(where, path):
    *parents, last = path.split("/")
    for key in parents:
        where = where[int(key) if isinstance(where, list) else key]
    del where[int(last) if isinstance(where, list) else last]


def change_config(rendering, old, new):
    data = rendering.config_map("worker")["data"]
    if old not in data["worker.yaml"]:
        raise ValueError(f"worker.yaml has no {old}")
    data["worker.yaml"] = data["worker.yaml"].replace(old, new)


def change_settings(rendering, old, new):
    data = rendering.config_map("settings")["data"]
    if not any(old in text for text in data.values()):
        raise ValueError(f"no settings document has {old}")
    for name, text in data.items():
        data[name] = text.replace(old, new)


PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def port_of(address):
    return int(address.rpartition(":")[2])


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|m)", str(text)).groups()
    return int(number) * (60 if unit == "m" else 1)


def openapi_paths():
    return yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text())["paths"]


def internal_scheme(rendering):
    return "HTTPS" if "tls" in rendering.config["http"]["internal"] else "HTTP"


@rule(
    "the probes ask paths of the worker's own contract, on its internal port and by its scheme",
    lambda r: put(r.container, "livenessProbe/httpGet/path", "/healthz"),
    lambda r: put(r.container, "readinessProbe/httpGet/scheme", "HTTP"),
    lambda r: put(r.container, "startupProbe/httpGet/port", "webhooks"),
    lambda r: drop(r.container, "livenessProbe"),
)
def probes(r):
    for name in PROBES:
        asked = r.container.get(name, {}).get("httpGet")
        if asked is None:
            yield f"there is no {name} by HTTP"
            continue
        if "get" not in openapi_paths().get(asked["path"], {}):
            yield f"{name}: schemas/openapi.yaml has no GET {asked['path']}"
        if asked["port"] != "internal":
            yield f"{name} asks port {asked['port']}"
        if asked.get("scheme", "HTTP") != internal_scheme(r):
            yield f"{name} asks by {asked.get('scheme')}, worker.yaml serves {internal_scheme(r)}"


@rule(
    "readiness is asked by /readyz, and nothing that restarts a pod is",
    lambda r: put(r.container, "livenessProbe/httpGet/path", "/readyz"),
    lambda r: put(r.container, "readinessProbe/httpGet/path", "/livez"),
)
def probes_mean_what_they_ask(r):
    for name in PROBES:
        path = r.container[name]["httpGet"]["path"]
        if (path == "/readyz") != (name == "readinessProbe"):
            yield f"{name} asks {path}"


# Beyond Kafka's part: what a busy node takes to bring signals and ends about.
MARGIN_S = 10


def longest_end_s():
    """The bounds of what follows a drain, from the worker's own source."""
    text = (ROOT / "worker/adapters/kafka/intake.cpp").read_text()
    found = [
        re.search(rf"seconds {name}{{(\d+)}}", text) for name in ("flush_max", "records_max", "commit_max", "leave_max")
    ]
    if None in found:
        raise ValueError("worker/adapters/kafka/intake.cpp no longer tells how long the end of Kafka may take")
    return sum(int(match[1]) for match in found)


@rule(
    "the grace period is longer than preStop, the drain and the end of Kafka together, with a margin",
    lambda r: put(r.pod, "terminationGracePeriodSeconds", 45),
    lambda r: drop(r.pod, "terminationGracePeriodSeconds"),
    lambda r: change_config(r, "drain_timeout: 25s", "drain_timeout: 45s"),
    lambda r: put(r.container, "lifecycle/preStop/sleep/seconds", 20),
)
def grace(r):
    drain = seconds(r.config.get("worker", {}).get("drain_timeout", "25s"))
    before = r.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = before + drain + longest_end_s() + MARGIN_S
    given = r.pod.get("terminationGracePeriodSeconds", 30)
    if given < needed:
        yield f"{given} s; preStop {before}, drain {drain}, Kafka {longest_end_s()} and a margin of {MARGIN_S} make {needed}"


@rule(
    "a pod that leaves goes on serving until the Services have heard of it",
    lambda r: drop(r.container, "lifecycle"),
    lambda r: put(r.container, "lifecycle/preStop/sleep/seconds", 0),
)
def leaving(r):
    if r.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) < 3:
        yield "no preStop that sleeps for 3 s or longer"


@rule(
    "the container may do nothing that it need not",
    lambda r: put(r.container, "securityContext/readOnlyRootFilesystem", False),
    lambda r: drop(r.container, "securityContext/readOnlyRootFilesystem"),
    lambda r: put(r.container, "securityContext/allowPrivilegeEscalation", True),
    lambda r: put(r.container, "securityContext/privileged", True),
    lambda r: put(r.container, "securityContext/capabilities", {"drop": ["NET_RAW"]}),
    lambda r: put(r.container, "securityContext/capabilities/add", ["NET_ADMIN"]),
    lambda r: put(r.pod, "securityContext/runAsNonRoot", False),
    lambda r: put(r.pod, "securityContext/runAsUser", 0),
    lambda r: put(r.pod, "securityContext/seccompProfile/type", "Unconfined"),
    lambda r: put(r.pod, "hostNetwork", True),
    lambda r: drop(r.pod, "automountServiceAccountToken"),
    lambda r: put(r.find("ServiceAccount", "sendcode"), "automountServiceAccountToken", True),
    lambda r: drop(r.pod, "enableServiceLinks"),
)
def confinement(r):
    own, pod = r.container["securityContext"], r.pod["securityContext"]
    expected = [
        ("readOnlyRootFilesystem", own.get("readOnlyRootFilesystem"), True),
        ("allowPrivilegeEscalation", own.get("allowPrivilegeEscalation"), False),
        ("privileged", own.get("privileged", False), False),
        ("capabilities", own.get("capabilities"), {"drop": ["ALL"]}),
        ("runAsNonRoot", pod.get("runAsNonRoot"), True),
        ("seccompProfile", pod.get("seccompProfile"), {"type": "RuntimeDefault"}),
        ("the pod's automountServiceAccountToken", r.pod.get("automountServiceAccountToken"), False),
        (
            "the account's automountServiceAccountToken",
            (r.find("ServiceAccount", r.pod["serviceAccountName"]) or {}).get("automountServiceAccountToken"),
            False,
        ),
        ("enableServiceLinks", r.pod.get("enableServiceLinks"), False),
    ]
    for what, got, wanted in expected:
        if got != wanted:
            yield f"{what} is {got}, not {wanted}"
    for host in ("hostNetwork", "hostPID", "hostIPC"):
        if r.pod.get(host):
            yield f"{host} is on"
    if pod.get("runAsUser", 0) == 0:
        yield "it runs as root"


@rule(
    "the image's own user is the pod's, it is not root, and SIGTERM is what ends it",
    lambda r: put(r.pod, "securityContext/runAsUser", 1000),
    lambda r: put(r.pod, "securityContext/runAsGroup", 1000),
)
def image_user(r):
    text = (ROOT / "deploy/Dockerfile").read_text()
    user = re.search(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    if user is None:
        yield "deploy/Dockerfile has no USER by number"
        return
    pod = r.pod["securityContext"]
    if (int(user[1]), int(user[2])) != (pod["runAsUser"], pod["runAsGroup"]):
        yield f"the image runs as {user[0][5:]}, the pod as {pod['runAsUser']}:{pod['runAsGroup']}"
    if not re.search(r"^STOPSIGNAL SIGTERM$", text, re.MULTILINE):
        yield "deploy/Dockerfile has no STOPSIGNAL SIGTERM"


def container_ports(r):
    return {port["name"]: port["containerPort"] for port in r.container["ports"]}


@rule(
    "container ports are those that worker.yaml listens on, on every address",
    lambda r: put(r.container, "ports/0/containerPort", 9465),
    lambda r: change_config(r, "0.0.0.0:8443", "0.0.0.0:8444"),
    lambda r: change_config(r, "0.0.0.0:9464", "127.0.0.1:9464"),
)
def ports(r):
    for name, port in container_ports(r).items():
        listen = r.config["http"].get(name, {}).get("listen", "127.0.0.1:9464")
        if port_of(listen) != port:
            yield f"{name}: the container says {port}, worker.yaml {listen}"
        if not listen.startswith(("0.0.0.0:", "[::]:")):
            yield f"{name} listens on {listen} alone: nobody outside the pod gets in"


@rule(
    "Services, the network policy and the disruption budget select the worker's pods, and lead to its ports",
    lambda r: put(r.find("Service", "sendcode"), "spec/ports/0/targetPort", "http"),
    lambda r: put(r.find("Service", "sendcode-webhooks"), "spec/ports/0/port", 443),
    lambda r: put(r.find("Service", "sendcode"), "spec/selector", {"app": "sendcode"}),
    lambda r: put(r.find("NetworkPolicy", "sendcode"), "spec/ingress/0/ports/0/port", 9465),
    lambda r: put(r.find("NetworkPolicy", "sendcode"), "spec/podSelector/matchLabels", {"app": "sendcode"}),
    lambda r: put(r.find("PodDisruptionBudget", "sendcode"), "spec/selector/matchLabels", {"app": "sendcode"}),
    lambda r: put(r.deployment, "spec/selector/matchLabels", {"app": "sendcode"}),
    lambda r: put(r.pod, "topologySpreadConstraints/0/labelSelector/matchLabels", {"app": "sendcode"}),
)
def selection(r):
    labels = r.template["metadata"]["labels"]
    known = container_ports(r)
    policy = r.find("NetworkPolicy", "sendcode")["spec"]
    selectors = {
        "Deployment": r.deployment["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": policy["podSelector"]["matchLabels"],
        "PodDisruptionBudget": r.find("PodDisruptionBudget", "sendcode")["spec"]["selector"]["matchLabels"],
    }
    for constraint in r.pod["topologySpreadConstraints"]:
        selectors[constraint["topologyKey"]] = constraint["labelSelector"]["matchLabels"]
    for name in ("sendcode", "sendcode-webhooks"):
        service = r.find("Service", name)["spec"]
        selectors[name] = service["selector"]
        for port in service["ports"]:
            if known.get(port["targetPort"]) != port["port"]:
                yield f"Service {name}: port {port['port']} leads to {port['targetPort']}; the container has {known}"
    for entry in policy["ingress"]:
        for port in entry["ports"]:
            if port["port"] not in known:
                yield f"NetworkPolicy: no container port is called {port['port']}"
    for what, selector in selectors.items():
        if not selector.items() <= labels.items():
            yield f"{what} selects {selector}, the pods have {labels}"


@rule(
    "nobody comes in whom no label lets in, and the webhooks' callers never reach the internal port",
    lambda r: put(r.find("NetworkPolicy", "sendcode"), "spec/policyTypes", ["Egress"]),
    lambda r: drop(r.find("NetworkPolicy", "sendcode"), "spec/ingress/0/from"),
    lambda r: put(r.find("NetworkPolicy", "sendcode"), "spec/ingress/0/from/0/namespaceSelector", {}),
    lambda r: drop(r.find("NetworkPolicy", "sendcode"), "spec/ingress/1/ports"),
)
def network(r):
    policy = r.find("NetworkPolicy", "sendcode")["spec"]
    if "Ingress" not in policy["policyTypes"]:
        yield "it says nothing of what comes in"
    for entry in policy["ingress"]:
        named = [port["port"] for port in entry.get("ports", [])]
        if len(named) != 1:
            yield f"one entry is for the ports {named or 'all'}: each has callers of its own"
        if not entry.get("from"):
            yield f"{named} is open to everybody"
        for peer in entry.get("from", []):
            for selector in peer.values():
                if not selector.get("matchLabels"):
                    yield f"{named}: a selector without labels lets everybody in"


def named_secrets(value):
    """Every {secret: NAME} of a document."""
    if isinstance(value, dict):
        if set(value) == {"secret"} and isinstance(value["secret"], str):
            yield value["secret"]
            return
        value = value.values()
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for part in value:
            yield from named_secrets(part)


@rule(
    "every secret that worker.yaml or a settings document names is mounted",
    lambda r: drop(r.volume("secrets"), "projected/sources/0/secret/items/2"),
    lambda r: drop(r.volume("secrets"), "projected/sources/1"),
    lambda r: drop(r.find("Secret", "sendcode-env-local"), "data/test_code"),
    lambda r: change_settings(r, "env_local/test_code", "env_local/test_code_2"),
    lambda r: change_config(r, "{secret: api_tokens}", "{secret: tokens}"),
)
def secrets(r):
    wanted = {"keys/codes", "keys/subjects"} | set(named_secrets(r.config))
    for document in r.settings.values():
        wanted |= set(named_secrets(document))
    for name in sorted(wanted - set(volume_files(r, "secrets"))):
        yield f"{name} is not among the files of the volume `secrets`"


@rule(
    "one environment's missing secret keeps no pod from starting",
    lambda r: drop(r.volume("secrets"), "projected/sources/1/secret/optional"),
)
def optional_secrets(r):
    own, *others = r.volume("secrets")["projected"]["sources"]
    if own["secret"].get("optional"):
        yield "the worker's own secrets are optional"
    for source in others:
        if not source["secret"].get("optional"):
            yield f"{source['secret']['name']} is not optional"


@rule(
    "everything that the Deployment refers to is there, and no Secret is empty",
    lambda r: r.objects.remove(
        r.find("Secret", "sendcode-tls") or r.find("Secret", r.volume("tls")["secret"]["secretName"])
    ),
    lambda r: r.objects.remove(r.config_map("worker")),
    lambda r: r.objects.remove(r.find("ServiceAccount", "sendcode")),
    lambda r: put(r.find("Secret", "sendcode-secrets"), "data/api_tokens", ""),
)
def references(r):
    if r.find("ServiceAccount", r.pod["serviceAccountName"]) is None:
        yield "its ServiceAccount is missing"
    for volume in r.pod["volumes"]:
        try:
            for path, data in volume_files(r, volume["name"]).items():
                if not data:
                    yield f"{volume['name']}: {path} is empty"
        except ValueError as error:
            yield str(error)


@rule(
    "what the worker follows while it runs keeps its name; what it reads at the start alone rolls the Deployment",
    lambda r: put(r.config_map("settings"), "metadata/name", "sendcode-settings-7bk5c2f9h4")
    or put(r.volume("settings"), "configMap/name", "sendcode-settings-7bk5c2f9h4"),
    lambda r: put(r.config_map("worker"), "metadata/name", "sendcode-worker")
    or put(r.volume("worker"), "configMap/name", "sendcode-worker"),
)
def names(r):
    def hashed(name, base):
        return re.fullmatch(rf"{base}-[a-z0-9]{{10}}", name) is not None

    followed = [("sendcode-settings", r.volume("settings")["configMap"]["name"])]
    followed += [(None, source["secret"]["name"]) for source in r.volume("secrets")["projected"]["sources"]]
    for wanted, name in followed:
        if (wanted and name != wanted) or re.search(r"-[a-z0-9]{10}$", name):
            yield f"{name} has a name that changes with its content: a running pod would not see the new one"
    for base, name in (
        ("sendcode-worker", r.volume("worker")["configMap"]["name"]),
        ("sendcode-tls", r.volume("tls")["secret"]["secretName"]),
    ):
        if not hashed(name, base):
            yield f"{name} has no hash: a change would not reach the worker before somebody restarts it"


@rule(
    "volumes are mounted whole, read-only, where worker.yaml and the command look for them",
    lambda r: put(r.container, "volumeMounts/1/subPath", "env_local.yaml"),
    lambda r: drop(r.container, "volumeMounts/2/readOnly"),
    lambda r: put(r.container, "volumeMounts/2/mountPath", "/etc/sendcode/secret"),
    lambda r: put(r.container, "volumeMounts/3/mountPath", "/tls"),
    lambda r: put(r.container, "args/2", "/etc/sendcode/worker.yaml"),
)
def mounts(r):
    for mount in r.container["volumeMounts"]:
        if "subPath" in mount or "subPathExpr" in mount:
            yield f"{mount['name']} is mounted by subPath, which follows no change"
        if not mount.get("readOnly"):
            yield f"{mount['name']} is not read-only"
    config = r.config
    if r.container["args"] != ["run", "--config", r.mount("worker")["mountPath"] + "/worker.yaml"]:
        yield f"the command is {r.container['args']}"
    for volume in ("settings", "secrets"):
        if config[volume].get("directory") != r.mount(volume)["mountPath"]:
            yield f"worker.yaml: {volume}.directory is not {r.mount(volume)['mountPath']}"
    for file in config["http"]["internal"].get("tls", {}).values():
        folder, _, name = file.rpartition("/")
        if folder != r.mount("tls")["mountPath"] or name not in volume_files(r, "tls"):
            yield f"worker.yaml: {file} is not mounted"


@rule(
    "images are pinned, and the worker's is the version of this checkout",
    lambda r: put(r.container, "image", "localhost/sendcode:latest"),
    lambda r: put(r.container, "image", "localhost/sendcode"),
    lambda r: put(r.container, "image", "localhost/sendcode:0.0.9"),
    lambda r: put(r.container, "imagePullPolicy", "Always"),
    lambda r: put(r.find("Deployment", "redis"), "spec/template/spec/containers/0/image", "redis"),
)
def images(r):
    version = re.search(r"project\(sendcode VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    if not r.container["image"].endswith(f"/sendcode:{version}"):
        yield f"the worker's image is {r.container['image']}, this is {version}"
    if r.container.get("imagePullPolicy") != "IfNotPresent":
        yield "an image that was loaded into the node would be asked for elsewhere"
    for kind in ("Deployment", "Job"):
        for found in r.all(kind):
            for container in found["spec"]["template"]["spec"]["containers"]:
                tag = container["image"].rpartition("/")[2].partition(":")[2]
                if tag in ("", "latest"):
                    yield f"{container['image']} is no fixed version"


@rule(
    "memory is limited, CPU is not, and the count of shards doesn't come from the node's cores",
    lambda r: drop(r.container, "resources/limits"),
    lambda r: put(r.container, "resources/limits/cpu", "1"),
    lambda r: drop(r.container, "resources/requests/cpu"),
    lambda r: change_config(r, "shards: 2", "shards: auto"),
)
def resources(r):
    own = r.container["resources"]
    limits, requests = own.get("limits", {}), own.get("requests", {})
    if "memory" not in limits:
        yield "no limit of memory"
    for what in ("cpu", "memory"):
        if what not in requests:
            yield f"no request of {what}"
    if "cpu" in limits:
        yield "a limit of CPU stops a send in the middle"
    elif r.config.get("worker", {}).get("shards", "auto") == "auto":
        yield "worker.shards is auto without a limit of CPU: one for each core of the node"


@rule(
    "an upgrade or a drained node takes one worker at a time, and an upgrade none before another one is ready",
    lambda r: put(r.deployment, "spec/strategy/rollingUpdate/maxUnavailable", 1),
    lambda r: put(r.deployment, "spec/strategy", {"type": "Recreate"}),
    lambda r: drop(r.deployment, "spec/minReadySeconds"),
    lambda r: put(r.find("PodDisruptionBudget", "sendcode"), "spec/maxUnavailable", 0),
    lambda r: put(r.find("PodDisruptionBudget", "sendcode"), "spec", {"minAvailable": 1}),
)
def disruption(r):
    spec = r.deployment["spec"]
    if spec["strategy"] != {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}:
        yield f"the strategy is {spec['strategy']}"
    if spec.get("minReadySeconds", 0) < 5:
        yield "no minReadySeconds: pods would follow each other faster than a rebalance"
    if r.find("PodDisruptionBudget", "sendcode")["spec"].get("maxUnavailable") != 1:
        yield "the budget's maxUnavailable is not 1"


@rule(
    "Prometheus is led to the metrics by port, path and scheme",
    lambda r: r.template["metadata"]["annotations"].update({"prometheus.io/port": "8443"}),
    lambda r: put(r.template["metadata"], "annotations", {}),
    lambda r: r.template["metadata"]["annotations"].update({"prometheus.io/path": "/stats"}),
    lambda r: r.template["metadata"]["annotations"].update({"prometheus.io/scheme": "http"}),
)
def scraping(r):
    told = r.template["metadata"].get("annotations", {})
    wanted = {
        "scrape": "true",
        "port": str(container_ports(r)["internal"]),
        "path": "/metrics",
        "scheme": internal_scheme(r).lower(),
    }
    for name, value in wanted.items():
        if told.get(f"prometheus.io/{name}") != value:
            yield f"prometheus.io/{name} is {told.get(f'prometheus.io/{name}')}, not {value}"
    if "/metrics" not in openapi_paths():
        yield "schemas/openapi.yaml has no /metrics"


@rule(
    "the overlay's own Kafka makes the topics that worker.yaml reads and writes",
    lambda r: put(r.find("Job", "kafka-topics"), "spec/template/spec/containers/0/args/0", "make sms.send-code"),
    lambda r: change_config(r, "kafka: {", "kafka: {topics: {send_code: other.send-code}, "),
)
def topics(r):
    made = r.find("Job", "kafka-topics")["spec"]["template"]["spec"]["containers"][0]["args"][0]
    default = {
        "send_code": "sms.send-code",
        "delivery_status": "sms.delivery-status",
        "dead_letter": "sms.send-code.dead-letter",
        "settings": "sms.settings",
    }
    for topic in (default | r.config["kafka"].get("topics", {})).values():
        if f"make {topic} " not in made:
            yield f"nobody makes {topic}"


def check(rendering):
    """(sentence, problems) of every rule, and of its breakages together: one without a problem is a problem."""
    for sentence, holds, breakages in RULES:
        yield sentence, list(holds(rendering))
        unseen = []
        for number, damage in enumerate(breakages, 1):
            broken = copy.deepcopy(rendering)
            damage(broken)
            if not list(holds(broken)):
                unseen.append(f"breach {number} of {len(breakages)} went unseen")
        yield f"  and each of {len(breakages)} breaches of that is seen", unseen
