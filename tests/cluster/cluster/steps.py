"""All steps, and which of the page's commands are not run, and why."""

from . import steps_first, steps_later  # noqa: F401  # what they hold is entered into STEPS
from .document import PAGE, read_commands
from .step import STEPS

NOT_RUN = {
    "buildah bud -t localhost/sendcode:0.1.0 -f deploy/Dockerfile .": "deploy/image/check builds the image",
    "kind load docker-image localhost/sendcode:0.1.0": "kwok's nodes run no image; deploy/image/check runs the pod's",
    "sendcode tokens new": "make-secrets runs it",
}


def is_part(words, of):
    """Whether all words stand in the other command, in this order."""
    rest = iter(of.split())
    return all(word in rest for word in words.split())


def accounts(text=None):
    """The page's commands with what is done about each: (command, step or None, reason or None); ValueError for one
    that nobody knows, and for a step that the page doesn't have."""
    found, unknown = [], []
    left = set(STEPS) | {(None, command) for command in NOT_RUN}
    commands = read_commands(PAGE.read_text() if text is None else text)
    for command in commands:
        known = STEPS.get((command.section, command.text))
        reason = NOT_RUN.get(command.text)
        left -= {(command.section, command.text), (None, command.text)}
        if known is None and reason is None and command.in_sentence:
            whole = next((text for _, text in STEPS if is_part(command.text, text)), None)
            reason = whole and f"a part of `{whole}`, which is run"
        if known is None and reason is None:
            unknown.append(f"docs/kubernetes.md:{command.line}: nobody runs, and no reason is given: {command.text}")
        found.append((command, known, reason))
    unknown += [f"steps.py has what docs/kubernetes.md has not: {command}" for _, command in sorted(left, key=str)]
    if unknown:
        raise ValueError("\n".join(unknown))
    return found
