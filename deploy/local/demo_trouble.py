"""The demo's scenes of an operator's day: settings that change, outages, and a worker that is killed."""

import re
import time

from demo_clients import ENVIRONMENT, OTHER_ENVIRONMENT, event
from servers import until
from demo_steps import OUTCOME_S, STRUCTURED, Steps, new_challenge

RELOAD_S = 10  # until a changed file is in force
HELD_EVENTS = 5
HELD_S = 30  # until those are sent once their sender is back: a breaker's pause, and one between two tries
CRASH_EVENTS = 200
CRASH_S = 90  # until the last of those has ended: the group's session, a lease, and asking Twilio

OUTAGE, PASSING, OTHER = "+61491570157", "+61420000100", "+61420000200"


class Trouble(Steps):
    def doctor(self):
        self.report.scene("`sendcode doctor` asks everything that the worker needs")
        code, findings = self.world.sendcode.doctor()
        for found in findings:
            advice = f" ({found['advice']})" if "advice" in found else ""
            self.report.say(f"{found['state']:<8} {found['about']}: {found['detail']}{advice}")
        unwell = [found["about"] for found in findings if found["state"] not in ("ok", "unknown", "warning")]
        self.report.check("it finds nothing wrong", (unwell, code), ([], 0))
        asked = {found["about"] for found in findings if found["state"] == "ok"}
        wanted = {"settings", "kafka", "redis", "clock", f"twilio account of {ENVIRONMENT}", "kinde sender"}
        self.report.check("Kafka, Redis, both senders and the clock answered", wanted - asked, set())

    def a_new_environment(self):
        self.report.scene("Another environment's settings come while the worker runs")
        world, of_other = self.world, {"environment_id": OTHER_ENVIRONMENT}
        self.expect(
            self.produce(OTHER, new_challenge(), **of_other), "it is not known yet", "rejected", "unknown_environment"
        )
        draft = world.write_settings(OTHER_ENVIRONMENT, folder="drafts", fallback="sometimes")
        code, said = world.sendcode.validate(draft.parent)
        mistake = next((line for line in said.splitlines() if "fallback" in line), "")
        self.report.say(f"sendcode settings validate: {mistake.replace(str(world.directory), '…')}")
        self.report.check(
            "a mistake is told with file, line and value, and exit code 1",
            (code, bool(re.search(rf"{OTHER_ENVIRONMENT}\.yaml:\d+.*sometimes", mistake))),
            (1, True),
        )
        world.write_settings(OTHER_ENVIRONMENT, fallback="none")
        until(lambda: OTHER_ENVIRONMENT in world.environments_in_force(), RELOAD_S, "the settings are in force")
        shown = world.sendcode.settings(OTHER_ENVIRONMENT)
        self.report.check("`sendcode settings show` has it, without a fallback", shown["sms"]["fallback"], "none")
        outcome = self.send(OTHER, new_challenge(), environment=OTHER_ENVIRONMENT)
        self.expect(outcome, "no restart: its first code is sent", "sent")
        self.text(OTHER)

    def an_outage(self):
        self.report.scene("Twilio goes down: the Kinde sender takes over")
        self.world.phones.fault(target="twilio", kind="refuse")
        challenge = new_challenge()
        outcome = self.send(OUTAGE, challenge)
        text, code = self.text(OUTAGE)
        self.expect(outcome, "the outcome is sent", "sent")
        self.report.check(
            "by Kinde, and says that it failed over", (outcome["sender"], outcome.get("failed_over")), ("kinde", True)
        )
        self.report.check("one text, from Kinde", (text["sender"], len(self.world.phones.texts(OUTAGE))), ("kinde", 1))
        self.report.check("its code is right", self.world.sendcode.check(OUTAGE, challenge, code)["status"], "approved")

    def a_held_environment(self):
        self.report.scene("Twilio is still down for the environment without a fallback: its events wait")
        world, connection = self.world, self.world.sendcode.settings(OTHER_ENVIRONMENT)["connection_id"]
        phones = {new_challenge(): f"+6142000030{number}" for number in range(HELD_EVENTS)}
        lines = [
            (phone, event(phone, challenge, connection, environment_id=OTHER_ENVIRONMENT))
            for challenge, phone in phones.items()
        ]
        world.kafka.produce("sms.send-code", lines, STRUCTURED)
        held = until(
            lambda: world.sendcode.metric("sendcode_held_events") == HELD_EVENTS, OUTCOME_S, "the events are held"
        )
        self.report.check(f"all {HELD_EVENTS} are held", held)
        outcome = self.produce(PASSING, new_challenge())
        self.expect(outcome, "the other environment's pass them", "sent")
        self.report.check("none of them has ended, nothing was dropped", len(world.kafka.outcomes(phones)), 0)
        world.phones.clear_faults()
        self.report.say("Twilio is back")
        begin = time.monotonic()
        until(lambda: len(world.kafka.outcomes(phones)) >= HELD_EVENTS, HELD_S, "the held events' outcomes")
        self.report.say(f"{HELD_EVENTS} outcomes after {time.monotonic() - begin:.1f} s")
        ended = sorted((outcome["status"], outcome["sender"]) for outcome in world.kafka.outcomes(phones).values())
        self.report.check("each is sent, by Twilio", ended, [("sent", "twilio")] * HELD_EVENTS)
        counts = world.phones.by_recipient()
        self.report.check("once", [counts.get(phone, 0) for phone in phones.values()], [1] * HELD_EVENTS)

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
