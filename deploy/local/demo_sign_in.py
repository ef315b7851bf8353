"""The demo's scenes of one sign-in: what a person, a sign-in page and a support desk see."""

import datetime
import json

from servers import until
from demo_steps import OUTCOME_S, Steps, new_challenge

# No person has these: Australia's range for fiction, and Twilio's and the sandbox's magic numbers.
FIRST, SECOND, LATE, CANCELLED = "+61491570006", "+61491570156", "+61491570158", "+61491570159"
SAYS_LANDLINE, OPTED_OUT = "+15005550010", "+15005550004"
LANDLINE = "+61255501234"


class SignIn(Steps):
    def a_code_arrives(self):
        self.report.scene("A code is asked for, and arrives")
        self.challenge = new_challenge()
        self.first = outcome = self.send(FIRST, self.challenge)
        text, self.code = self.text(FIRST)
        self.report.check("the outcome is sent", outcome["status"], "sent")
        self.report.check("by Twilio", (outcome["sender"], text["sender"]), ("twilio", "twilio"))
        self.report.check("under the id that Twilio gave the text", outcome.get("message_id"), text["sid"])
        self.report.check("the text is the product's fixed one", text["body"], f"Your verification code is {self.code}")
        self.report.check("one text, not two", len(self.world.phones.texts(FIRST)), 1)
        self.report.check("the status shows no whole phone number", FIRST.lstrip("+") in json.dumps(outcome), False)

    def receipts(self):
        self.report.scene("Twilio's delivery receipts become statuses")
        sid, phones, kafka = self.first["message_id"], self.world.phones, self.world.kafka
        for status in ("sent", "delivered", "delivered"):
            self.report.check(f"a signed receipt that says {status}: taken", phones.receipt(sid, status), 204)

        def delivered():
            return [each for each in kafka.statuses("receipt", {self.challenge}) if each[1]["status"] == "delivered"]

        until(lambda: len(delivered()) >= 2, OUTCOME_S, "both receipts on sms.delivery-status")
        (first_id, receipt), (second_id, _) = delivered()
        self.report.say(f"status on Kafka: receipt {receipt['status']}, phone {receipt['phone_number']}")
        same = ("request_id", "message_id", "sender", "purpose")
        self.report.check(
            "it tells which request and which text it belongs to",
            {name: receipt.get(name) for name in same},
            {name: self.first[name] for name in same},
        )
        self.report.check("one that Twilio repeats bears the same id", (first_id, second_id), (f"{sid}/delivered",) * 2)
        callback = phones.texts(FIRST)[-1]["status_callback"]
        forged = self.world.sendcode.forge_receipt(callback, sid)
        self.report.check("one with a wrong signature: 403, and not a word", forged, (403, ""))

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

    def a_cancelled_challenge(self):
        self.report.scene("A challenge is looked at, and cancelled")
        desk, challenge = self.world.sendcode, new_challenge()
        outcome = self.send(CANCELLED, challenge)
        code = self.text(CANCELLED)[1]
        status, view = desk.challenge("GET", challenge)
        self.report.say(f"GET: {status} {json.dumps(view)}")
        wanted = {"state": "pending", "attempts_left": 5, "expires_at": outcome["expires_at"]}
        self.report.check(
            "it is pending, with five guesses and its end", {name: view.get(name) for name in wanted}, wanted
        )
        self.report.check("DELETE cancels it", desk.challenge("DELETE", challenge)[0], 204)
        self.report.check("its code is not found", desk.check(CANCELLED, challenge, code)["status"], "not_found")
        self.report.check("it says that it was cancelled", desk.challenge("GET", challenge)[1]["state"], "cancelled")
        self.expect(self.send(CANCELLED, challenge), "a resend is rejected", "rejected", "challenge_cancelled")
        self.report.check("so it was one text", len(self.world.phones.texts(CANCELLED)), 1)

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
        self.expect(outcome, "it is rejected", "rejected", "rate_limited.phone")
        self.report.check("the status says when to try again", 0 < outcome.get("retry_after_s", 0) <= 60)
        self.report.check("no third text", len(self.world.phones.texts(SECOND)), 2)

    def refused_numbers(self):
        self.report.scene("A landline, and somebody who has opted out")
        outcome = self.send(LANDLINE, new_challenge())
        self.expect(outcome, "a number that is plainly a landline is rejected", "rejected", "unsupported_number_type")
        self.report.check("and no sender was asked", outcome.get("attempts", []), [])
        for phone, told, reason in (
            (SAYS_LANDLINE, "one that only Twilio knows for a landline", "recipient_unreachable"),
            (OPTED_OUT, "one that has opted out", "recipient_opted_out"),
        ):
            outcome = self.send(phone, new_challenge())
            self.expect(outcome, f"{told}: failed", "failed", reason)
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
        self.expect(outcome, "it is expired", "expired", "too_old")
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
