"""Good examples are valid; each bad one is invalid for the one reason that its name says.

A bad example is called <field>.<what is wrong>[.<note>].json or .yaml; the field of a nested one is written with dots, `document` is the whole. That of a body
of HTTP has its component before the field.
"""
from . import messages
from .shared import load

WORDS = {
    "missing": "required",
    "unknown": "additionalProperties",
    "wrong_type": "type",
    "wrong_form": "pattern",
    "wrong_format": "format",
    "too_short": "minLength",
    "too_long": "maxLength",
    "too_small": "minimum",
    "too_large": "maximum",
    "too_few": "minItems",
    "too_many": "maxItems",
    "repeated": "uniqueItems",
    "not_in_list": "enum",
    "not_the_one": "const",
    "not_allowed": "not",
}
DOCUMENTS = ["send-code", "send-code.event", "delivery-status", "settings"]
SETTINGS_LINE = "# yaml-language-server: $schema="


def check(contract, report):
    for name in DOCUMENTS:
        report.files(f"examples of {name}", contract.example_files(name), lambda path: contract.problems(name, load(path)))
    for name in ("openapi", "kinde-sender.openapi"):
        report.files(f"examples of {name}", contract.example_files(name), lambda path: body_problems(contract, name, path))
    report.files("examples of whole records", contract.example_files("records"), lambda path: messages.problems(contract, load(path)))
    settings = [*contract.example_files("settings"), *contract.example_files("invalid", "settings")]
    report.files("settings examples name their schema", settings, lambda path: schema_line_problems(contract, path))
    if not report.failed:
        report.group("examples cover every variant", coverage(contract))
    for name in DOCUMENTS:
        bad = contract.example_files("invalid", name)
        report.files(f"bad examples of {name} are bad for the reason they say", bad, lambda path: wrongly_bad(contract.validator(name), path.stem, path))
    bad = contract.example_files("invalid", "openapi")
    report.files("bad examples of openapi are bad for the reason they say", bad, lambda path: wrongly_bad_body(contract, path))


def body_problems(contract, name, path):
    """Bodies of HTTP: <component>.<note>.json."""
    return contract.problems(name, load(path), f"/components/schemas/{path.name.split('.')[0]}")


def wrongly_bad_body(contract, path):
    component, _, rest = path.stem.partition(".")
    return wrongly_bad(contract.validator("openapi", f"/components/schemas/{component}"), rest, path)


def wrongly_bad(validator, says, path):
    """Empty if the example is refused for the one reason that its name says."""
    parts = says.split(".")
    at = next((index for index, part in enumerate(parts) if part in WORDS), None)
    if not at:
        return ["its name says no reason"]
    expected = (".".join(parts[:at]), WORDS[parts[at]])
    found = [reason(error) for error in validator.iter_errors(load(path))]
    if not found:
        return ["it is valid"]
    if expected[1] == "type":  # what is of another type stands in no list either
        found = [each for each in found if each == expected or each != (expected[0], "enum")]
    return [f"{field}: {keyword}, not as its name says" for field, keyword in found if (field, keyword) != expected]


def reason(error):
    """(field, keyword) of an error; the field is the one that is missing or unknown, where it is about that."""
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance and f"'{key}'" in error.message]
        path += missing
    elif error.validator == "additionalProperties":
        path += [key for key in error.instance if key not in error.schema.get("properties", {})]
    return ".".join(path) or "document", error.validator


def coverage(contract):
    statuses = [load(path) for path in contract.example_files("delivery-status")]
    seen = {(status["kind"], status["status"]) for status in statuses}
    wanted = {("outcome", word) for word in ("sent", "rejected", "expired", "failed")}
    wanted |= {("receipt", "delivered"), ("receipt", "undelivered"), ("check", "approved"), ("check", "incorrect")}
    purposes = {load(path)["purpose"] for path in contract.example_files("send-code")}
    senders = {status.get("sender") for status in statuses}
    records = [load(path) for path in contract.example_files("records")]
    settings = [load(path)["sms"].get("twilio", {}).get("source") for path in contract.example_files("settings")]
    return [
        ("kinds and statuses", [f"no example: {' '.join(each)}" for each in sorted(wanted - seen)]),
        ("purposes", [f"no example: {each}" for each in {"sign_in", "mfa"} - purposes]),
        ("senders", [f"no example: {each}" for each in {"twilio", "kinde", "test"} - senders]),
        ("topics", [f"no record: {each}" for each in messages.TOPICS if each not in {record["topic"] for record in records}]),
        ("settings", [f"no example: {each}" for each in (None, "phone_number", "messaging_service") if each not in settings]),
    ]


def schema_line_problems(contract, path):
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    target = path.parent / first.removeprefix(SETTINGS_LINE)
    if first.startswith(SETTINGS_LINE) and target.resolve() == contract.folder / "settings.schema.json":
        return []
    return [f"its first line is not {SETTINGS_LINE} and the schema's path"]
