"""The operations of an OpenAPI document."""
import json
import urllib.parse

from contract.shared import load

from .fields import Field, code, merged
from .tables import DATA_DIRECTORY

METHODS = ("get", "post", "put", "patch", "delete")


def operations(document):
    """(path, method, item, operation) of all, in their order."""
    return [(path, method, item, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item]


def anchor_of(operation):
    return operation["operationId"]


def show(page, name):
    """All of a document; `name` is its file's without .yaml."""
    base = f"{name}.yaml"
    document = page.contract.documents[base]
    page.paragraph(document["info"]["description"])
    scheme = next(iter(document["components"]["securitySchemes"].values()))
    if "description" in scheme:
        page.paragraph(f"Tokens: `Authorization: Bearer {scheme['bearerFormat']}`. {scheme['description']}")
    for path, method, item, operation in operations(document):
        Operation(page, name, path, method, item, operation).show()


class Operation:
    def __init__(self, page, name, path, method, item, operation):
        self.page = page
        self.name = name
        self.base = f"{name}.yaml"
        self.document = page.contract.documents[self.base]
        self.path = path
        self.method = method.upper()
        self.operation = operation
        self.server = (item.get("servers") or self.document["servers"])[0]
        self.parameters = [self._resolve(each) for each in [*item.get("parameters", []), *operation.get("parameters", [])]]
        self.title = f"{self.method} {path}"

    def show(self):
        self.page.heading(3, f"{self.method} `{self.path}`", anchor_of(self.operation))
        self.page.look(self.title, [] if self.operation.get("summary") else ["no summary"])
        self.page.paragraph(" ".join([self.operation["summary"], self.operation.get("description", "")]).strip())
        security = self.operation.get("security", self.document.get("security"))
        self.page.paragraph(f"At {code(self.server['url'])}: {self.server['description']} {'With' if security else 'Without'} a token.")
        self._parameters()
        self._body()
        self._answers()
        self._example()

    def _resolve(self, node):
        return merged(self.page.contract, self.base, node)[1]

    def _parameters(self):
        rows = []
        for each in self.parameters:
            field = self._field(each["name"], each, each["required"])
            rows.append((code(field.place), each["in"], "yes" if field.needed else "", "; ".join(field.limits), field.meaning,
                         code(field.example)))
        if rows:
            self.page.table(("parameter", "in", "needed", "limit", "meaning", "example"), rows)

    def _field(self, name, node, needed=True):
        """A parameter or header as a field: its description and example go before its schema's."""
        schema = self._resolve(node["schema"])
        example = {"examples": [node["example"]]} if "example" in node else {}
        field = Field(name, {**schema, "description": node.get("description", ""), **example}, needed)
        found = field.problems()
        self.page.look(f"{self.title}: {name}", found)
        return field

    def _body(self):
        body = self.operation.get("requestBody")
        if not body:
            return
        for media, content in body["content"].items():
            self.page.paragraph(f"Body, {code(media)}: {self._described(content['schema'])} {body.get('description', '')}".strip())
            self._schema(content["schema"])

    def _described(self, schema):
        """A component's description, with a link where its table stands elsewhere."""
        anchor = self._anchor(schema)
        described = self._resolve(schema).get("description", "")
        return f"[as above](#{anchor})." if anchor in self.page.shown else described

    def _anchor(self, schema):
        return f"{self.name}.{schema.get('$ref', '').rsplit('/', 1)[-1]}"

    def _schema(self, schema):
        anchor = self._anchor(schema)
        if "$ref" in schema and anchor not in self.page.shown:
            self.page.paragraph(f'<a id="{anchor}"></a>')
            self.page.schema(anchor, self.base, schema)

    def _answers(self):
        rows, bodies = [], []
        for status, answer in self.operation["responses"].items():
            answer = self._resolve(answer)
            headers = [self._header(name, node) for name, node in answer.get("headers", {}).items()]
            examples = []
            for media, content in answer.get("content", {}).items():
                examples = list(self._answer_examples(status, content))
                self.page.look(f"{self.title}: {status}", [] if examples else ["no example"])
                bodies.append(content["schema"])
            self.page.look(f"{self.title}: {status}", [] if answer.get("description") else ["no description"])
            rows.append((code(status), answer["description"], " ".join(headers), " ".join(code(each) for each in examples) or "no body"))
        self.page.table(("answer", "when", "headers", "body"), rows)
        for schema in bodies:
            anchor = self._anchor(schema)
            if "$ref" in schema and anchor not in self.page.shown:
                self.page.paragraph(f"{code(anchor.rsplit('.', 1)[-1])}: {self._described(schema)}")
                self._schema(schema)

    def _header(self, name, node):
        field = self._field(name, self._resolve(node))
        return f"{code(f'{name}: {field.example}')}, {'; '.join(field.limits)}: {field.meaning}"

    def _answer_examples(self, status, content):
        """As one line each. A problem tells its status, so the files that are of another are not of this answer."""
        named = [each["value"] for each in content.get("examples", {}).values()]
        if "example" in content:
            named.append(content["example"])
        if not named and "$ref" in content["schema"]:
            named = [value for value in map(load, self._example_files(content["schema"])) if value.get("status") in (int(status), None)
                     or not isinstance(value["status"], int)]
        for value in named:
            yield value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _example_files(self, schema):
        component = schema["$ref"].rsplit("/", 1)[-1]
        return [path for path in self.page.contract.example_files(self.name) if path.name.startswith(f"{component}.")]

    def _example(self):
        values = {each["name"]: self._field(each["name"], each).example for each in self.parameters}
        path = self.path.format(**values)
        query = {each["name"]: values[each["name"]] for each in self.parameters if each["in"] == "query"}
        lines = [f"{self.method} {path}{'?' + urllib.parse.urlencode(query) if query else ''}"]
        lines += [f"{each['name']}: {values[each['name']]}" for each in self.parameters if each["in"] == "header"]
        if self.operation.get("security", self.document.get("security")):
            lines.append("Authorization: Bearer …")
        body = self.operation.get("requestBody")
        if body:
            media, content = next(iter(body["content"].items()))
            file = self._example_files(content["schema"])[-1]
            value = load(file)
            text = json.dumps(value, ensure_ascii=False) if media.endswith("json") else urllib.parse.urlencode(value)
            lines += [f"Content-Type: {media}", "", text]
            self.page.paragraph(f"Example, its body from [{file.stem}]({DATA_DIRECTORY}/examples/{self.name}/{file.name}):")
        else:
            self.page.paragraph("Example:")
        self.page.block("http", "\n".join(lines))
