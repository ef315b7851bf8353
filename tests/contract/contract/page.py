"""docs/contract.md: what schemas/render makes of the documents, whole, and every field told in full."""
import difflib
import re

from rendering.page import render


def check(contract, report, page):
    text, looked_at = render(contract)
    report.group("every field on the page has description, limit and example", looked_at)
    files = sorted(set(re.findall(r"\]\(([^)#]+)\)", text)))
    report.group("every file that the page leads to is there", [(file, [] if (page.parent / file).exists() else ["missing"]) for file in files])
    report.group(f"{page.name} is what schemas/render makes", [(page.name, differences(page, text))])


def differences(page, text):
    if not page.exists():
        return ["it is not there: run schemas/render"]
    now = page.read_text(encoding="utf-8")
    changed = [line for line in difflib.unified_diff(now.splitlines(), text.splitlines(), lineterm="", n=0) if line[:1] in "+-"][2:]
    return [f"{len(changed)} lines differ, the first: {changed[0]}: run schemas/render"] if changed else []
