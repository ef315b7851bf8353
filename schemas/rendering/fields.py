"""A schema as rows: one a field, with its type, limit, need, meaning and example; and the rules that join fields."""
import json
import re
from dataclasses import dataclass, field

# Patterns that read better in words; `^[...]{m,n}$` is told in words by itself, and all others stand as they are.
PATTERN_WORDS = {
    r"^[^\u0000-\u001f\u007f]*$": "no control characters",
    r"^[\x21-\x7e]{1,64}$": "1 to 64 visible ASCII characters",
    r"^[!-~]+$": "visible ASCII characters, no space",
    r"^(0|[1-9][0-9]{0,9})$": "a decimal number",
    r"^(0|[1-9][0-9]{0,18})$": "a decimal number",
    r"^[0-9]+$": "decimal digits",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$": "UTC, with milliseconds and `Z`",
}
FORMAT_WORDS = {"date-time": "RFC 3339", "uri-reference": "a URI reference"}


@dataclass
class Field:
    place: str  # dotted; [] for the entries of a list
    schema: dict  # what holds for it, references followed
    needed: bool
    document: str = ""  # the file it is described in, where that is another one
    words: dict = field(default_factory=dict)  # of an enum, with their meanings

    @property
    def kind(self):
        kinds = self.schema.get("type", "")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        items = self.schema.get("items", {}).get("type")
        return " or ".join(f"list of {items}s" if kind == "array" and isinstance(items, str) else kind for kind in kinds)

    @property
    def meaning(self):
        return self.schema.get("description", "")

    @property
    def example(self):
        """The first one; None if there is none."""
        if self.schema.get("examples"):
            return self.schema["examples"][0]
        return self.schema.get("example", self.schema.get("const"))

    @property
    def limits(self):
        found = limits(self.schema)
        items = self.schema.get("items", {})
        if items.get("type") != "object":
            found += [f"each: {limit}" for limit in limits(items)]
        return found

    def problems(self):
        """What a reader would miss."""
        found = []
        if not self.meaning:
            found.append("no description")
        if self.document:
            return found
        scalar = self.kind in ("string", "integer", "number", "boolean") or self.schema.get("items", {}).get("type") == "string"
        if scalar and self.example is None:
            found.append("no example")
        if self.kind not in ("boolean", "object", "null") and not self.limits:
            found.append("no limit")
        meanings = self.schema.get("x-enumDescriptions")
        if meanings is not None and list(meanings) != self.schema.get("enum"):
            found.append("x-enumDescriptions and enum name other words")
        return found


def merged(contract, base, schema):
    """(document, schema) with the reference followed; what stands beside `$ref` goes before."""
    at, target = contract.resolve(base, schema)
    return at, {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def fields(contract, base, schema, where=""):
    """Every field of an object, nested ones behind their parent."""
    for name, inner in schema.get("properties", {}).items():
        place = f"{where}{name}"
        reference = inner.get("$ref", "")
        at, inner = merged(contract, base, inner)
        whole = reference.endswith(".schema.json")
        if "items" in inner:
            items_at, items = merged(contract, at, inner["items"])
            inner = {**inner, "items": items}
        yield Field(place, inner, name in schema.get("required", []), reference if whole else "", inner.get("x-enumDescriptions", {}))
        if whole:
            continue
        yield from fields(contract, at, inner, f"{place}.")
        if "items" in inner:
            yield from fields(contract, items_at, items, f"{place}[].")


def limits(schema):
    """What bounds a value, in words."""
    found = []
    if "const" in schema:
        found.append(f"always {code(schema['const'])}")
    if "enum" in schema:
        found.append(", ".join(code(word) for word in schema["enum"]))
    if "format" in schema:
        found.append(FORMAT_WORDS.get(schema["format"], schema["format"]))
    if "minLength" in schema or "maxLength" in schema:
        found.append(span(schema.get("minLength"), schema.get("maxLength"), "character"))
    if "pattern" in schema:
        found.append(pattern_words(schema["pattern"]))
    if "minimum" in schema or "maximum" in schema:
        found.append(span(schema.get("minimum"), schema.get("maximum")))
    if "minItems" in schema or "maxItems" in schema:
        found.append(span(schema.get("minItems"), schema.get("maxItems"), "entry"))
    if schema.get("uniqueItems"):
        found.append("none twice")
    if "x-limit" in schema:
        found.append(schema["x-limit"])
    if "default" in schema:
        found.append(f"default {code(schema['default'])}")
    return found


def span(least, most, unit=""):
    """"1 to 64 characters", "at most 12 entries", "from 1"."""
    plural = {"": "", "character": " characters", "entry": " entries"}[unit]
    single = f" {unit}" if unit else ""
    if least is None:
        return f"at most {most}{single if most == 1 else plural}"
    if most is None:
        return f"{least}{single if least == 1 else plural} or more"
    if least == most:
        return f"{least}{single if least == 1 else plural}"
    return f"{least} to {most}{plural}"


def pattern_words(pattern):
    if pattern in PATTERN_WORDS:
        return PATTERN_WORDS[pattern]
    plain = re.fullmatch(r"\^\[([A-Za-z0-9_-]+)\]\{(\d+)(?:,(\d+))?\}\$", pattern)
    if not plain:
        return f"the form {code(pattern)}"
    letters = re.findall(r".-.|.", plain[1])
    count = plain[2] if plain[3] is None else f"{plain[2]} to {plain[3]}"
    return f"{count} of {code(' '.join(letters))}"


def code(value):
    """As Markdown's code: a text as it is, else JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`` {text} ``" if "`" in text else f"`{text}`"
