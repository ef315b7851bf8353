"""Twilio's own SDKs send through the sandbox: what they make of its answers is what they would make of Twilio's."""

import datetime
import email.utils
import unittest

import binary_test
import world
from sdk_process import LANGUAGES, SdkProcess

ACCOUNT = "AC00000000000000000000000000000001"
SERVICE = "MG0123456789abcdef0123456789abcdef"
FROM, TO = "+15005550006", "+61491570006"

MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


class Texts:
    """What holds for each SDK. `types`: by what is there in the SDK's message."""

    language = ""
    exception = ""
    types = {}

    @classmethod
    def setUpClass(cls):
        binary_test.BINARY = str(world.programs / "sendcode-sandbox")
        cls.sandbox = cls.enterClassContext(binary_test.Sandbox("--account", f"{ACCOUNT}:token"))
        cls.sdk = cls.enterClassContext(cls.start("token"))

    @classmethod
    def start(cls, password):
        return SdkProcess(
            cls.language,
            "texts",
            base_url=cls.sandbox.ready["base_url"],
            ca_file=cls.sandbox.ready["ca_file"],
            account=ACCOUNT,
            user=ACCOUNT,
            password=password,
        )

    def send(self, sdk=None, **parameters):
        parameters = {"to": TO, "body": "hello", **parameters}
        return (sdk or self.sdk).ask(do="send", parameters=parameters)

    def sent(self, **parameters):
        answer = self.send(**parameters)
        self.assertIn("done", answer)
        return answer["done"]

    def list(self, **parameters):
        return self.sdk.ask(do="list", parameters=parameters)["done"]

    def assert_refused(self, answer, code, status):
        self.assertIn("error", answer)
        error = answer["error"]
        self.assertEqual((error["type"], error["code"], error["status"]), (self.exception, code, status))
        self.assertEqual(error["more_info"], f"https://www.twilio.com/docs/errors/{code}")

    def test_every_magic_from_number_is_the_exception_with_its_code(self):
        for number, code in MAGIC_FROM.items():
            with self.subTest(number):
                self.assert_refused(self.send(**{"from": number}), code, 400)

    def test_every_magic_to_number_is_the_exception_with_its_code(self):
        for number, code in MAGIC_TO.items():
            with self.subTest(number):
                self.assert_refused(self.send(to=number, **{"from": FROM}), code, 400)

    def test_wrong_credentials_are_the_exception_of_a_401(self):
        with self.start("wrong") as sdk:
            self.assert_refused(self.send(sdk, **{"from": FROM}), 20003, 401)

    def test_a_missing_sender_is_the_exception_with_its_code(self):
        self.assert_refused(self.send(), 21603, 400)

    def test_a_text_from_a_number_is_a_message_with_all_fields_typed(self):
        message = self.sent(**{"from": FROM}, body='Ihr "Code" ist 123456 – код 🙂')
        self.assertEqual({name: field["type"] for name, field in message.items()}, self.types)
        value = {name: field["value"] for name, field in message.items()}
        self.assertRegex(value["sid"], r"^SM[0-9a-f]{32}$")
        self.assertEqual(value["account_sid"], ACCOUNT)
        self.assertEqual((value["to"], value["from"], value["body"]), (TO, FROM, 'Ihr "Code" ist 123456 – код 🙂'))
        self.assertEqual((value["status"], value["num_segments"], value["num_media"]), ("queued", "1", "0"))
        self.assertEqual(value["direction"], "outbound-api")
        self.assertEqual(value["date_created"], value["date_updated"])
        for name in ("date_sent", "error_code", "error_message", "price", "messaging_service_sid"):
            self.assertIsNone(value[name], name)

    def test_dates_are_the_moment_of_the_request(self):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        told = self.sent(**{"from": FROM})["date_created"]["value"]
        self.assertTrue(before <= self.moment(told) <= datetime.datetime.now(datetime.timezone.utc), told)

    moment = staticmethod(datetime.datetime.fromisoformat)

    def test_a_text_through_a_messaging_service_is_accepted_without_a_number_and_segments(self):
        message = self.sent(
            messaging_service_sid=SERVICE, validity_period=600, status_callback="https://hooks.example.com/a?b=c"
        )
        value = {name: field["value"] for name, field in message.items()}
        self.assertEqual((value["status"], value["num_segments"]), ("accepted", "0"))
        self.assertEqual((value["messaging_service_sid"], value["from"]), (SERVICE, None))
        seen = self.sandbox.control("GET", f"/sandbox/messages?to=%2B{TO[1:]}")[1]["messages"][-1]
        self.assertEqual((seen["validity_period"], seen["status_callback"]), (600, "https://hooks.example.com/a?b=c"))

    def test_long_texts_have_the_segments_that_they_cost(self):
        for body, segments in (("x" * 160, "1"), ("x" * 161, "2"), ("к" * 70, "1"), ("к" * 71, "2"), ("€" * 81, "2")):
            with self.subTest(body[0]):
                self.assertEqual(self.sent(**{"from": FROM}, body=body)["num_segments"]["value"], segments)

    def test_the_list_by_recipient_is_walked_page_by_page_newest_first(self):
        to = "+61491570157"
        sids = [self.sent(to=to, **{"from": FROM})["sid"]["value"] for _ in range(5)]
        self.sent(to="+61491570156", **{"from": FROM})
        whole = self.list(to=to)
        self.assertEqual([one["sid"]["value"] for one in whole], sids[::-1])
        self.assertEqual({name: field["type"] for name, field in whole[0].items()}, self.types)
        self.assertEqual(self.list(to=to, page_size=2), whole)
        self.assertEqual(self.list(to=to, page_size=2, limit=3), whole[:3])

    def test_the_list_is_filtered_by_date(self):
        sid = self.sent(to="+61491570158", **{"from": FROM})["sid"]["value"]
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        found = self.list(to="+61491570158", date_sent_after=(now - datetime.timedelta(minutes=1)).isoformat())
        self.assertEqual([one["sid"]["value"] for one in found], [sid])
        self.assertEqual(
            self.list(to="+61491570158", date_sent_after=(now + datetime.timedelta(minutes=1)).isoformat()), []
        )

    def test_feedback_about_a_text_is_taken_and_of_an_unknown_one_it_is_the_exception_of_a_404(self):
        sid = self.sent(**{"from": FROM}, to="+61491570159")["sid"]["value"]
        feedback = self.sdk.ask(do="feedback", parameters={"sid": sid, "outcome": "confirmed"})["done"]
        self.assertEqual(
            set(feedback), {"account_sid", "date_created", "date_updated", "message_sid", "outcome", "uri"}
        )
        self.assertEqual((feedback["message_sid"]["value"], feedback["outcome"]["value"]), (sid, "confirmed"))
        self.assertEqual(feedback["date_created"]["type"], self.types["date_created"])
        self.assertEqual(
            self.sandbox.control("GET", "/sandbox/messages?to=%2B61491570159")[1]["messages"][-1]["feedback"],
            "confirmed",
        )
        unknown = {"sid": "SM" + "0" * 32, "outcome": "confirmed"}
        self.assert_refused(self.sdk.ask(do="feedback", parameters=unknown), 20404, 404)


STRINGS = (
    "account_sid api_version body date_created date_sent date_updated direction error_code error_message from "
    "messaging_service_sid num_media num_segments price price_unit sid status subresource_uris to uri"
).split()


def types(nothing, text, date, others):
    """Of a text from a number: dates as dates, what is null as nothing, the rest as text or as `others` says."""
    out = dict.fromkeys(STRINGS, text)
    out.update(dict.fromkeys(("date_sent", "error_code", "error_message", "messaging_service_sid", "price"), nothing))
    out.update(dict.fromkeys(("date_created", "date_updated"), date))
    return {**out, **others}


class PythonTexts(Texts, unittest.TestCase):
    language, exception = "python", "TwilioRestException"
    types = types("NoneType", "str", "datetime", {"subresource_uris": "dict"})


class NodeTexts(Texts, unittest.TestCase):
    language, exception = "node", "RestException"
    types = types("null", "string", "Date", {"subresource_uris": "Object"})


class JavaTexts(Texts, unittest.TestCase):
    language, exception = "java", "ApiException"
    types = types(
        "null",
        "String",
        "ZonedDateTime",
        {
            "direction": "Direction",
            "from": "PhoneNumber",
            "price_unit": "Currency",
            "status": "Status",
            "subresource_uris": "LinkedHashMap",
        },
    )


class GoTexts(Texts, unittest.TestCase):
    language, exception = "go", "*client.TwilioRestError"
    types = types("nil", "*string", "*string", {"subresource_uris": "*map[string]interface {}"})
    moment = staticmethod(email.utils.parsedate_to_datetime)  # this SDK leaves dates as text


assert {one.language for one in (PythonTexts, NodeTexts, JavaTexts, GoTexts)} == set(LANGUAGES)
