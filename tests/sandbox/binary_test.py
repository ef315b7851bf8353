#!/usr/bin/env python3
"""Drives the real sendcode-sandbox over its sockets: what a client of TLS and HTTP sees.

Usage: binary_test.py PATH-TO-sendcode-sandbox
"""

import http.client
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import warnings

BINARY = ""
ACCOUNT = "AC00000000000000000000000000000001"
BASIC = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbg=="  # ACCOUNT:token
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
PATIENCE_S = 20


class Sandbox:
    """The program, for as long as the `with` lasts."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="sandbox-test-")
        self.ready_file = os.path.join(self.folder.name, "ready.json")
        self.options = options
        self.connections = []

    def __enter__(self):
        command = [BINARY, "--ready-file", self.ready_file, *self.options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + PATIENCE_S
        while not os.path.exists(self.ready_file):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError("the sandbox did not get ready: " + self.process.communicate()[1])
            time.sleep(0.02)
        with open(self.ready_file) as file:
            self.ready = json.load(file)
        self.tls = ssl.create_default_context(cafile=self.ready["ca_file"])
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()
        if self.process.poll() is None:
            self.process.terminate()  # not kill: it removes its CA
        try:
            self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.folder.cleanup()

    def end(self, by):
        self.process.send_signal(by)
        return self.process.wait(PATIENCE_S)

    def port(self, name):
        return urllib.parse.urlsplit(self.ready[name]).port

    def connect(self, name="base_url", host="localhost"):
        connection = http.client.HTTPSConnection(host, self.port(name), timeout=PATIENCE_S, context=self.tls)
        self.connections.append(connection)
        return connection

    def control(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port("control_url"), timeout=PATIENCE_S)
        connection.request(method, path, json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        out = answer.status, json.loads(answer.read())
        connection.close()
        return out

    def fault(self, **one):
        status, answer = self.control("POST", "/sandbox/faults", one)
        assert status == 200, answer

    def counts(self):
        return self.control("GET", "/sandbox/counts")[1]


# How a reset shows to http.client: to one that reads, or to one that is still writing (it writes head and body apart).
RESET = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)


def is_reset(sandbox, request):
    """Sends a request that gets no answer: did the connection end by a reset?

    Python's own TLS sockets do not tell that from an orderly end, so the TLS is done by hand here.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = sandbox.tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", sandbox.port("base_url")), PATIENCE_S) as raw:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        tls.write(request.encode())
        raw.sendall(outgoing.read())
        try:
            while raw.recv(65536):  # session tickets
                pass
            return False
        except ConnectionResetError:
            return True


def send(connection, to="+61491570006", callback=""):
    form = urllib.parse.urlencode({"To": to, "From": "+15005550006", "Body": "hello", "StatusCallback": callback})
    headers = {"Authorization": BASIC, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", MESSAGES, form, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


class Tls(unittest.TestCase):
    def test_the_certificate_holds_for_every_name_of_loopback(self):
        with Sandbox() as sandbox:
            for host in ("localhost", "127.0.0.1"):
                self.assertEqual(send(sandbox.connect(host=host))[0], 201)
            with socket.create_connection(("127.0.0.1", sandbox.port("base_url")), PATIENCE_S) as raw:
                with self.assertRaises(ssl.SSLCertVerificationError):
                    sandbox.tls.wrap_socket(raw, server_hostname="example.com")

    def test_a_client_that_does_not_know_the_ca_refuses(self):
        with Sandbox() as sandbox:
            sandbox.tls = ssl.create_default_context()
            with self.assertRaises(ssl.SSLCertVerificationError):
                send(sandbox.connect())

    def test_tls_1_2_is_spoken_and_1_1_is_not(self):
        with Sandbox() as sandbox:
            sandbox.tls.maximum_version = ssl.TLSVersion.TLSv1_2
            self.assertEqual(send(sandbox.connect())[0], 201)
            sandbox.tls.set_ciphers("DEFAULT@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                sandbox.tls.minimum_version = ssl.TLSVersion.TLSv1_1
                sandbox.tls.maximum_version = ssl.TLSVersion.TLSv1_1
            with self.assertRaisesRegex(ssl.SSLError, "PROTOCOL_VERSION"):
                send(sandbox.connect())


class Connections(unittest.TestCase):
    def test_a_connection_is_kept_and_bodies_have_their_length(self):
        with Sandbox() as sandbox:
            connection = sandbox.connect()
            send(connection)
            first = connection.sock
            for i in range(20):
                self.assertEqual(json.loads(send(connection, f"+6149157{i:04}")[1])["body"], "hello")
            self.assertIs(connection.sock, first)
            self.assertEqual(sandbox.counts()["texts"], 21)

    def test_too_large_bodies_and_headers_are_refused(self):
        with Sandbox() as sandbox:
            connection = sandbox.connect()
            connection.request("POST", MESSAGES, "x" * 17000, {"Authorization": BASIC})
            self.assertEqual(connection.getresponse().status, 413)
            connection = sandbox.connect()
            connection.request("GET", MESSAGES, headers={"X-Long": "x" * 9000})
            self.assertEqual(connection.getresponse().status, 431)

    def test_what_is_no_http_is_refused(self):
        with Sandbox() as sandbox:
            with socket.create_connection(("127.0.0.1", sandbox.port("base_url")), PATIENCE_S) as raw:
                with sandbox.tls.wrap_socket(raw, server_hostname="localhost") as tls:
                    tls.sendall(b"not http at all\r\n\r\n")
                    self.assertTrue(tls.recv(100).startswith(b"HTTP/1.1 400 "))

    def test_hundreds_of_connections_at_once_are_held(self):
        with Sandbox() as sandbox:
            held = [sandbox.connect() for _ in range(300)]
            for _ in range(2):
                for connection in held:
                    self.assertEqual(send(connection)[0], 201)
            self.assertEqual(sandbox.counts()["by_recipient_max"], 600)

    def test_the_control_port_has_the_controls_alone(self):
        with Sandbox() as sandbox:
            self.assertEqual(sandbox.control("GET", "/sandbox/recipients"), (200, {}))
            self.assertEqual(sandbox.control("POST", MESSAGES)[0], 404)
            connection = sandbox.connect()
            connection.request("GET", "/sandbox/recipients")
            self.assertEqual(connection.getresponse().status, 200)


class Faults(unittest.TestCase):
    def test_taken_unanswered_ends_without_an_answer_and_is_listed(self):
        with Sandbox() as sandbox:
            sandbox.fault(target="twilio", kind="taken_unanswered", times=1)
            with self.assertRaises(http.client.RemoteDisconnected):
                send(sandbox.connect())
            self.assertEqual((sandbox.counts()["texts"], sandbox.counts()["unanswered"]), (1, 1))
            connection = sandbox.connect()
            connection.request("GET", MESSAGES + "?To=%2B61491570006", headers={"Authorization": BASIC})
            self.assertEqual(len(json.load(connection.getresponse())["messages"]), 1)

    def test_resets_are_resets_and_ends_are_ends(self):
        request = f"POST {MESSAGES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        for kind, reset in (("reset_before_read", True), ("reset_after_read", True), ("hang", False)):
            with self.subTest(kind), Sandbox() as sandbox:
                sandbox.fault(target="twilio", kind=kind, times=1, delay_ms=10)
                self.assertEqual(is_reset(sandbox, request), reset)
                self.assertEqual(sandbox.counts()["texts"], 0)
                self.assertEqual(send(sandbox.connect())[0], 201)

    def test_a_truncated_answer_ends_before_its_length(self):
        with Sandbox() as sandbox:
            sandbox.fault(target="twilio", kind="truncated", times=1)
            with self.assertRaises((http.client.IncompleteRead, ssl.SSLEOFError)):
                send(sandbox.connect())
            self.assertEqual(sandbox.counts()["texts"], 1)

    def test_a_hang_ends_after_its_length_and_not_before(self):
        with Sandbox() as sandbox:
            sandbox.fault(target="twilio", kind="hang", delay_ms=300, times=1)
            start = time.monotonic()
            with self.assertRaises(http.client.RemoteDisconnected):
                send(sandbox.connect())
            self.assertGreaterEqual(time.monotonic() - start, 0.3)

    def test_latency_delays_one_connection_and_no_other(self):
        with Sandbox() as sandbox:
            sandbox.fault(target="twilio", kind="latency", delay_ms=2000, to="+61491570157")
            slow = threading.Thread(target=lambda: send(sandbox.connect(), "+61491570157"))
            start = time.monotonic()
            slow.start()
            self.assertEqual(send(sandbox.connect())[0], 201)
            self.assertLess(time.monotonic() - start, 2)
            slow.join(PATIENCE_S)
            self.assertGreaterEqual(time.monotonic() - start, 2)

    def test_refuse_takes_one_sender_off_the_net_and_leaves_the_other(self):
        with Sandbox() as sandbox:
            kept = sandbox.connect()
            self.assertEqual(send(kept)[0], 201)
            sandbox.fault(target="twilio", kind="refuse")
            with self.assertRaises(RESET):
                sandbox.connect().connect()
            with self.assertRaises(RESET):
                send(kept)
            connection = sandbox.connect("kinde_base_url")
            form = "grant_type=client_credentials&client_id=a&client_secret=b&audience=c"
            connection.request("POST", "/oauth2/token", form)
            self.assertEqual(connection.getresponse().status, 200)
            sandbox.control("DELETE", "/sandbox/faults")
            self.assertEqual(send(sandbox.connect())[0], 201)


class Receipts(unittest.TestCase):
    def test_a_receipt_reaches_the_callback(self):
        seen = []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((self.path, self.headers["X-Twilio-Signature"], form))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        account = f"{ACCOUNT}:token"
        with http.server.HTTPServer(("127.0.0.1", 0), Hook) as hook, Sandbox("--account", account) as sandbox:
            threading.Thread(target=hook.handle_request, daemon=True).start()
            callback = f"http://localhost:{hook.server_port}/hook?ref=a#rc=3"
            sid = json.loads(send(sandbox.connect(), callback=callback)[1])["sid"]
            receipt = {"sid": sid, "status": "delivered"}
            self.assertEqual(sandbox.control("POST", "/sandbox/receipts", receipt), (200, {"http_status": 204}))
            self.assertEqual(seen[0][0], "/hook?ref=a")
            self.assertEqual(len(seen[0][1]), 28)
            self.assertIn(b"MessageStatus=delivered", seen[0][2])
            hook.server_close()
            self.assertEqual(sandbox.control("POST", "/sandbox/receipts", receipt)[0], 502)


class Program(unittest.TestCase):
    def test_a_signal_ends_it_at_once_and_leaves_nothing(self):
        for by in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(by), Sandbox("--kafka") as sandbox:
                self.assertRegex(sandbox.ready["kafka"], r"^127\.0\.0\.1:\d+$")
                self.assertEqual(sandbox.ready["pid"], sandbox.process.pid)
                open_connection = sandbox.connect()
                send(open_connection)
                sandbox.fault(target="twilio", kind="hang")
                hung = sandbox.connect()
                hung.connect()
                hung.sock.sendall(f"POST {MESSAGES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
                start = time.monotonic()
                self.assertEqual(sandbox.end(by), 0)
                self.assertLess(time.monotonic() - start, 5)
                self.assertFalse(os.path.exists(sandbox.ready_file))
                self.assertFalse(os.path.exists(os.path.dirname(sandbox.ready["ca_file"])))

    def test_a_directory_that_was_asked_for_stays_and_its_key_is_private(self):
        with tempfile.TemporaryDirectory() as folder, Sandbox("--directory", folder) as sandbox:
            self.assertEqual(sandbox.ready["ca_file"], os.path.join(folder, "ca.pem"))
            self.assertEqual(os.stat(os.path.join(folder, "server.key")).st_mode & 0o777, 0o600)
            sandbox.end(signal.SIGTERM)
            self.assertEqual(sorted(os.listdir(folder)), ["ca.pem", "server.key", "server.pem"])

    def test_wrong_use_is_said(self):
        for options, status, word in (
            ([], 2, "--ready-file"),
            (["--ready-file", "/nonexistent/x", "--account", "AC1"], 2, "--account"),
            (["--ready-file", "/nonexistent/x", "--listen", "here"], 1, "here"),
            (["--ready-file", "/nonexistent/x", "--control-listen", "0.0.0.0:0"], 1, "loopback"),
            (["--ready-file", "/nonexistent/x"], 1, "/nonexistent/x"),
        ):
            with self.subTest(options):
                done = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=PATIENCE_S)
                self.assertEqual(done.returncode, status)
                self.assertIn(word, done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BINARY = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
