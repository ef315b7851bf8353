"""What an overlay renders to, and the files that its pod would see."""

import base64
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".deps/cluster/bin"


def build(folder):
    """The overlay as text."""
    done = subprocess.run([TOOLS / "kubectl", "kustomize", str(folder)], text=True, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise ValueError(f"kustomize refuses {folder}: {done.stderr.strip()}")
    return done.stdout


class Rendering:
    """An overlay's objects, and the parts of the worker's Deployment that rules speak of."""

    def __init__(self, text):
        self.objects = [found for found in yaml.safe_load_all(text) if found]

    def find(self, kind, name):
        for found in self.objects:
            if found["kind"] == kind and found["metadata"]["name"] == name:
                return found
        return None

    def all(self, kind):
        return [found for found in self.objects if found["kind"] == kind]

    @property
    def deployment(self):
        return self.find("Deployment", "sendcode")

    @property
    def template(self):
        return self.deployment["spec"]["template"]

    @property
    def pod(self):
        return self.template["spec"]

    @property
    def container(self):
        return self.pod["containers"][0]

    @property
    def config(self):
        """worker.yaml, from the ConfigMap that the pod mounts."""
        return yaml.safe_load(self.config_map("worker")["data"]["worker.yaml"])

    @property
    def settings(self):
        """The settings documents, by file."""
        return {name: yaml.safe_load(text) for name, text in self.config_map("settings")["data"].items()}

    def config_map(self, volume):
        return self.find("ConfigMap", self.volume(volume)["configMap"]["name"])

    def volume(self, name):
        return next(found for found in self.pod["volumes"] if found["name"] == name)

    def mount(self, volume):
        return next(found for found in self.container["volumeMounts"] if found["name"] == volume)


def content(source):
    """A ConfigMap's or Secret's files."""
    out = {name: text.encode() for name, text in (source.get("stringData") or {}).items()}
    plain = source["kind"] == "ConfigMap"
    for name, text in (source.get("data") or {}).items():
        out[name] = text.encode() if plain else base64.b64decode(text)
    return out


def projected(rendering, kind, name, items, optional):
    """What one source puts into a volume: path and bytes. What is missing and not optional is an error, as it would keep
    the pod from starting."""
    source = rendering.find(kind, name)
    if source is None:
        if optional:
            return {}
        raise ValueError(f"there is no {kind} {name}: the pod would not start")
    files = content(source)
    if items is None:
        return files
    out = {}
    for item in items:
        if item["key"] in files:
            out[item["path"]] = files[item["key"]]
        elif not optional:
            raise ValueError(f"{kind} {name} has no {item['key']}: the pod would not start")
    return out


def volume_files(rendering, name):
    volume = rendering.volume(name)
    if "configMap" in volume:
        source = volume["configMap"]
        return projected(rendering, "ConfigMap", source["name"], source.get("items"), source.get("optional"))
    if "secret" in volume:
        source = volume["secret"]
        return projected(rendering, "Secret", source["secretName"], source.get("items"), source.get("optional"))
    out = {}
    for entry in volume["projected"]["sources"]:
        source = entry["secret"]
        out |= projected(rendering, "Secret", source["name"], source.get("items"), source.get("optional"))
    return out


def write_volume(folder, files):
    """As the kubelet does it: a new folder with all files, and one link moved, so that they change at once."""
    folder.mkdir(parents=True, exist_ok=True)
    count = sum(1 for _ in folder.glob("..*")) + 1
    fresh = folder / f"..generation_{count}"
    for path, data in files.items():
        file = fresh / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    moved = folder / "..data_new"
    moved.symlink_to(fresh.name)
    os.replace(moved, folder / "..data")
    wanted = {path.split("/")[0] for path in files}
    for name in wanted:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    for link in folder.iterdir():
        if link.is_symlink() and link.name != "..data" and link.name not in wanted:
            link.unlink()


def lay_out(rendering, root, move_paths=False):
    """Every volume of the worker's pod, at its mount path below `root`; paths within worker.yaml too, if they are to
    move."""
    for mount in rendering.container["volumeMounts"]:
        files = volume_files(rendering, mount["name"])
        if move_paths and "worker.yaml" in files:
            files["worker.yaml"] = files["worker.yaml"].replace(b"/etc/sendcode", f"{root}/etc/sendcode".encode())
        write_volume(root / mount["mountPath"].lstrip("/"), files)
