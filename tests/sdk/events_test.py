"""CloudEvents of the official SDKs reach the worker over Kafka, and its statuses are read by them."""

import datetime
import json
import re
import secrets
import unittest
import urllib.parse

import world
from demo_world import ACCOUNTS
from sdk_process import SdkProcess
from twilio.request_validator import RequestValidator
from world import APPLICATION, ENVIRONMENT

SEND_CODE, STATUSES = "sms.send-code", "sms.delivery-status"
MODES = ("binary", "structured")
UNREACHABLE = 30005  # Twilio's number for a phone that is out of service


class Events:
    language = ""
    time_type = ""  # of a status, in the language
    phones = ()

    @classmethod
    def setUpClass(cls):
        cls.running = world.running()
        cls.sdk = cls.enterClassContext(SdkProcess(cls.language, "events", bootstrap=cls.running.bootstrap))

    def send(self, mode, phone, challenge=None, **changes):
        """An event made and sent by the SDK; its challenge and what it bore."""
        challenge = challenge or f"sdk_{self.language}_{secrets.token_hex(8)}"
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=123000)
        attributes = {
            "id": secrets.token_hex(8),
            "source": "/sign-in/%C3%A9v%C3%A9nements?of=sdk%20tests",
            "type": "io.sendcode.send-code.v1",
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
            **changes,
        }
        data = {
            "environment_id": ENVIRONMENT,
            "application_id": APPLICATION,
            "challenge_id": challenge,
            "purpose": "sign_in",
            "phone_number": phone,
            "connection_id": self.running.connection_ids[ENVIRONMENT],
            "locale": "de-AT",
            "note": {"of the producer": ["é", 1, None, True]},
        }
        self.sdk.ask(do="send", mode=mode, topic=SEND_CODE, key=phone, attributes=attributes, data=data)
        return challenge, attributes

    def told_of(self, challenge, kind="outcome"):
        """The records of its statuses as they stand on Kafka, read without an SDK."""
        return [
            record
            for record in list(self.running.kafka.records[STATUSES])
            if (data := json.loads(record["payload"]))["challenge_id"] == challenge and data["kind"] == kind
        ]

    def texted(self, phone):
        """A challenge, its outcome and its text, once they are there."""
        challenge, sent = self.send("binary", phone)
        outcome = self.running.outcomes({challenge})[challenge]
        return challenge, sent, outcome, self.running.phones.texts(phone)[0]

    def post_receipt(self, text, **fields):
        """What Twilio posts of a text, signed as its SDK signs; the HTTP status of the answer."""
        address = text["status_callback"].partition("#")[0]
        form = {"MessageSid": text["sid"], "AccountSid": ACCOUNTS[ENVIRONMENT], "To": text["to"], **fields}
        signature = RequestValidator(self.running.auth_token()).compute_signature(address, form)
        kind = "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "X-Twilio-Signature": signature}
        return world.request(address, urllib.parse.urlencode(form), "POST", headers)[0]

    def parsed(self, challenge, kind, count):
        """The statuses of a kind, by their id, as the SDK parses them: all of each record, and no more."""
        told = self.told_of
        records = world.until(
            lambda: len(told(challenge, kind)) >= count and told(challenge, kind), 30, f"{count} of {kind}"
        )
        by_id = {record["headers"]["ce_id"]: record for record in records}
        events = self.sdk.ask(do="read", topic=STATUSES, ids=list(by_id))["done"]
        self.assertEqual((len(records), len(events)), (count, count))
        for event in events:
            attributes, record = event["attributes"], by_id.pop(event["attributes"]["id"])
            headers = record["headers"]
            expected = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
            expected["datacontenttype"] = headers["content-type"]
            # Two of the SDKs tell the record's key as an attribute.
            self.assertEqual(attributes.pop("partitionkey", challenge), record["key"])
            self.assertEqual(moment(attributes.pop("time")), moment(expected.pop("time")))
            self.assertEqual(attributes, expected)
            self.assertEqual(event["time_type"], self.time_type)
            self.assertEqual(event["data"], json.loads(record["payload"]))
            self.assertEqual((attributes["source"], attributes["subject"]), ("/sendcode", challenge))
            self.assertEqual((attributes["type"], attributes["specversion"]), ("io.sendcode.delivery-status.v1", "1.0"))
            self.assertEqual(attributes["datacontenttype"], "application/json")
        return {event["attributes"]["id"]: event for event in events}

    def test_events_in_both_modes_are_understood_and_texted(self):
        for mode, phone in zip(MODES, self.phones):
            with self.subTest(mode):
                challenge, _ = self.send(mode, phone)
                outcome = self.running.outcomes({challenge})[challenge]
                self.assertEqual((outcome["status"], outcome["sender"]), ("sent", "twilio"))
                self.assertEqual(len(self.running.phones.texts(phone)), 1)

    def test_the_same_event_in_the_other_mode_is_the_same_event(self):
        phone = self.phones[2]
        challenge, attributes = self.send("binary", phone)
        self.running.outcomes({challenge})
        self.send("structured", phone, challenge=challenge, **attributes)
        told = world.until(
            lambda: len(self.told_of(challenge)) == 2 and self.told_of(challenge), 30, "the outcome again"
        )
        self.assertEqual(told[0]["headers"]["ce_id"], told[1]["headers"]["ce_id"])
        self.assertEqual(len(self.running.phones.texts(phone)), 1)

    def test_outcomes_are_parsed_with_every_attribute_and_all_of_their_data(self):
        challenge, sent, outcome, text = self.texted(self.phones[3])
        told = self.parsed(challenge, "outcome", 1)
        self.assertEqual(list(told), [f"{outcome['request_id']}/outcome"])
        event = told[f"{outcome['request_id']}/outcome"]
        self.assertEqual(event["attributes"]["traceparent"], sent["traceparent"])
        self.assertEqual((event["data"]["status"], event["data"]["message_id"]), ("sent", text["sid"]))

    def test_checks_are_parsed_with_every_attribute_and_all_of_their_data(self):
        challenge, _, outcome, text = self.texted(self.phones[4])
        code = re.search("[0-9]{6}", text["body"])[0]
        wrong = "000000" if code != "000000" else "000001"
        for guess, answer in ((wrong, "incorrect"), (code, "approved")):
            self.assertEqual(self.running.sendcode.check(text["to"], challenge, guess)["status"], answer)
        told = self.parsed(challenge, "check", 2)
        for number, status in ((1, "incorrect"), (2, "approved")):
            event = told[f"{outcome['request_id']}/check/{number}"]
            self.assertEqual(event["data"], {**common(outcome), "kind": "check", "status": status})

    def test_receipts_are_parsed_with_every_attribute_and_all_of_their_data(self):
        challenge, _, outcome, text = self.texted(self.phones[5])
        self.assertEqual(self.post_receipt(text, MessageStatus="sent"), 204)
        self.assertEqual(self.post_receipt(text, MessageStatus="undelivered", ErrorCode=str(UNREACHABLE)), 204)
        told = self.parsed(challenge, "receipt", 2)
        expected = {**common(outcome), "kind": "receipt", "sender": "twilio", "message_id": text["sid"]}
        self.assertEqual(told[f"{text['sid']}/sent"]["data"], {**expected, "status": "sent"})
        undelivered = told[f"{text['sid']}/undelivered"]["data"]
        self.assertIn("out of service", undelivered.pop("error_text"))
        why = {"status": "undelivered", "reason": "recipient_unreachable", "error_code": UNREACHABLE}
        self.assertEqual(undelivered, {**expected, **why})


def moment(text):
    return datetime.datetime.fromisoformat(text)


def common(outcome):
    """What each status of a challenge tells as its outcome does."""
    names = "request_id environment_id application_id challenge_id purpose phone_number country".split()
    return {name: outcome[name] for name in names if name in outcome}


def phones_from(first):
    return tuple(f"+15005550{first + n}" for n in range(6))


class PythonEvents(Events, unittest.TestCase):
    language, time_type = "python", "datetime"
    phones = phones_from(300)


class NodeEvents(Events, unittest.TestCase):
    language, time_type = "node", "string"
    phones = phones_from(310)


class JavaEvents(Events, unittest.TestCase):
    language, time_type = "java", "OffsetDateTime"
    phones = phones_from(320)
