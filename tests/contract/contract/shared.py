"""What all checks share: loading, validating, reporting."""
import json

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class Report:
    """One line a group, every failure with its reason, and the sum."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.shown_max = 20

    def group(self, name, results):
        """`results` is a list of (what, problems); no problems: passed. A group that checked nothing has failed."""
        bad = [(what, problems) for what, problems in results if problems]
        self.passed += len(results) - len(bad)
        self.failed += len(bad)
        if not results:
            self.failed += 1
            print(f"FAIL  {name}: nothing was checked")
            return
        print(f"{'FAIL' if bad else 'ok  '}  {name}: {len(results) - len(bad)} of {len(results)}")
        for what, problems in bad[:self.shown_max]:
            for problem in problems[:3]:
                print(f"        {what}: {problem[:300]}")
        if len(bad) > self.shown_max:
            print(f"        and {len(bad) - self.shown_max} more")

    def files(self, name, paths, problems):
        """A group of files; one that cannot be read has failed."""
        results = []
        for path in paths:
            try:
                results.append((path.name, problems(path)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                results.append((path.name, [f"{type(error).__name__}: {error}"]))
        self.group(name, results)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def load(path):
    """JSON, or YAML as 1.2 has it: off, no and NO are words there. A key twice is an error in both."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json" or path.suffix == ".jsonl":
        return load_json(text)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        return yaml.load(text)
    except YAMLError as error:
        raise ValueError(f"{path.name}: {error}") from None


def load_json(text):
    def no_key_twice(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice: {sorted(key for key in keys if keys.count(key) > 1)[0]}")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=no_key_twice)


class Contract:
    """The documents below schemas/, and validators for them."""

    def __init__(self, folder, report):
        self.folder = folder
        self.schemas = {}
        self.documents = {}
        problems = []
        for path in sorted([*folder.glob("*.json"), *folder.glob("*.yaml")]):
            try:
                document = load(path)
            except ValueError as error:
                problems.append((path.name, [str(error)]))
                continue
            if path.name.endswith(".schema.json"):
                self.schemas[path.name.removesuffix(".schema.json")] = document
            self.documents[path.name] = document
        report.group("documents can be read", [(name, []) for name in self.documents] + problems)
        self.registry = Registry().with_resources(
            [(schema.get("$id", name), Resource.from_contents(schema)) for name, schema in self.schemas.items()])

    def validator(self, name, pointer=""):
        """For a schema by its short name, or for a part of an OpenAPI document (whose dialect is the same)."""
        schema = self.schemas.get(name)
        registry = self.registry
        if schema is None or pointer:
            document = schema if schema is not None else self.documents[f"{name}.yaml"]
            uri = document.get("$id", f"urn:sendcode:{name}")
            resource = Resource.from_contents({**document, "$schema": "https://json-schema.org/draft/2020-12/schema"})
            registry = registry.with_resource(uri, resource)
            schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"{uri}#{pointer}"}
        return Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)

    def problems(self, name, instance, pointer=""):
        return [describe(error) for error in self.validator(name, pointer).iter_errors(instance)]

    def resolve(self, base, schema):
        """Follows `$ref` of a schema that stands in the document `base`; returns (base, schema)."""
        while "$ref" in schema:
            file, _, pointer = schema["$ref"].partition("#")
            base = file or base
            schema = walk(self.documents[base], pointer)
        return base, schema

    def example_files(self, *parts):
        folder = self.folder.joinpath("examples", *parts)
        return sorted(path for path in folder.glob("*") if path.is_file())


def walk(document, pointer):
    """The part of a document that a JSON pointer names; KeyError or IndexError if there is none."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~").replace("%24", "$")
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def describe(error):
    return f"{'.'.join(map(str, error.absolute_path)) or 'document'}: {error.message}"


def every_ref(node, where=""):
    """All (place, target) of `$ref` in a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield where, value
            else:
                yield from every_ref(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from every_ref(value, f"{where}/{index}")

