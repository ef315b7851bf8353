"""Whole records, as they stand in Kafka, against the contract."""
import base64
import json
from collections import defaultdict

from .shared import load_json

SEND_CODE, STATUS, DEAD_LETTER, SETTINGS = "sms.send-code", "sms.delivery-status", "sms.send-code.dead-letter", "sms.settings"
TOPICS = [SEND_CODE, STATUS, DEAD_LETTER, SETTINGS]
VALUE_BYTES_MAX = 16 * 1024


def check_files(contract, report, paths):
    groups = defaultdict(list)
    for path in paths:
        if not path.is_file():
            groups[f"{path} is not there"] = []
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                check_line(contract, groups, f"{path.name}:{number}", line)
    if not groups:
        report.group("messages", [])
    for name, results in sorted(groups.items()):
        report.group(name, results)


def check_line(contract, groups, where, line):
    try:
        record = load_json(line)
        groups[group_of(record)].append((where, problems(contract, record)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        groups["lines that are no records"].append((where, [f"{type(error).__name__}: {error}"]))


def topic_of(record):
    """The topic's role; a test may put a suffix behind the name."""
    name = record.get("topic", "")
    fitting = [topic for topic in TOPICS if name == topic or name.startswith((f"{topic}.", f"{topic}-"))]
    return max(fitting, key=len) if fitting else None


def group_of(record):
    topic = topic_of(record) or f"unknown topic {record.get('topic')}"
    if topic == STATUS and isinstance(record.get("value"), dict):
        return f"{topic}: {record['value'].get('kind')} {record['value'].get('status')}"
    if topic == DEAD_LETTER:
        return f"{topic}: {dict(header_pairs(record)).get('error', 'the mark of a replay')}"
    return topic


def header_pairs(record):
    headers = record.get("headers") or {}
    return list(headers.items()) if isinstance(headers, dict) else [tuple(pair) for pair in headers]


def problems(contract, record):
    """What is wrong with a record; empty: nothing."""
    topic = topic_of(record)
    if topic == STATUS:
        return status_problems(contract, record)
    if topic == DEAD_LETTER:
        return dead_letter_problems(contract, record)
    if topic == SEND_CODE:
        return send_code_problems(contract, record)
    if topic == SETTINGS:
        return settings_problems(contract, record)
    return [f"no topic of ours: {record.get('topic')}"]


def status_problems(contract, record):
    pairs = header_pairs(record)
    headers = dict(pairs)
    value = record.get("value")
    found = [f"header {text}" for text in contract.problems("delivery-status.headers", headers)]
    if len(headers) != len(pairs):
        found.append("a header twice")
    found += contract.problems("delivery-status", value)
    if found:
        return found  # what follows reads fields that are known to be there
    if record.get("key") != value["challenge_id"]:
        found.append("its key is not the challenge id")
    if headers["ce_subject"] != value["challenge_id"]:
        found.append("ce_subject is not the challenge id")
    if not id_fits(headers["ce_id"], value):
        found.append(f"ce_id does not fit: {headers['ce_id']}")
    if len(json.dumps(value)) > VALUE_BYTES_MAX:
        found.append("above 16 KiB")
    return found


def id_fits(event_id, value):
    if value["kind"] == "outcome":
        return event_id == f"{value['request_id']}/outcome"
    if value["kind"] == "receipt":
        return event_id == f"{value['message_id']}/{value['status']}"
    return event_id.startswith(f"{value['request_id']}/check/")


def dead_letter_problems(contract, record):
    # Ours come last, behind the headers as they came, which may repeat or bear the same names.
    headers = dict(header_pairs(record))
    if "replayed-offset" in headers and "error" not in headers:
        found = [f"header {text}" for text in contract.problems("dead-letter-replayed.headers", headers)]
        return found + [f"a mark with a {name}" for name in ("key", "value", "value_base64") if record.get(name) is not None]
    found = [f"header {text}" for text in contract.problems("dead-letter.headers", {k: v for k, v in headers.items() if v is not None})]
    if "value" not in record and "value_base64" not in record:
        found.append("no value, not even null")
    encoded = record.get("value_base64")
    if encoded is not None:
        base64.b64decode(encoded, validate=True)
    elif "value" not in record and headers.get("error") != "too_large":
        found.append("its bytes are missing, and it was not too large")
    return found


def send_code_problems(contract, record):
    headers = dict(header_pairs(record))
    if headers.get("content-type", "").startswith("application/cloudevents+json"):
        return contract.problems("send-code.event", record.get("value"))
    found = [f"header {text}" for text in contract.problems("send-code.headers", headers)]
    return found + contract.problems("send-code", record.get("value"))


def settings_problems(contract, record):
    if record.get("value") is None:
        return [] if record.get("key") else ["a deletion without a key"]
    found = contract.problems("settings", record["value"])
    if not found and record.get("key") != record["value"]["environment_id"]:
        found.append("its key is not the environment id")
    return found
