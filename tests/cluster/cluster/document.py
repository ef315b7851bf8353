"""Commands of docs/kubernetes.md. tests/cluster/live runs them; without a cluster, each option, object, folder and file
that they name can be looked for."""

import dataclasses
import functools
import re
import shlex
import subprocess

from blocks import read_blocks  # of tests/docs

from .rendering import ROOT, TOOLS

PAGE = ROOT / "docs/kubernetes.md"
ELSEWHERE = {"buildah", "docker", "grep", "k3s", "kind", "mv", "podman"}  # programs that are not ours to know


@dataclasses.dataclass(frozen=True)
class Command:
    """One of the page's, as it stands there: joined to one line, without the comment behind it."""

    section: str
    line: int
    text: str
    in_sentence: bool = False  # within a sentence or a table: often only a part of one that stands elsewhere


def read_commands(text):
    """Those of the `sh` blocks and within sentences, as the page has them."""
    lines = text.splitlines()
    found = []
    blocks = read_blocks("docs/kubernetes.md", text)
    for block in blocks:
        for number, line in joined_lines(block):
            found.append((number, line, False))
    inside = {number for block in blocks for number in range(block.line, block.line + block.text.count("\n") + 2)}
    for number, line in enumerate(lines, 1):
        if number not in inside:
            found += [(number, span, True) for span in re.findall(r"`((?:kubectl|sendcode) [^`]+)`", line)]
    return [Command(section_of(lines, number), number, span, inline) for number, span, inline in sorted(found)]


def joined_lines(block):
    if block.language != "sh":
        return
    begin, parts = 0, []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        begin = begin if parts else number
        parts.append(re.sub(r"\s{2,}#.*$", "", line).strip())
        if not line.endswith("\\"):
            command = " ".join(part.removesuffix("\\").strip() for part in parts)
            if command and not command.startswith("#"):
                yield begin, command
            parts = []


def section_of(lines, number):
    return next((line[3:] for line in reversed(lines[:number]) if line.startswith("## ")), "")


def commands(text):
    """Each program's call alone: pipes cut apart."""
    for command in read_commands(text):
        for part in re.split(r"\s+(?:\||&&)\s+", command.text.rstrip(" &")):
            yield part.strip()


@functools.cache
def help_of(*command):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=30)
    return done.stdout + done.stderr


def unknown_options(words, text):
    for word in words:
        if re.fullmatch(r"--[a-z][a-z-]*", word) and not re.search(rf"(?<![\w-]){word}\b(?!-)", text):
            yield f"there is no option {word}"


def sendcode_problems(sendcode, words, overlay):
    chain = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-") or len(chain) == 2:
            break
        chain.append(word)
        if chain[0] not in ("settings", "keys", "tokens", "dead-letters"):
            break
    if f"sendcode {' '.join(chain)}" not in help_of(sendcode, *chain, "--help") or not chain:
        yield f"sendcode has no {' '.join(chain) or words}"
    yield from unknown_options(words, help_of(sendcode, *chain, "--help") + help_of(sendcode, "--help"))
    config = overlay.mount("worker")["mountPath"] + "/worker.yaml"
    for option, value in zip(words, words[1:]):
        if option == "--config" and value.startswith("/") and value != config:
            yield f"the pod has no {value}"


def kubectl_problems(sendcode, words, overlay):
    kubectl = TOOLS / "kubectl"
    if "--" in words:
        inner = words[words.index("--") + 1 :]
        words = words[: words.index("--")]
        yield from sendcode_problems(sendcode, inner, overlay)
    verbs = [
        word
        for index, word in enumerate(words[1:], 1)
        if not word.startswith("-") and words[index - 1] not in ("-n", "-k", "-l", "-f", "--tail")
    ]
    chain = verbs[:2] if verbs[0] == "rollout" else verbs[:1]
    yield from unknown_options(words, help_of(kubectl, *chain, "--help") + help_of(kubectl, "options"))
    for option, value in zip(words, words[1:]):
        if option == "-n" and overlay.find("Namespace", value) is None:
            yield f"nothing makes the namespace {value}"
        if option == "-l" and value.partition("=")[::2] not in overlay.template["metadata"]["labels"].items():
            yield f"no pod has {value}"
    for word in verbs:
        kind, slash, name = word.partition("/")
        known = {"deploy": "Deployment", "deployment": "Deployment", "service": "Service"}
        if slash and kind in known and overlay.find(known[kind], name) is None and not name.startswith("kubernetes"):
            yield f"there is no {word}"
        if chain == ["label"] and "=" in word:
            asked = [
                peer.get("namespaceSelector", {}).get("matchLabels", {})
                for entry in overlay.find("NetworkPolicy", "sendcode")["spec"]["ingress"]
                for peer in entry["from"]
            ]
            label, _, value = word.partition("=")
            if {label: value} not in asked:
                yield f"the network policy knows no label {word}"


def path_problems(words):
    for word in words:
        if (
            re.match(r"(deploy|tests|build)/(?!sendcode$)", word)
            and "<" not in word
            and "/secrets/" not in word
            and not word.startswith("build/")
        ):
            if not (ROOT / word).exists():
                yield f"there is no {word}"


def problems(sendcode, command, overlay):
    words = shlex.split(command)
    if words[0] in ELSEWHERE:
        yield from path_problems(words)
    elif words[0] == "sendcode":
        yield from sendcode_problems(sendcode, words, overlay)
        yield from path_problems(words)
    elif words[0] == "kubectl":
        yield from kubectl_problems(sendcode, words, overlay)
        yield from path_problems(word for word in words if word.startswith("deploy/kubernetes"))
    elif words[0].startswith(("deploy/", "tests/")):
        yield from path_problems(words[:1])
        yield from unknown_options(words, help_of(ROOT / words[0], "--help"))
    else:
        yield f"nobody knows how to check `{words[0]}`"


def check(sendcode, overlay):
    """(command, problems) of each on the page."""
    found = list(commands(PAGE.read_text()))
    for command in found:
        yield command, list(problems(sendcode, command, overlay))
    if len(found) < 15:
        yield "the page's commands", [f"only {len(found)} were found"]


BROKEN = (
    "kubectl apply -k deploy/kubernetes/overlays/locale",
    "kubectl -n sendcode logs deploy/sendcode",
    "kubectl -n sendcode-local logs deploy/worker",
    "kubectl -n sendcode-local logs deploy/sendcode --last 50",
    "kubectl label namespace monitoring sendcode.io/metrics=true",
    "kubectl -n sendcode-local exec deploy/sendcode -- sendcode doctor --config /etc/sendcode/worker.yaml",
    "kubectl -n sendcode-local exec deploy/sendcode -- sendcode settings list",
    "sendcode check 123456 --token web.token",
    "deploy/kubernetes/overlays/local/make-secrets --worker sendcode",
    "helm install sendcode",
)
