"""That the checks can fail: every good example, broken in every way we know, must be refused."""
import copy

from . import messages
from .shared import load

DROP = object()


def check_schemas(contract, report):
    if report.failed:
        return  # a bad example proves nothing
    for name in ("send-code", "send-code.event", "delivery-status", "settings"):
        results = []
        for path in contract.example_files(name):
            good = load(path)
            for what, broken in variants(contract, f"{name}.schema.json", contract.schemas[name], good):
                refused = contract.problems(name, broken)
                results.append((f"{path.name}, {what}", [] if refused else ["is not refused"]))
        report.group(f"broken variants of {name} are refused", results)


def variants(contract, base, schema, instance, where=()):
    """(what, broken) for each way to break the instance at or below `where`."""
    part = at(instance, where)
    if isinstance(part, list):
        if "items" in schema:
            item_base, item = contract.resolve(base, schema["items"])
            for index in range(len(part)):
                yield from value_variants(item, instance, (*where, index))
                yield from variants(contract, item_base, item, instance, (*where, index))
        return
    if not isinstance(part, dict):
        return
    for key in schema.get("required", []):
        yield f"without {key}", changed(instance, (*where, key), DROP)
    if schema.get("additionalProperties") is False:
        yield f"with a field that is unknown at {where}", changed(instance, (*where, "no_such_field"), 1)
    for key, field in schema.get("properties", {}).items():
        if key not in part:
            continue
        inner_base, inner = contract.resolve(base, field)
        yield from value_variants(inner, instance, (*where, key))
        yield from variants(contract, inner_base, inner, instance, (*where, key))


def value_variants(schema, instance, where):
    name = ".".join(map(str, where))
    yield f"{name} of another type", changed(instance, where, 7.5 if schema.get("type") != "number" else [])
    yield f"{name} null", changed(instance, where, None)
    if "enum" in schema or "const" in schema:
        yield f"{name} not in the list", changed(instance, where, "no-such-word")
    if "pattern" in schema and isinstance(at(instance, where), str):
        yield f"{name} of another form", changed(instance, where, "no such form \u0001")
    if "maxLength" in schema:
        yield f"{name} too long", changed(instance, where, "9" * (schema["maxLength"] + 1))
    if "maximum" in schema:
        yield f"{name} too large", changed(instance, where, schema["maximum"] + 1)
    if "minimum" in schema:
        yield f"{name} too small", changed(instance, where, schema["minimum"] - 1)
    if schema.get("format") == "date-time":
        yield f"{name} not RFC 3339", changed(instance, where, "Mon, 23 Nov 2026 21:50:00 +0000")


def at(document, where):
    for part in where:
        document = document[part]
    return document


def changed(document, where, value):
    document = copy.deepcopy(document)
    *way, last = where
    holder = at(document, way)
    if value is DROP:
        del holder[last]
    else:
        holder[last] = value
    return document


STATUS_BREAKS = {
    "headers": {
        "ce_specversion": [DROP, "0.3"],
        "ce_id": [DROP, "8c1f6a0e4b7d92f35e6a1c0d8b4f7e2/outcome", "00000000000000000000000000000000/outcome", "SM00000000000000000000000000000001/no", "x"],
        "ce_source": [DROP, "/other"],
        "ce_type": [DROP, "io.sendcode.delivery-status.v2"],
        "ce_subject": [DROP, "another-challenge-of-22ch"],
        "ce_time": [DROP, "2026-11-23T21:50:01Z", "2026-11-23T21:50:01.042+00:00", "2026-13-23T21:50:01.042Z"],
        "ce_traceparent": ["not-a-trace"],
        "content-type": [DROP, "text/plain"],
    },
    "value": {
        "kind": [DROP, "result", None],
        "request_id": [DROP, "ABC", 7],
        "challenge_id": [DROP, "short"],
        "status": [DROP, "queued up", 7],
        "purpose": [DROP, "marketing"],
        "sender": [None, "verify"],
        "phone_number": ["+61491570006", None],
        "expires_at": ["2026-11-23T22:00:00Z", 1795471200],
    },
}
DEAD_LETTER_BREAKS = {
    "headers": {
        "error": [DROP, "unknown_error"],
        "error-detail": [DROP],
        "source-topic": [DROP, "a topic"],
        "source-partition": [DROP, "-1", "one"],
        "source-offset": [DROP, "", "01"],
    },
}
REPLAYED_BREAKS = {
    "headers": {
        "replayed-offset": [DROP, "-1", "", "01"],
        "replayed-to": [DROP, "a topic"],
        "more": ["x"],
    },
}


def check_messages(contract, report):
    results = []
    for path in contract.example_files("records"):
        good = load(path)
        topic = messages.topic_of(good)
        broken = [("under another topic", {**good, "topic": "sms.other"})]
        if topic == messages.STATUS:
            broken += [("under another key", {**good, "key": "another-challenge-of-22ch"}), ("without a key", {**good, "key": None})]
            broken += [("as bytes", {**{k: v for k, v in good.items() if k != "value"}, "value_base64": "e30="})]
            broken += breaks(good, STATUS_BREAKS)
        elif topic == messages.DEAD_LETTER and "error" not in good["headers"]:
            broken += breaks(good, REPLAYED_BREAKS)
            broken += [("with a key", {**good, "key": "+61491570006"}), ("with a value", {**good, "value": {}})]
        elif topic == messages.DEAD_LETTER:
            broken += breaks(good, DEAD_LETTER_BREAKS)
            broken += [("without its bytes", {k: v for k, v in good.items() if k != "value_base64"})]
        elif topic == messages.SETTINGS:
            broken += [("under another key", {**good, "key": "env_other"})]
        else:
            broken += [("without headers", {**good, "headers": {}}), ("without data", {**good, "value": None})]
        for what, record in broken:
            results.append((f"{path.name} {what}", [] if messages.problems(contract, record) else ["is not refused"]))
    report.group("broken records are refused", results)


def breaks(good, table):
    found = []
    for part, fields in table.items():
        for field, values in fields.items():
            for value in values:
                if value is DROP and field not in good[part]:
                    continue
                found.append((f"with {part} {field} {'missing' if value is DROP else value!r}", changed(good, (part, field), value)))
    return found
