"""Receipts signed by Twilio's own SDK, at the worker's webhook port.

A thousand random ones, as odd as HTTP lets them be, are taken; each of them with one bit changed is refused. The seed
is printed; SENDCODE_SEED=… makes the same ones again, but for ports and refs.
"""

import concurrent.futures
import contextlib
import dataclasses
import http.client
import random
import unittest
import urllib.parse

import world
from demo_world import ACCOUNTS
from twilio.request_validator import RequestValidator
from world import ENVIRONMENT, OTHER_ENVIRONMENT, SEED, until

REQUESTS = 1000
PATH = "/webhooks/twilio/"
STATUSES = ("queued", "sending", "sent", "delivered", "undelivered", "failed")
OWN_FIELDS = ("MessageSid", "MessageStatus", "AccountSid", "To", "ErrorCode")

# Letters that encoders, sorters and readers of forms have been seen to stumble over.
ODD = list("+ %&=?;#/\\\"'<>*~.-_:@,()[]{}|^`!$\t\r\n\x00\x7f") + list("éÉßñ中文कا🙂\u202e\u0301\u00a0\ufeff\U0010ffff")
PLAIN = list("ABCXYZabcxyz0189")
# What may stand unescaped in a form or a query, besides letters and digits.
LITERAL = "-._~*!$'(),;:@/?"


@dataclasses.dataclass
class Post:
    port: int
    public: str  # the address, without its path, that the signature is for
    prefix: str  # of the path, by the public address
    stripped: bool  # what stands before the worker has taken the prefix off
    target: str  # from PATH on, query included
    body: bytes
    fields: list
    signature: str
    content_type: str

    def url(self):
        return self.public + self.prefix + self.target


class Fields:
    """Decoded parameters as web frameworks hand them to the SDK: a name may have several values."""

    def __init__(self, pairs):
        self.values = {}
        for name, value in pairs:
            self.values.setdefault(name, []).append(value)

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)

    def getlist(self, name):
        return self.values[name]


class Maker:
    """Random requests; `texts`: {environment: (token, [StatusCallback])}."""

    def __init__(self, seed, texts):
        self.random, self.texts = random.Random(seed), texts
        self.changes = random.Random(f"{seed}/changes")  # of its own, so that the requests stay the same

    def text(self, most):
        letters = self.random.choice((PLAIN, PLAIN, ODD, PLAIN + ODD))
        return "".join(self.random.choices(letters, k=self.random.randint(0, most)))

    def encoded(self, text, raw=False):
        """Form-encoded, each character in one of the ways that are right. `raw`: also as the bytes that it is."""
        out = b""
        for letter in text:
            way = self.random.random()
            if letter == " " and way < 0.7:
                out += b"+"
            elif letter.isascii() and (letter.isalnum() or letter in LITERAL) and way < 0.9:
                out += letter.encode()
            elif raw and not letter.isascii() and way < 0.2:
                out += letter.encode()
            else:
                form = "%{:02x}" if way < 0.5 else "%{:02X}"
                out += "".join(form.format(byte) for byte in letter.encode()).encode()
        return out

    def fields(self, environment):
        number = self.random.choice(("+61491570006", "+15005550006", "", "+", "whatsapp:+15005550006"))
        own = [
            ("MessageSid", f"{self.random.choice(('SM', 'MM'))}{self.random.getrandbits(128):032x}"),
            ("MessageStatus", self.random.choice(STATUSES)),
            ("AccountSid", ACCOUNTS[environment]),
            ("To", number),
        ]
        if self.random.random() < 0.3:
            own.append(("ErrorCode", self.random.choice(("30003", "30005", "", "0"))))
        other = []
        for _ in range(self.random.randint(0, 20)):
            name = self.random.choice(own)[0] + self.text(2) if self.random.random() < 0.2 else self.text(12)
            if other and self.random.random() < 0.2:
                name = self.random.choice(other)[0]
            if name in OWN_FIELDS:
                continue
            again = other and self.random.random() < 0.1
            other.append(self.random.choice(other) if again else (name, self.text(40)))
        pairs = own + other
        self.random.shuffle(pairs)
        return pairs

    def target(self, environment):
        ref = urllib.parse.urlsplit(self.random.choice(self.texts[environment][1])).query
        ref = ref.removeprefix("ref=")
        if self.random.random() < 0.2:
            ref = self.encoded(ref).decode()
        pairs = [f"ref={ref}"]
        for _ in range(self.random.choice((0, 0, 1, 3))):
            pairs.append(
                self.encoded("x" + self.text(8)).decode()
                + self.random.choice(("", "=", f"={self.encoded(self.text(20)).decode()}"))
            )
        self.random.shuffle(pairs)
        return PATH + environment + "?" + "&".join(pairs)

    def post(self, address):
        port, scheme, host, number, prefix = address
        environment = self.random.choice(tuple(self.texts))
        fields = self.fields(environment)
        body = b"&".join(self.encoded(name, True) + b"=" + self.encoded(value, True) for name, value in fields)
        if self.random.random() < 0.1:
            body = b"&" + body.replace(b"&", b"&&", 1) + b"&"
        public = f"{scheme}://{host}" + (f":{number}" if self.random.random() < 0.5 else "")
        kind = "application/x-www-form-urlencoded" + self.random.choice(("", "; charset=UTF-8", ";charset=utf-8"))
        stripped = self.random.random() < 0.5
        out = Post(port, public, prefix, stripped, self.target(environment), body, fields, "", kind)
        out.signature = RequestValidator(self.texts[environment][0]).compute_signature(out.url(), Fields(fields))
        return out

    def one_bit_off(self, post):
        """The same with another bit somewhere in what is signed, or in the signature."""
        while True:
            part = self.changes.choice(("signature", "body", "target"))
            before = getattr(post, part)
            data = bytearray(before if part == "body" else before.encode("ascii"))
            at = self.changes.randrange(len(PATH) if part == "target" else 0, len(data))
            data[at] ^= 1 << self.changes.randrange(8)
            if part != "body":
                if not 0x21 <= data[at] <= 0x7E:
                    continue  # no letter of a request line or a header
            elif meaning(bytes(data)) == meaning(before):
                continue  # %2b for %2B: another spelling of the same, which Twilio does not sign
            return dataclasses.replace(post, **{part: bytes(data) if part == "body" else data.decode("ascii")}), part


def meaning(body):
    """What the SDK signs of a form, byte by byte."""
    pairs = urllib.parse.parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return sorted(set(pairs))


def send(connection, post):
    headers = {
        "X-Twilio-Signature": post.signature,
        "Content-Type": post.content_type,
        "X-Forwarded-Host": "elsewhere.example.com",
        "I-Twilio-Idempotency-Token": "1",
    }
    connection.request("POST", ("" if post.stripped else post.prefix) + post.target, post.body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


class SignedReceipts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Texts of two environments, whose StatusCallbacks bear refs; and workers at public addresses of several kinds."""
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        texts = [
            (f"+150055502{n:02}", f"webhooks_challenge_{n:04}", (ENVIRONMENT, OTHER_ENVIRONMENT)[n % 2])
            for n in range(8)
        ]
        world.running().send(texts)
        callbacks = {ENVIRONMENT: [], OTHER_ENVIRONMENT: []}
        for phone, _, environment in texts:
            callbacks[environment] += [text["status_callback"] for text in world.running().phones.texts(phone)]
        cls.texts = {name: (world.running().auth_token(name), found) for name, found in callbacks.items()}
        own = urllib.parse.urlsplit(callbacks[ENVIRONMENT][0])
        cls.addresses = [(own.port, "http", own.hostname, own.port, "")]
        for scheme, host, number, prefix in (
            ("https", "hooks.example.com", 443, ""),
            ("https", "hooks.example.com", 8443, "/sms/in"),
            ("http", "localhost", 80, ""),
        ):
            public = f"{scheme}://{host}" + ("" if number in (80, 443) else f":{number}") + prefix
            cls.addresses.append(
                (cls.stack.enter_context(world.running().worker_at(public)), scheme, host, number, prefix)
            )

    def each_at(self, address, count, make):
        """What `make` gives for each of `count` random requests at this address."""
        maker = Maker(f"{SEED}/{self.addresses.index(address)}", self.texts)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", address[0], timeout=20)) as connection:
            return [make(maker, connection, maker.post(address)) for _ in range(count)]

    def at_all(self, make):
        share = REQUESTS // len(self.addresses)
        with concurrent.futures.ThreadPoolExecutor(len(self.addresses)) as threads:
            parts = threads.map(lambda address: self.each_at(address, share, make), self.addresses)
            return [one for part in parts for one in part]

    def test_1000_receipts_that_the_sdk_signed_are_taken_and_told_once_each(self):
        statuses = world.running().kafka.records["sms.delivery-status"]
        before = len(statuses)
        answers = self.at_all(lambda _, connection, post: (send(connection, post), post))
        self.assertEqual(len(answers), REQUESTS)
        for answer, post in answers:
            self.assertEqual(answer, (204, b""), post)
        told = [dict(post.fields) for _, post in answers]
        expected = sorted(f"{one['MessageSid']}/{one['MessageStatus']}" for one in told)

        def receipts():
            return [
                record["headers"]["ce_id"]
                for record in statuses[before:]
                if record["headers"]["ce_id"][:2] in ("SM", "MM")
            ]

        until(lambda: len(receipts()) >= REQUESTS, 30, "all receipts are told")
        self.assertEqual(sorted(receipts()), expected)

    def test_each_of_them_with_one_bit_changed_is_refused(self):
        def change(maker, connection, post):
            changed, part = maker.one_bit_off(post)
            return send(connection, changed), part, changed

        answers = self.at_all(change)
        self.assertEqual({part for _, part, _ in answers}, {"signature", "body", "target"})
        for answer, _, changed in answers:
            self.assertEqual(answer, (403, b""), changed)

    def test_the_sdk_holds_the_same_requests_for_signed_and_unsigned(self):
        maker = Maker(f"{SEED}/sdk", self.texts)
        for address in self.addresses:
            for _ in range(REQUESTS // 10):
                post = maker.post(address)
                token = next(token for name, (token, _) in self.texts.items() if f"{PATH}{name}?" in post.target)
                self.assertTrue(RequestValidator(token).validate(post.url(), Fields(post.fields), post.signature), post)
                changed = maker.one_bit_off(post)[0]
                if changed.body == post.body:
                    self.assertFalse(
                        RequestValidator(token).validate(changed.url(), Fields(changed.fields), changed.signature),
                        changed,
                    )
