"""The sandbox's answers against Twilio's own OpenAPI description: every field is there, in its form, and no other."""

import json
import re
import unittest
import urllib.parse

import binary_test
import jsonschema
import world
from sdk_process import INSTALLED

API, MESSAGING = "twilio_api_v2010", "twilio_messaging_v1"
ACCOUNT = "AC00000000000000000000000000000001"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
SERVICE = "MG0123456789abcdef0123456789abcdef"
FORMATS = jsonschema.FormatChecker(())
RFC_2822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000"
)


@FORMATS.checks("date-time-rfc-2822")
def is_rfc_2822(text):
    return not isinstance(text, str) or RFC_2822.fullmatch(text) is not None


def strict(schema):
    """OpenAPI 3.0 as JSON Schema: `nullable` allows null; what is described is needed, and nothing else is allowed."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: strict(value) for name, value in schema.items() if name not in ("properties", "nullable")}
    if properties := schema.get("properties"):
        out["properties"] = {name: strict(value) for name, value in properties.items()}
        out.update(additionalProperties=False, required=sorted(properties))
    return {"anyOf": [{"type": "null"}, out]} if schema.get("nullable") else out


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.documents, cls.schemas = {}, {}
        for name in (API, MESSAGING):
            document = json.loads((INSTALLED / "description" / f"{name}.json").read_text())
            cls.documents[name] = document
            cls.schemas[name] = {key: strict(one) for key, one in document["components"]["schemas"].items()}
        binary_test.BINARY = str(world.programs / "sendcode-sandbox")
        cls.sandbox = cls.enterClassContext(binary_test.Sandbox("--account", f"{ACCOUNT}:token"))

    def ask(self, method, path, form=None):
        connection = self.sandbox.connect()
        headers = {"Authorization": binary_test.BASIC, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), json.loads(answer.read())

    def assert_described(self, method, template, answer, document=API):
        """The answer's status, type and body are those of the document's operation."""
        status, content_type, body = answer
        operation = self.documents[document]["paths"][template][method.lower()]
        self.assertIn(str(status), operation["responses"])
        content = operation["responses"][str(status)]["content"]
        self.assertEqual(list(content), [content_type])
        schema = {**strict(content[content_type]["schema"]), "components": {"schemas": self.schemas[document]}}
        problems = jsonschema.Draft202012Validator(schema, format_checker=FORMATS).iter_errors(body)
        self.assertEqual([f"{problem.json_path}: {problem.message}" for problem in problems], [])

    def send(self, **parameters):
        return self.ask("POST", binary_test.MESSAGES, {"To": "+61491570006", "Body": "hello", **parameters})

    def test_a_text_from_a_number_is_a_message_as_described(self):
        self.assert_described("POST", MESSAGES, self.send(From="+15005550006"))

    def test_a_text_through_a_messaging_service_is_a_message_as_described(self):
        self.assert_described("POST", MESSAGES, self.send(MessagingServiceSid=SERVICE))

    def test_the_list_is_as_described_on_its_first_middle_and_last_page(self):
        for _ in range(5):
            self.send(From="+15005550006")
        path = f"{binary_test.MESSAGES}?To=%2B61491570006&PageSize=2"
        pages = 0
        while path:
            answer = self.ask("GET", path)
            self.assert_described("GET", MESSAGES, answer)
            path = answer[2]["next_page_uri"]
            pages += 1
        self.assertGreaterEqual(pages, 3)

    def test_a_message_whose_receipt_failed_is_listed_as_described(self):
        sid = self.send(From="+15005550006", To="+61491570157", StatusCallback="http://localhost:9/")[2]["sid"]
        self.sandbox.control("POST", "/sandbox/receipts", {"sid": sid, "status": "undelivered", "error_code": 30005})
        answer = self.ask("GET", f"{binary_test.MESSAGES}?To=%2B61491570157")
        self.assert_described("GET", MESSAGES, answer)
        self.assertEqual(
            (answer[2]["messages"][0]["status"], answer[2]["messages"][0]["error_code"]), ("undelivered", 30005)
        )

    def test_an_account_is_as_described(self):
        self.assert_described(
            "GET", "/2010-04-01/Accounts/{Sid}.json", self.ask("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")
        )

    def test_feedback_is_as_described(self):
        sid = self.send(From="+15005550006")[2]["sid"]
        for outcome in ("confirmed", "unconfirmed"):
            answer = self.ask(
                "POST", binary_test.MESSAGES.replace(".json", f"/{sid}/Feedback.json"), {"Outcome": outcome}
            )
            self.assert_described("POST", MESSAGES.replace(".json", "/{MessageSid}/Feedback.json"), answer)

    def test_the_account_s_numbers_are_as_described_the_one_that_is_there_and_none(self):
        template = "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json"
        for number, count in (("+15005550006", 1), ("+15005550001", 0)):
            path = f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PhoneNumber={urllib.parse.quote(number)}"
            answer = self.ask("GET", path)
            self.assert_described("GET", template, answer)
            self.assertEqual(len(answer[2]["incoming_phone_numbers"]), count)

    def test_a_messaging_service_is_as_described(self):
        self.assert_described("GET", "/v1/Services/{Sid}", self.ask("GET", f"/v1/Services/{SERVICE}"), MESSAGING)

    def test_every_parameter_that_the_worker_sends_is_described(self):
        described = self.documents[API]["paths"][MESSAGES]["post"]["requestBody"]["content"][
            "application/x-www-form-urlencoded"
        ]
        known = set(described["schema"]["properties"])
        sent = {
            "To",
            "From",
            "MessagingServiceSid",
            "Body",
            "StatusCallback",
            "ValidityPeriod",
            "Attempt",
            "ContentRetention",
            "ProvideFeedback",
        }
        self.assertEqual(sent - known, set())
