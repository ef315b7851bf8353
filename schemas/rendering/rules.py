"""What a schema says of fields together: `if`, `then`, `else`, as sentences."""
from dataclasses import dataclass, field

from .fields import code, limits, merged


@dataclass
class Rule:
    conditions: list  # all of them hold
    effects: list
    words: list = field(default_factory=list)  # (field, meanings) of enums
    limited: set = field(default_factory=set)  # fields that it bounds
    place: str = ""  # of the object that it is about; empty: the whole

    @property
    def where(self):
        inside = f"in {code(self.place)} " if self.place else ""
        return inside + " and ".join(self.conditions)


def all_rules(contract, base, schema, where=""):
    """Those of a schema and of the objects inside it, other documents left out."""
    for rule in rules(contract, base, schema):
        rule.place = where
        yield rule
    for name, inner in schema.get("properties", {}).items():
        if inner.get("$ref", "").endswith(".schema.json"):
            continue
        at, inner = merged(contract, base, inner)
        place = f"{where}.{name}".lstrip(".")
        yield from all_rules(contract, at, inner, place)
        if "items" in inner:
            yield from all_rules(contract, *merged(contract, at, inner["items"]), f"{place}[]")


def rules(contract, base, schema, conditions=()):
    """Every rule of a schema, those inside other rules too."""
    for part in [schema, *schema.get("allOf", [])]:
        if "if" not in part:
            continue
        for branch, holds in (("then", True), ("else", False)):
            if branch in part:
                at, then = contract.resolve(base, part[branch])
                yield from rules_of(contract, at, then, [*conditions, condition(part["if"], holds)])


def rules_of(contract, base, schema, conditions):
    rule = Rule(conditions, [])
    if schema.get("required"):
        names = schema["required"]
        rule.effects.append(f"{listed(code(name) for name in names)} {'is' if len(names) == 1 else 'are'} needed")
    absent = [code(name) for name, inner in schema.get("properties", {}).items() if inner.get("not") == {}]
    if absent:
        rule.effects.append(f"no {listed(absent, 'or')}")
    for name, inner in schema.get("properties", {}).items():
        _, inner = contract.resolve(base, inner)
        found = limits(inner)
        if not found:
            continue
        rule.limited.add(name)
        meanings = inner.get("x-enumDescriptions")
        if meanings:
            rule.words.append((name, meanings))
            rule.effects.append(f"{code(name)} has the words below")
        else:
            rule.effects.append(f"{code(name)} is {' and '.join(found)}")
    if rule.effects:
        yield rule
    yield from rules(contract, base, schema, conditions)


def condition(schema, holds):
    """`purpose` is `mfa`."""
    fields = schema.get("properties", {})
    found = [f"{code(name)} is {'' if holds else 'not '}there" for name in schema.get("required", []) if name not in fields]
    for name, inner in fields.items():
        wanted = holds
        if "not" in inner:
            inner, wanted = inner["not"], not wanted
        if "pattern" in inner:
            found.append(f"{code(name)} is {'' if wanted else 'not '}of the form {code(inner['pattern'])}")
            continue
        words = [code(word) for word in inner.get("enum", [inner.get("const")])]
        found.append(f"{code(name)} is {'' if wanted else 'not '}{listed(words, 'or')}")
    return " and ".join(found)


def listed(words, last="and"):
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
