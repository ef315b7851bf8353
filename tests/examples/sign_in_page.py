"""The sign-in page, as browsers use it: its whole way, the device's cookie, and what it must not let through."""
import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import urllib.parse

from servers import StartError, end_process, free_port, start_time, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs/examples/sign_in_page/server.js"
CODE_LINES_MAX = 88
PHONE, OTHER_PHONE, LAST_PHONE = "+61491570156", "+61491570157", "+61491570158"
ATTRIBUTES = {"Path=/", "HttpOnly", "Secure", "SameSite=Strict"}


class Browser:
    """Keeps cookies; follows nothing."""

    def __init__(self, port):
        self.port = port
        self.cookies = {}
        self.attributes = {}  # of each cookie as it was last set

    def ask(self, method, path, fields=None, headers=None, chunked=False):
        """(status, where it leads, page)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = urllib.parse.urlencode(fields) if fields is not None else None
        all_headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Cookie": cookie} if cookie else {}), **(headers or {})}
        if method == "POST" and body is None:
            body = ""
        connection.request(method, path, iter([body.encode()]) if chunked else body, all_headers, encode_chunked=chunked)
        answer = connection.getresponse()
        page = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._keep(line)
        connection.close()
        return answer.status, answer.headers.get("Location"), page

    def _keep(self, line):
        pair, *attributes = line.split("; ")
        name, value = pair.split("=", 1)
        self.attributes[name] = set(attributes)
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def shows(self, pattern):
        """The page of the code, once it shows that."""
        return until(lambda: re.search(pattern, self.ask("GET", "/code")[2]), 30, f"{pattern!r} on the page")


class Page:
    def __init__(self, world, environment, built):
        self.world = world
        self.port = free_port()
        self.log = built / "sign_in_page.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["node", str(SOURCE)], env={**environment, "PORT": str(self.port)}, stdout=log,
                                            stderr=log, start_new_session=True)
        self.started = start_time(self.process.pid)

    def ready(self):
        if self.process.poll() is not None:
            raise StartError(f"the sign-in page ended with {self.process.returncode}: {self.log.read_text()}")
        try:
            return Browser(self.port).ask("GET", "/")[0] == 200
        except OSError:
            return False

    def end(self):
        end_process(self.process.pid, self.started)

    def left(self):
        """Pids of what it began and did not end with it: all of them are of its session."""
        out = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                if int(fields[3]) == self.process.pid and fields[0] not in "ZX":
                    out.append(int(folder.name))
        return out

    def events(self, phone):
        """The data of the events that it sent for a phone."""
        return [json.loads(record["payload"]) for record in self.world.kafka.records["sms.send-code"]
                if record["key"] == phone and record["headers"]["ce_source"] == "/page"]

    def code(self, phone, texts):
        """The code of so many texts' last."""
        found = until(lambda: len(self.world.phones.texts(phone)) >= texts and self.world.phones.texts(phone), 30, f"{texts} texts")
        return re.search(r"[0-9]{6}", found[-1]["body"])[0]


def sign_in_page(report, world, environment, built):
    code_lines = [line for line in SOURCE.read_text().splitlines() if line.strip() and not line.strip().startswith("//")]
    report.check(f"page: at most {CODE_LINES_MAX} lines of code", len(code_lines) <= CODE_LINES_MAX)
    with running(Page(world, environment, built)) as page:
        signs_in(report, page)
        knows_the_device(report, page)
        cancels(report, page)
        lets_nothing_through(report, page)
        log = page.log.read_text()
        report.check("page: its log has no phone", [each for each in (PHONE, OTHER_PHONE) if each.lstrip("+") in log], [])
    with running(Page(world, {**environment, "CHECK_URL": f"http://127.0.0.1:{free_port()}"}, built)) as page:
        cannot_ask(report, page)
    report.check("page: SIGTERM ends it, and all that it began", page.left(), [])


@contextlib.contextmanager
def running(page):
    try:
        until(page.ready, 30, "the sign-in page answers")
        yield page
    finally:
        page.end()


def signs_in(report, page):
    browser = Browser(page.port)
    report.check("page: asks for the phone", 'name="phone"' in browser.ask("GET", "/")[2])
    report.check("page: the phone leads to the page of the code", browser.ask("POST", "/send", {"phone": PHONE})[:2], (303, "/code"))
    session = browser.attributes["__Host-session"]
    report.check("page: the session's cookie is for this server alone, and not for scripts", ATTRIBUTES <= session)
    browser.shows("sent")
    report.check("page: shows that it was sent", True)
    code = page.code(PHONE, 1)
    event = page.events(PHONE)[0]
    report.check("page: the event bears the address, and no device yet", (event.get("client_ip"), "device_token" in event), ("127.0.0.1", False))
    report.check("page: the challenge on Kafka is not the session", event["challenge_id"] in browser.cookies.values(), False)
    report.check("page: what has not six digits is no guess", "six digits" in browser.ask("POST", "/check", {"code": "12345"})[2])
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    report.check("page: a wrong code is incorrect", "incorrect" in browser.ask("POST", "/check", {"code": wrong})[2])
    report.check("page: a resend leads back", browser.ask("POST", "/resend")[:2], (303, "/code"))
    report.check("page: a resend brings the same code", page.code(PHONE, 2), code)
    browser.shows("sent")
    status, _, text = browser.ask("POST", "/check", {"code": code})
    report.check("page: the right code signs in", (status, "Signed in" in text), (200, True))
    report.check("page: the device's cookie is for this server alone, and not for scripts",
                 ATTRIBUTES | {"Max-Age=15552000"} <= browser.attributes["__Host-device"])
    report.check("page: the session is over", ("__Host-session" in browser.cookies, browser.ask("GET", "/code")[:2]), (False, (303, "/")))
    page.device = browser.cookies["__Host-device"]


def knows_the_device(report, page):
    """The owner's two texts of this minute are used up, as a stranger's; a known device has its own."""
    stranger = Browser(page.port)
    stranger.ask("POST", "/send", {"phone": PHONE})
    stranger.shows(r"rate_limited\.phone")
    report.check("page: a stranger is told that there were too many texts", len(page.world.phones.texts(PHONE)), 2)
    owner = Browser(page.port)
    owner.cookies["__Host-device"] = page.device
    owner.ask("POST", "/send", {"phone": PHONE})
    owner.shows("sent")
    report.check("page: the event bears the device's token", page.events(PHONE)[-1].get("device_token"), page.device)
    code = page.code(PHONE, 3)
    report.check("page: the known device is texted all the same, and signs in", "Signed in" in owner.ask("POST", "/check", {"code": code})[2])


def cancels(report, page):
    browser = Browser(page.port)
    browser.ask("POST", "/send", {"phone": OTHER_PHONE})
    code = page.code(OTHER_PHONE, 1)
    kept = dict(browser.cookies)
    browser.shows("sent")
    report.check("page: cancelling leads to the start", browser.ask("POST", "/cancel")[:2], (303, "/"))
    challenge = page.events(OTHER_PHONE)[-1]["challenge_id"]
    report.check("page: the challenge is cancelled", page.world.sendcode.challenge("GET", challenge)[1]["state"], "cancelled")
    browser.cookies = kept
    report.check("page: its code no longer signs in", "not_found" in browser.ask("POST", "/check", {"code": code})[2])


def lets_nothing_through(report, page):
    browser = Browser(page.port)
    browser.ask("POST", "/send", {"phone": "<script>alert(1)</script>"})
    text = browser.shows("invalid_number").string
    report.check("page: what was typed is escaped", ("<script" in text, "&#60;script" in text), (False, True))
    report.check("page: an unknown path is a 404", browser.ask("GET", "/code/../../etc")[0], 404)
    report.check("page: a large form is a 413", browser.ask("POST", "/send", {"phone": "1" * 5000})[0], 413)
    report.check("page: a form of unknown size is a 413", browser.ask("POST", "/send", {"phone": "1"}, chunked=True)[0], 413)
    report.check("page: no phone leads back", browser.ask("POST", "/send", {"phone": " "})[:2], (303, "/"))
    browser.cookies["__Host-session"] = "made-up"
    report.check("page: a made-up session leads to the start", browser.ask("POST", "/check", {"code": "123456"})[:2], (303, "/"))


def cannot_ask(report, page):
    browser = Browser(page.port)
    browser.ask("POST", "/send", {"phone": LAST_PHONE})
    browser.shows("sent")
    report.check("page: where sendcode cannot be asked, a guess is a 503 and the session goes on",
                 (browser.ask("POST", "/check", {"code": "123456"})[0], browser.ask("GET", "/code")[0]), (503, 200))
