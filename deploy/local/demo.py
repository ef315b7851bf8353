"""The demo's scenes, each told and checked; deploy/local/demo runs this. Python's standard library alone."""

import argparse
import datetime
import fcntl
import json
import re
import secrets
import signal
import sys
import time

from demo_clients import DemoError, event, until
from demo_report import Report, print_commands
from demo_world import DIRECTORY, STATE, World, end_everything

OUTCOME_S = 15  # for the outcome of one event
CRASH_EVENTS = 200
CRASH_S = 90  # until the last of those has ended: the group's session, a lease, and asking Twilio

# No person has these: Australia's range for fiction, and Twilio's and the sandbox's magic numbers.
FIRST, SECOND, OUTAGE, LATE = "+61491570006", "+61491570156", "+61491570157", "+61491570158"
SAYS_LANDLINE, OPTED_OUT = "+15005550010", "+15005550004"
LANDLINE = "+61255501234"

STRUCTURED = {"content-type": "application/cloudevents+json"}


def new_challenge():
    return secrets.token_urlsafe(18)


class Demo:
    def __init__(self, world, report):
        self.world, self.report = world, report
        self.codes = set()  # all that were ever texted

    # --- steps that scenes share

    def send(self, phone, challenge):
        """Sends by the command line; the outcome as Kafka's consumers see it."""
        before = self.world.kafka.outcomes({challenge}).keys()
        code = self.world.sendcode.send(phone, challenge)
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

    # --- scenes

    def a_code_arrives(self):
        self.report.scene("A code is asked for, and arrives")
        self.challenge = new_challenge()
        outcome = self.send(FIRST, self.challenge)
        text, self.code = self.text(FIRST)
        self.report.check("the outcome is sent", outcome["status"], "sent")
        self.report.check("by Twilio", (outcome["sender"], text["sender"]), ("twilio", "twilio"))
        self.report.check("under the id that Twilio gave the text", outcome.get("message_id"), text["sid"])
        self.report.check("the text is the product's fixed one", text["body"], f"Your verification code is {self.code}")
        self.report.check("one text, not two", len(self.world.phones.texts(FIRST)), 1)
        self.report.check("the status shows no whole phone number", FIRST.lstrip("+") in json.dumps(outcome), False)

    def guesses(self):
        self.report.scene("A wrong guess, the right one, and the right one again")
        wrong = f"{(int(self.code) + 1) % 1_000_000:06}"
        for told, code, wanted in (
            ("a wrong code", wrong, {"status": "incorrect", "attempts_left": 4}),
            ("the right code", self.code, {"status": "approved"}),
            ("the right code a second time", self.code, {"status": "not_found"}),
        ):
            answer = self.world.sendcode.check(FIRST, self.challenge, code)
            self.report.check(f"{told}: {wanted['status']}", {name: answer.get(name) for name in wanted}, wanted)

    def a_resend(self):
        self.report.scene("“I didn't get it”: the same code again")
        self.challenge = new_challenge()
        self.report.check("the first is sent", self.send(SECOND, self.challenge)["status"], "sent")
        first = self.text(SECOND)[1]
        self.report.check("the second is sent", self.send(SECOND, self.challenge)["status"], "sent")
        self.report.check("with the same code", self.text(SECOND)[1], first)

    def a_limit(self):
        self.report.scene("A third within the minute is more than this environment's limit of two a phone")
        outcome = self.send(SECOND, self.challenge)
        self.report.check(
            "it is rejected", (outcome["status"], outcome.get("reason")), ("rejected", "rate_limited.phone")
        )
        self.report.check("the status says when to try again", 0 < outcome.get("retry_after_s", 0) <= 60)
        self.report.check("no third text", len(self.world.phones.texts(SECOND)), 2)

    def refused_numbers(self):
        self.report.scene("A landline, and somebody who has opted out")
        outcome = self.send(LANDLINE, new_challenge())
        self.report.check(
            "a number that is plainly a landline is rejected",
            (outcome["status"], outcome.get("reason")),
            ("rejected", "unsupported_number_type"),
        )
        self.report.check("and no sender was asked", outcome.get("attempts", []), [])
        for phone, told, reason in (
            (SAYS_LANDLINE, "one that only Twilio knows for a landline", "recipient_unreachable"),
            (OPTED_OUT, "one that has opted out", "recipient_opted_out"),
        ):
            outcome = self.send(phone, new_challenge())
            self.report.check(f"{told}: failed", (outcome["status"], outcome.get("reason")), ("failed", reason))
            senders = [attempt["sender"] for attempt in outcome.get("attempts", [])]
            self.report.check(
                "asked once, and not walked around by the other sender",
                (senders, self.world.phones.texts(phone)),
                (["twilio"], []),
            )

    def too_late(self):
        self.report.scene("An event that has waited for 20 minutes")
        asked = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
        outcome = self.produce(LATE, new_challenge(), asked=asked)
        self.report.check("it is expired", (outcome["status"], outcome.get("reason")), ("expired", "too_old"))
        self.report.check("nobody gets a stale code", self.world.phones.texts(LATE), [])

    def broken_event(self):
        self.report.scene("Something that is no event")
        broken = '{"environment_id": "env_demo", "phone_number": '
        headers = {
            "ce_specversion": "1.0",
            "ce_id": "broken-1",
            "ce_source": "/demo",
            "ce_type": "io.sendcode.send-code.v1",
        }
        self.world.kafka.produce("sms.send-code", [(LATE, broken)], {**headers, "content-type": "application/json"})
        letters = self.world.kafka.records["sms.send-code.dead-letter"]
        letter = until(lambda: letters and letters[0], OUTCOME_S, "the dead letter")
        self.report.say(
            f"dead letter: {letter['headers'].get('error')}, {letter['headers'].get('error-detail', 'without detail')}"
        )
        self.report.check("it is a dead letter, with its reason", letter["headers"].get("error"), "invalid_json")
        self.report.check("its bytes are as they came", letter["payload"], broken)
        self.report.check("it says where it came from", letter["headers"].get("source-topic"), "sms.send-code")
        self.report.check("the next event goes through", self.produce(LATE, new_challenge())["status"], "sent")
        self.text(LATE)

    def an_outage(self):
        self.report.scene("Twilio goes down: the Kinde sender takes over")
        self.world.phones.fault(target="twilio", kind="refuse")
        challenge = new_challenge()
        outcome = self.send(OUTAGE, challenge)
        text, code = self.text(OUTAGE)
        self.report.check("the outcome is sent", outcome["status"], "sent")
        self.report.check(
            "by Kinde, and says that it failed over", (outcome["sender"], outcome.get("failed_over")), ("kinde", True)
        )
        self.report.check("one text, from Kinde", (text["sender"], len(self.world.phones.texts(OUTAGE))), ("kinde", 1))
        self.report.check("its code is right", self.world.sendcode.check(OUTAGE, challenge, code)["status"], "approved")
        self.world.phones.clear_faults()
        self.report.say("Twilio is back")

    def a_crash(self):
        self.report.scene(f"A worker is killed in the middle of {CRASH_EVENTS} events")
        # Each phone in a prefix of its own, so that no limit stands in the way.
        phones = {new_challenge(): f"+614{number:03}{70000 + number}" for number in range(CRASH_EVENTS)}
        before = self.world.phones.total()
        # Slow senders, both of them: Twilio's circuit breaker may still be open from the outage.
        for sender in ("twilio", "kinde"):
            self.world.phones.fault(target=sender, kind="latency", delay_ms=200)
        lines = [(phone, event(phone, challenge, self.connection_id)) for challenge, phone in phones.items()]
        self.world.kafka.produce("sms.send-code", lines, STRUCTURED)
        until(lambda: self.world.phones.total() - before >= CRASH_EVENTS // 3, 30, "a third of the texts")
        self.world.kill_worker()
        texted, settled = self.world.phones.total() - before, len(self.world.kafka.outcomes(phones))
        self.report.say(f"SIGKILL: {texted} texts are out, {settled} events have their outcome")
        self.report.check("it was in the middle", settled < texted < CRASH_EVENTS)
        self.world.phones.clear_faults()
        self.world.start_worker()
        self.await_outcomes(phones)
        outcomes = self.world.kafka.outcomes(phones).values()
        ended = {}
        for outcome in outcomes:
            ended.setdefault(outcome["challenge_id"], []).append(outcome)
        self.report.check("every event has one outcome", sorted(map(len, ended.values())), [1] * CRASH_EVENTS)
        self.report.check("each of them is sent", {outcome["status"] for outcome in outcomes}, {"sent"})
        counts = self.world.phones.by_recipient()
        flagged = {phones[outcome["challenge_id"]] for outcome in outcomes if outcome.get("possible_duplicate")}
        self.report.check("every phone has its text", [phone for phone in phones.values() if not counts.get(phone)], [])
        twice = [phone for phone in phones.values() if counts.get(phone, 0) > 1 and phone not in flagged]
        self.report.check("none has two, unless its status says that it may", twice, [])
        texts = sum(counts.get(phone, 0) for phone in phones.values())
        self.report.say(f"{texts} texts for {CRASH_EVENTS} events, {len(flagged)} marked possible_duplicate")

    def await_outcomes(self, challenges):
        begin, told = time.monotonic(), 0

        def ended():
            nonlocal told
            count, waited = len(self.world.kafka.outcomes(challenges)), time.monotonic() - begin
            if waited >= told + 5:
                told = waited
                why = "the dead worker's session and leases run out"
                self.report.say(f"{count} of {len(challenges)} have ended ({waited:.0f} s: {why})")
            return count >= len(challenges)

        until(ended, CRASH_S, f"{len(challenges)} outcomes")

    def no_code_anywhere(self):
        self.report.scene("What was never written down, and the end")
        written = [(self.world.directory / "worker.log").read_text(errors="replace")]
        written += [record["payload"] for topic in self.world.kafka.records.values() for record in topic]
        found = [
            code
            for code in self.codes
            if any(re.search(rf"(?<![0-9a-f.]){code}(?![0-9a-f])", text) for text in written)
        ]
        self.report.check(
            f"none of {len(self.codes)} codes stands in the worker's log, a status or a dead letter", len(found), 0
        )

    def play(self):
        self.connection_id = self.world.sendcode.connection_id()
        self.a_code_arrives()
        self.guesses()
        self.a_resend()
        self.a_limit()
        self.refused_numbers()
        self.too_late()
        self.broken_event()
        self.an_outage()
        self.a_crash()
        self.no_code_anywhere()

    def drain(self):
        self.report.check("told to stop, the worker drains and exits 0", self.world.drain_worker(), 0)


def stop_kept():
    if not STATE.exists():
        print("demo: nothing was left running")
        return 0
    end_everything(json.loads(STATE.read_text()))
    print("demo: ended what was left running")
    return 0


def run(options, report):
    """Plays it; whether everything is to be left running."""
    world = World(options.programs, options.kafka == "real", report.say)
    keep = False
    try:
        report.scene("Redis, Kafka, a stand-in for Twilio and Kinde, and a worker")
        world.start()
        demo = Demo(world, report)
        demo.play()
        keep = options.keep
        if not keep:
            demo.drain()
    except DemoError as error:
        report.fail(str(error))
        print(world.log_end("worker"))
    finally:
        if keep:
            world.kafka.stop()
            print_commands(world)
        else:
            # A second Ctrl-C must not leave half of it running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            world.stop()


def end_on_signal(number, _):
    raise KeyboardInterrupt(number)


def main():
    parser = argparse.ArgumentParser(prog="deploy/local/demo", description="Run deploy/local/demo instead.")
    parser.add_argument("--programs")
    parser.add_argument("--kafka", choices=["mock", "real"], default="mock")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    DIRECTORY.parent.mkdir(parents=True, exist_ok=True)
    with open(DIRECTORY.parent / "demo.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("demo: another demo is running in this checkout", file=sys.stderr)
            return 1
        if options.stop:
            return stop_kept()
        if STATE.exists():
            print("demo: an earlier demo was left running; deploy/local/demo --stop ends it", file=sys.stderr)
            return 1
        report = Report()
        interrupted = False
        try:
            run(options, report)
        except KeyboardInterrupt:
            interrupted = True
            report.fail("interrupted")
        print(f"\n{time.monotonic() - report.begin:.0f} s; logs are in {DIRECTORY}")
        print(f"{report.passed} passed, {report.failed} failed")
        return 130 if interrupted else int(report.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
