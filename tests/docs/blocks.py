"""The fenced blocks of a page: files to write, and commands to run."""

import dataclasses
import re

FENCE = re.compile(r"^( *)```(\w*) ?(.*)$")  # indented within a list
FILE_NAME = re.compile(r"^# ([a-z0-9_/-]+\.yaml)\b")


@dataclasses.dataclass
class Block:
    page: str
    line: int  # of its fence
    language: str
    marks: list  # what stands behind the language: `exit=0,1`, `background`
    text: str

    @property
    def where(self):
        return f"{self.page}:{self.line}"

    @property
    def file(self):
        """Where a `yaml` block belongs; None if it says nothing of that."""
        found = FILE_NAME.match(self.text)
        return found[1] if found and self.language == "yaml" else None

    @property
    def exits(self):
        for mark in self.marks:
            name, _, values = mark.partition("=")
            if name == "exit":
                return {int(value) for value in values.split(",")}
        return {0}


def read_blocks(page, text):
    out, open_block, indent = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if open_block is None and fence:
            indent = fence[1]
            open_block = Block(page, number, fence[2], fence[3].split(), "")
        elif open_block is not None and line == f"{indent}```":
            out.append(open_block)
            open_block = None
        elif open_block is not None:
            open_block.text += line.removeprefix(indent) + "\n"
    if open_block is not None:
        raise ValueError(f"{open_block.where}: the block has no end")
    return out
