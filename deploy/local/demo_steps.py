"""Steps that the demo's scenes share."""

import re
import secrets

from demo_clients import DemoError, event
from servers import until

OUTCOME_S = 15  # for the outcome of one event
STRUCTURED = {"content-type": "application/cloudevents+json"}


def new_challenge():
    return secrets.token_urlsafe(18)


class Steps:
    def __init__(self, world, report):
        self.world, self.report = world, report
        self.connection_id = world.sendcode.settings()["connection_id"]
        self.codes = set()  # all that were ever texted

    def send(self, phone, challenge, **options):
        """Sends by the command line; the outcome as Kafka's consumers see it."""
        before = self.world.kafka.outcomes({challenge}).keys()
        code = self.world.sendcode.send(phone, challenge, **options)
        outcome = self.outcome(challenge, before)
        self.report.check(
            f"`sendcode send --wait` ends with {0 if outcome['status'] == 'sent' else 1}",
            code,
            0 if outcome["status"] == "sent" else 1,
        )
        return outcome

    def produce(self, phone, challenge, **changes):
        """Writes the event to Kafka; the outcome."""
        before = self.world.kafka.outcomes({challenge}).keys()
        self.world.kafka.produce(
            "sms.send-code", [(phone, event(phone, challenge, self.connection_id, **changes))], STRUCTURED
        )
        return self.outcome(challenge, before)

    def outcome(self, challenge, before):
        def new():
            return [data for name, data in self.world.kafka.outcomes({challenge}).items() if name not in before]

        outcome = until(new, OUTCOME_S, "the event's outcome on sms.delivery-status")[0]
        words = [outcome["status"], outcome.get("reason"), outcome.get("sender") and f"by {outcome['sender']}"]
        told = " ".join(word for word in words if word)
        self.report.say(f"status on Kafka: {told}, phone {outcome.get('phone_number', 'not shown')}")
        return outcome

    def text(self, phone):
        """The newest text on that phone, and its code."""
        texts = self.world.phones.texts(phone)
        if not texts:
            raise DemoError(f"no text has arrived on {phone}")
        body = texts[-1]["body"]
        self.report.say(f"phone {phone}: “{body}”")
        found = re.search(r"\b[0-9]{6}\b", body)
        if not found:
            raise DemoError("the text holds no code of six digits")
        self.codes.add(found[0])
        return texts[-1], found[0]

    def expect(self, outcome, told, *wanted):
        """`wanted`: the outcome's status, and its reason if there is one."""
        reason = (outcome["reason"],) if "reason" in outcome else ()
        self.report.check(told, (outcome["status"], *reason), wanted)
