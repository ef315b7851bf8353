"""The topics of asyncapi.yaml, with their messages."""
import base64

from contract.shared import load

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
    page.paragraph(f"`cleanup.policy={','.join(configuration['cleanup.policy'])}`" + (f", `retention.ms={kept}` ({kept // DAY_MS} days)." if kept else "."))
    messages = [page.contract.resolve(ASYNCAPI, message)[1] for message in channel["messages"].values()]
    for message in messages:
        show_message(page, channel["address"], message, only=len(messages) == 1)


def show_message(page, address, message, only):
    # One schema, one anchor: that of its file.
    if not only:
        page.heading(4, message["title"], f"{address}.{message['contentType'].split('/')[-1]}")
    else:
        page.paragraph(f"**{message['title']}.**")
    key = Field("key", message["bindings"]["kafka"]["key"], False)
    page.look(f"key of {address}", [each for each in key.problems() if each != "no limit" or address == "sms.delivery-status"])
    page.paragraph(f"Key: {key.meaning}{' Limit: ' + '; '.join(key.limits) + '.' if key.limits else ''}"
                   f"{f' Example: {code(key.example)}.' if key.example is not None else ''}")
    for part, title in (("headers", "Headers"), ("payload", "Value")):
        show_part(page, message, part, title, f"{address}.{message['contentType'].split('/')[-1]}")
    for path in page.contract.example_files("records"):
        record = load(path)
        if record["topic"] == address and (only or record["headers"]["content-type"] == message["contentType"]):
            page.paragraph(f"Example, [{path.stem}]({DATA_DIRECTORY}/examples/records/{path.name}):")
            page.block("text", as_text(record))
    folder = message["payload"].get("schema", {}).get("$ref", "").removeprefix("./").removesuffix(".schema.json")
    if folder:
        page.paragraph(f"More of them: {example_links(page.contract, folder)}. What is refused, and why: "
                       f"[invalid/{folder}]({DATA_DIRECTORY}/examples/invalid/{folder}).")


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
    if "value" in record:
        return "\n".join([*lines, "", pretty(record["value"])])
    encoded = record["value_base64"]
    return "\n".join([*lines, "", base64.b64decode(encoded).decode() if encoded else "(no value)"])
