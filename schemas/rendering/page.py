"""docs/contract.md, whole."""
import re

from . import http, kafka
from .tables import Page

INTRODUCTION = """\
# The contract

What goes over Kafka and HTTP: each topic, record, field, operation, answer and error. `schemas/render` makes this page from
[schemas/](../schemas/README.md): change the schemas, not the page. Whole programs that use it stand in [examples/](examples/README.md).

A field that is not marked as needed may be absent; none is ever null. Unknown fields are ignored on both sides, except in settings.
"""


def render(contract):
    """(text, [(what, [problem, ...]), ...])"""
    page = Page(contract)
    page.add(INTRODUCTION)
    page.add(*contents(contract))
    page.heading(2, "Kafka", "kafka")
    page.paragraph(contract.documents["asyncapi.yaml"]["info"]["description"])
    kafka.topics(page)
    for title, name in (("HTTP", "openapi"), ("The Kinde sender", "kinde-sender.openapi")):
        page.heading(2, title, name)
        http.show(page, name)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(page.lines)).rstrip() + "\n"
    page.look("links on the page", broken_links(text))
    return text, page.problems


def contents(contract):
    topics = [channel["address"] for channel in contract.documents["asyncapi.yaml"]["channels"].values()]
    yield f"- [Kafka](#kafka): {', '.join(f'[{topic}](#{topic})' for topic in topics)}"
    for title, name in (("HTTP", "openapi"), ("The Kinde sender", "kinde-sender.openapi")):
        found = [f"[{method.upper()} {path}](#{http.anchor_of(operation)})"
                 for path, method, _, operation in http.operations(contract.documents[f"{name}.yaml"])]
        yield f"- [{title}](#{name}): {', '.join(found)}"
    yield ""


def broken_links(text):
    anchors = re.findall(r'<a id="([^"]+)">', text)
    twice = {anchor for anchor in anchors if anchors.count(anchor) > 1}
    return [f"leads nowhere: #{each}" for each in sorted(set(re.findall(r"\]\(#([^)]+)\)", text)) - set(anchors))] + [
        f"an anchor twice: {each}" for each in sorted(twice)]
