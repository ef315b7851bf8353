"""The topics of asyncapi.yaml, with their messages."""
import base64

from contract.shared import load
from jsonschema import Draft202012Validator

from .fields import Field, code
from .tables import DATA_DIRECTORY, example_links, pretty

DAY_MS = 24 * 60 * 60 * 1000
ASYNCAPI = "asyncapi.yaml"


def topics(page):
    document = page.contract.documents[ASYNCAPI]
    for name, channel in document["channels"].items():
        topic(page, document, name, channel)


def topic(page, document, name, channel):
    page.heading(3, channel["address"], channel["address"])
    told = [operation["summary"] for operation in document["operations"].values() if operation["channel"]["$ref"].endswith(f"/{name}")]
    page.paragraph(channel["description"], *told)
    page.look(f"topic {channel['address']}", [] if told and channel.get("description") else ["no description"])
    configuration = channel["bindings"]["kafka"]["topicConfiguration"]
    kept = configuration.get("retention.ms")
    kept = f", `retention.ms={kept}` ({kept // DAY_MS} days)" if kept else ""
    page.paragraph(f"`cleanup.policy={','.join(configuration['cleanup.policy'])}`{kept}.")
    for key, message in channel["messages"].items():
        show_message(page, channel["address"], f"message.{key}", page.contract.resolve(ASYNCAPI, message)[1])


def show_message(page, address, anchor, message):
    page.heading(4, message["title"], anchor)
    key = Field("key", message["bindings"]["kafka"]["key"], False)
    page.look(f"key of {address}", [each for each in key.problems() if each != "no limit" or address == "sms.delivery-status"])
    page.paragraph(f"Key: {key.meaning}{' Limit: ' + '; '.join(key.limits) + '.' if key.limits else ''}"
                   f"{f' Example: {code(key.example)}.' if key.example is not None else ''}")
    for part, title in (("headers", "Headers"), ("payload", "Value")):
        show_part(page, message, part, title, anchor)
    found = [(path, record) for path, record in records(page.contract, address) if fits(page.contract, message, record)]
    page.look(anchor, [] if found else ["no example of a whole record"])
    for path, record in found:
        page.paragraph(f"Example, [{path.stem}]({DATA_DIRECTORY}/examples/records/{path.name}):")
        page.block("text", as_text(record))
    folder = message["payload"].get("schema", {}).get("$ref", "").removeprefix("./").removesuffix(".schema.json")
    if folder:
        page.paragraph(f"More of them: {example_links(page.contract, folder)}. What is refused, and why: "
                       f"[invalid/{folder}]({DATA_DIRECTORY}/examples/invalid/{folder}).")


def records(contract, address):
    """(file, record) of the examples of a topic."""
    loaded = [(path, load(path)) for path in contract.example_files("records")]
    return [(path, record) for path, record in loaded if record["topic"] == address]


def fits(contract, message, record):
    """Whether a record is one of this message: by its headers, which differ where a topic has several messages."""
    schema = message.get("headers", {}).get("schema")
    if schema is None:
        return True
    file = schema.get("$ref", "").removeprefix("./").removesuffix(".schema.json")
    if file:
        return not contract.problems(file, record["headers"])
    return Draft202012Validator(schema).is_valid(record["headers"])


def show_part(page, message, part, title, anchor):
    body = message.get(part)
    if body is None:
        return
    schema = body.get("schema")
    if schema is None:
        page.paragraph(f"{title}: {body['description']}")
        return
    file = schema.get("$ref", "").removeprefix("./")
    if file:
        anchor = file.removesuffix(".schema.json")
        schema = page.contract.documents[file]
        page.paragraph(f'<a id="{anchor}"></a>{title}, [{file}]({DATA_DIRECTORY}/{file}): {schema["description"]}')
    else:
        anchor = f"{anchor}.{part}"
        page.paragraph(f"{title}:")
    page.schema(anchor, file or ASYNCAPI, schema)


def as_text(record):
    lines = [f"key: {record['key']}" if record["key"] is not None else "(no key)"]
    lines += [f"{name}: {value}" for name, value in record["headers"].items()]
    encoded = record.get("value_base64")
    value = pretty(record["value"]) if record.get("value") is not None else base64.b64decode(encoded).decode() if encoded else "(no value)"
    return "\n".join([*lines, "", value])
