"""The documents against their own meta-schemas, and against what we ask of them."""
import json
import re

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.exceptions import SchemaError
from openapi_spec_validator import OpenAPIV31SpecValidator

from .shared import describe, every_ref, walk

OPENAPI = ["openapi", "kinde-sender.openapi"]
TOPICS = {"sms.send-code", "sms.delivery-status", "sms.send-code.dead-letter", "sms.settings"}
# A field of these documents has a description, a type, and a limit where it is a text.
DESCRIBED = ["send-code", "send-code.event", "delivery-status", "delivery-status.headers", "dead-letter.headers", "dead-letter-replayed.headers",
             "settings"]


def check(contract, report, asyncapi_schema):
    """False: the documents are so broken that nothing can be held against them."""
    report.group("schemas hold to JSON Schema 2020-12", [(name, meta_problems(schema)) for name, schema in contract.schemas.items()])
    report.group("every $ref leads somewhere", ref_results(contract))
    if report.failed:
        return False
    report.group("every field is described", field_results(contract))
    report.group("examples inside schemas are valid", inner_example_results(contract))
    report.group("AsyncAPI 3.0", asyncapi_results(contract, asyncapi_schema))
    report.group("OpenAPI 3.1", [(name, openapi_problems(contract.documents[f"{name}.yaml"])) for name in OPENAPI])
    return True


def meta_problems(schema):
    if schema.get("$schema") != "https://json-schema.org/draft/2020-12/schema":
        return ["$schema is not 2020-12"]
    try:
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    except SchemaError as error:
        return [describe(error)]
    return []


def ref_results(contract):
    results = []
    for name, document in contract.documents.items():
        for where, target in every_ref(document):
            file, _, pointer = target.partition("#")
            problems = []
            try:
                walk(contract.documents[file.removeprefix("./") or name], pointer)
            except (KeyError, IndexError, ValueError):
                problems = [f"leads nowhere: {target}"]
            results.append((f"{name}#{where}", problems))
    return results


def fields(contract, base, schema, where=""):
    """All (place, document, field) of the properties of a schema, those of nested objects and lists too."""
    for key, field in schema.get("properties", {}).items():
        place = f"{where}.{key}".lstrip(".")
        yield place, base, field
        inner_base, inner = contract.resolve(base, field)
        yield from fields(contract, inner_base, inner, place)
        if "items" in inner:
            item_base, item = contract.resolve(inner_base, inner["items"])
            yield from fields(contract, item_base, item, f"{place}[]")


def field_results(contract):
    results = []
    for name in DESCRIBED:
        for place, base, field in fields(contract, f"{name}.schema.json", contract.schemas[name]):
            resolved_base, resolved = contract.resolve(base, field)
            problems = []
            if not (field.get("description") or resolved.get("description")):
                if not place.endswith(".secret"):  # the description stands with the reference's object
                    problems.append("no description")
            kind = resolved.get("type")
            if kind is None:
                problems.append("no type")
            if kind == "string" and resolved.get("examples") is None and field.get("examples") is None:
                problems.append("no example")
            bounded = {"pattern", "maxLength", "enum", "const", "format"} & set(resolved)
            if kind == "string" and not bounded and place not in ("status", "reason", "traceparent", "data.traceparent"):
                problems.append("a text without a limit")
            if kind == "integer" and not {"minimum", "maximum"} <= set(resolved):
                problems.append("a number without a range")
            results.append((f"{name}: {place}", problems))
    return results


def inner_example_results(contract):
    results = []
    for name in DESCRIBED:
        for place, base, field in fields(contract, f"{name}.schema.json", contract.schemas[name]):
            resolved_base, resolved = contract.resolve(base, field)
            for holder_base, holder in ((base, field), (resolved_base, resolved)):
                for example in holder.get("examples", []):
                    results.append((f"{name}: {place}", part_problems(contract, resolved_base, resolved, example)))
    return results


def part_problems(contract, base, schema, instance):
    # Under the base's own $id, so that the part's relative references still lead somewhere.
    part = {**schema, "$id": contract.documents[base]["$id"] + ".part"}
    if "#/" in json.dumps(schema.get("properties", {})) + json.dumps(schema.get("items", {})):
        part["$defs"] = contract.documents[base].get("$defs", {})
    validator = Draft202012Validator(part, registry=contract.registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [describe(error) for error in validator.iter_errors(instance)]


def asyncapi_results(contract, asyncapi_schema):
    document = contract.documents["asyncapi.yaml"]
    if not asyncapi_schema.exists():
        return [("AsyncAPI's own schema", ["missing: deploy/local/dependencies installs it"])]
    meta = json.loads(asyncapi_schema.read_text(encoding="utf-8"))
    results = [("against AsyncAPI's own schema", [describe(error) for error in Draft7Validator(meta).iter_errors(document)])]

    addresses = {channel["address"] for channel in document["channels"].values()}
    results.append(("the four topics", [] if addresses == TOPICS else [f"other topics: {sorted(addresses ^ TOPICS)}"]))
    for key, channel in document["channels"].items():
        topic = channel["bindings"]["kafka"]["topic"]
        results.append((f"channel {key}", [] if topic == channel["address"] else ["the binding's topic is another one"]))
    for key, message in document["components"]["messages"].items():
        results.append((f"message {key}", [] if "key" in message["bindings"]["kafka"] else ["no key in its binding"]))
        for example in message.get("examples", []):
            for part in ("headers", "payload"):
                target = message[part]["schema"]["$ref"].removeprefix("./").removesuffix(".schema.json")
                results.append((f"example {example['name']} of {key}: {part}", contract.problems(target, example[part])))
    return results


def openapi_problems(document):
    problems = [describe(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]
    paths = document["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete") and not operation.get("summary"):
                problems.append(f"{method} {path}: no summary")
        for parameter in re.findall(r"{(\w+)}", path):
            declared = {resolve(document, p)["name"] for p in item.get("parameters", [])}
            if parameter not in declared:
                problems.append(f"{path}: {parameter} is not declared")
    return problems


def resolve(document, node):
    return walk(document, node["$ref"].removeprefix("#")) if "$ref" in node else node
