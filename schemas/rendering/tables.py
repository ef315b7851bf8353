"""Fields and rules as Markdown."""
import json

from .fields import code, fields, merged
from .rules import all_rules

DATA_DIRECTORY = "../schemas"  # as docs/contract.md sees it


class Page:
    """The page as it grows, what is missing on it, and which words and schemas stand on it already."""

    def __init__(self, contract):
        self.contract = contract
        self.lines = []
        self.problems = []  # (what, [problem, ...]) of everything that was looked at
        self.anchors = {}  # of words of an enum, by their meanings
        self.shown = set()  # anchors of schemas

    def add(self, *lines):
        self.lines += lines

    def paragraph(self, *lines):
        self.add(*lines, "")

    def heading(self, level, text, anchor):
        self.paragraph(f'{"#" * level} <a id="{anchor}"></a>{text}')

    def look(self, what, problems):
        self.problems.append((what, problems))

    def block(self, language, text):
        self.paragraph(f"```{language}", text, "```")

    def table(self, head, rows):
        self.add(f"| {' | '.join(head)} |", "|" + " --- |" * len(head))
        for row in rows:
            self.add(f"| {' | '.join(cell(each) for each in row)} |")
        self.add("")

    def schema(self, anchor, base, schema):
        """All of a schema that is an object: fields, rules, words."""
        base, schema = merged(self.contract, base, schema)
        self.shown.add(anchor)
        found = list(fields(self.contract, base, schema))
        joined = list(all_rules(self.contract, base, schema))
        by_rules = {name for rule in joined if not rule.place for name in rule.limited}
        rows = []
        for each in found:
            ruled = not each.limits and each.place in by_rules
            self.look(f"{anchor}.{each.place}", [problem for problem in each.problems() if problem != "no limit" or not ruled])
            limit = f"[as there](#{each.document.removesuffix('.schema.json')})" if each.document else "; ".join(each.limits)
            rows.append((f'<a id="{anchor}.{each.place}"></a>{code(each.place)}', each.kind, "yes" if each.needed else "",
                         "by the rules below" if ruled else limit, each.meaning, code(each.example) if each.example is not None else ""))
        self.table(("field", "type", "needed", "limit", "meaning", "example"), rows)
        if joined:
            self.add(*[f"- Where {rule.where}: {', '.join(rule.effects)}." for rule in joined], "")
        for each in found:
            if each.words and not each.document:
                self.words(f"{anchor}.{each.place}.words", f"The words of {code(each.place)}", each.words)
        for number, rule in enumerate(joined):
            for name, words in rule.words:
                self.words(f"{anchor}.{name}.words.{number}", f"The words of {code(name)} where {rule.where}", words)

    def words(self, anchor, title, words):
        key = json.dumps(words)
        if key in self.anchors:
            self.paragraph(f"{title}: [as above](#{self.anchors[key]}).")
            return
        self.anchors[key] = anchor
        self.paragraph(f'<a id="{anchor}"></a>{title}:')
        self.look(anchor, [f"{word}: no meaning" for word, meaning in words.items() if not meaning])
        self.table(("word", "meaning"), [(code(word), meaning) for word, meaning in words.items()])


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def example_links(contract, folder, but=()):
    """Links to the examples of a folder below schemas/examples."""
    files = [path for path in contract.example_files(*folder.split("/")) if path.name not in but]
    return ", ".join(f"[{path.stem}]({DATA_DIRECTORY}/examples/{folder}/{path.name})" for path in files)


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False)
