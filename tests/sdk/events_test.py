"""CloudEvents of the official SDKs reach the worker over Kafka, and its statuses are read by them."""

import datetime
import json
import secrets
import unittest

import world
from sdk_process import SdkProcess
from world import APPLICATION, ENVIRONMENT

SEND_CODE, STATUSES = "sms.send-code", "sms.delivery-status"
MODES = ("binary", "structured")


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

    def told_of(self, challenge):
        """The records of its outcome as they stand on Kafka, read without an SDK."""
        return [
            record
            for record in list(self.running.kafka.records[STATUSES])
            if json.loads(record["payload"])["challenge_id"] == challenge
        ]

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
        challenge, sent = self.send("binary", self.phones[3])
        self.running.outcomes({challenge})
        record = self.told_of(challenge)[0]
        headers, data = record["headers"], json.loads(record["payload"])
        answer = self.sdk.ask(do="read", topic=STATUSES, ids=[headers["ce_id"]])["done"]
        self.assertEqual(len(answer), 1)
        attributes = answer[0]["attributes"]
        self.assertEqual(answer[0]["data"], data)
        self.assertEqual(answer[0]["time_type"], self.time_type)
        self.assertEqual(attributes["id"], headers["ce_id"])
        self.assertEqual(attributes["id"], f"{data['request_id']}/outcome")
        self.assertEqual((attributes["source"], attributes["subject"]), ("/sendcode", challenge))
        self.assertEqual((attributes["type"], attributes["specversion"]), ("io.sendcode.delivery-status.v1", "1.0"))
        self.assertEqual(attributes["datacontenttype"], "application/json")
        self.assertEqual(attributes["traceparent"], sent["traceparent"])
        moment = datetime.datetime.fromisoformat(attributes["time"])
        self.assertEqual(moment, datetime.datetime.fromisoformat(headers["ce_time"]))


class PythonEvents(Events, unittest.TestCase):
    language, time_type = "python", "datetime"
    phones = ("+15005550300", "+15005550301", "+15005550302", "+15005550303")


class NodeEvents(Events, unittest.TestCase):
    language, time_type = "node", "string"
    phones = ("+15005550310", "+15005550311", "+15005550312", "+15005550313")


class JavaEvents(Events, unittest.TestCase):
    language, time_type = "java", "OffsetDateTime"
    phones = ("+15005550320", "+15005550321", "+15005550322", "+15005550323")
