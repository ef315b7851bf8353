"""Makes and shows sendcode's four topics, for deploy/local/kafka.

It speaks two requests of Kafka's protocol itself: each of Kafka's own command line tools starts a JVM for one topic,
2 s of CPU a call, and `start` would wait longer for its topics than for the broker.
"""

import argparse
import json
import socket
import struct
import sys

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

# Retention is what SECURITY.md advises: requests hold phone numbers in full, dead letters whatever came, statuses only
# masked numbers.
TOPICS = {
    "sms.send-code": ("partitions", {"retention.ms": 3 * DAY_MS}),
    "sms.delivery-status": ("partitions", {"retention.ms": 30 * DAY_MS}),
    "sms.send-code.dead-letter": (1, {"retention.ms": 7 * DAY_MS}),
    "sms.settings": (1, {"cleanup.policy": "compact"}),
}

METADATA, CREATE_TOPICS = 3, 19
TOPIC_ALREADY_EXISTS = 36
ANSWER_MAX_BYTES = 1 << 20
TIMEOUT_S = 10


class KafkaError(Exception):
    pass


def string(text):
    """STRING and NULLABLE_STRING of the protocol: a 16-bit length, -1 for null."""
    if text is None:
        return struct.pack(">h", -1)
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise KafkaError("the broker's answer is cut short")
        self.at += count
        return piece

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def string(self):
        length = self.number("h")
        return None if length < 0 else self.take(length).decode()

    def array(self, read):
        return [read() for _ in range(max(0, self.number("i")))]


class Broker:
    """One connection. Requests go out in versions without tagged fields, which keeps the encoding plain."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.correlation = 0

    def ask(self, key, version, body):
        self.correlation += 1
        request = struct.pack(">hhi", key, version, self.correlation) + string("sendcode-local") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        size = Reader(self.receive(4)).number("i")
        if not 4 <= size <= ANSWER_MAX_BYTES:
            raise KafkaError(f"the broker announced an answer of {size} bytes")
        answer = Reader(self.receive(size))
        if answer.number("i") != self.correlation:
            raise KafkaError("the broker answered another request")
        return answer

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise KafkaError("the broker closed the connection")
            data += piece
        return data

    def metadata(self):
        """(cluster id, partitions of each of our topics that exists and is led by somebody)."""
        answer = self.ask(METADATA, 4, array([string(name) for name in TOPICS]) + b"\0")
        answer.number("i")  # throttle time

        def broker():
            answer.number("i"), answer.string(), answer.number("i"), answer.string()

        def partition():
            error, _, leader = answer.number("h"), answer.number("i"), answer.number("i")
            answer.array(lambda: answer.number("i")), answer.array(lambda: answer.number("i"))
            return error == 0 and leader >= 0

        def topic():
            error, name, _ = answer.number("h"), answer.string(), answer.number("b")
            led = answer.array(partition)
            return name, len(led) if error == 0 and led and all(led) else None

        answer.array(broker)
        cluster_id = answer.string()
        answer.number("i")  # controller
        return cluster_id, {name: count for name, count in answer.array(topic) if count is not None}

    def create(self, partitions):
        """The names of the topics that were made now."""

        def request(name, count, configuration):
            count = partitions if count == "partitions" else count
            return (
                string(name)
                + struct.pack(">ihi", count, 1, 0)
                + array([string(key) + string(str(value)) for key, value in configuration.items()])
            )

        topics = array([request(name, *rest) for name, rest in TOPICS.items()])
        answer = self.ask(CREATE_TOPICS, 2, topics + struct.pack(">ib", TIMEOUT_S * 1000, 0))
        answer.number("i")  # throttle time
        made = []
        for name, error, message in answer.array(lambda: (answer.string(), answer.number("h"), answer.string())):
            if error == 0:
                made.append(name)
            elif error != TOPIC_ALREADY_EXISTS:
                raise KafkaError(f"{name}: error {error}: {message}")
        return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["create", "status"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--cluster-id", help="refuse a broker of another cluster")
    parser.add_argument("--quiet", action="store_true", help="say nothing: the caller tries again")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        broker = Broker(options.port)
        cluster_id, present = broker.metadata()
        if options.cluster_id and cluster_id != options.cluster_id:
            raise KafkaError(f"port {options.port} belongs to another Kafka")
        if options.command == "create":
            made = broker.create(options.partitions)
            present = broker.metadata()[1]  # a topic that was made is not at once led by somebody
            if not options.quiet:
                print("\n".join(f"made {name}" for name in made) or "all topics were there")
        elif options.json:
            print(json.dumps(present))
        else:
            for name in TOPICS:
                count = present.get(name)
                print(
                    f"  {name:<28}" + ("missing" if count is None else f"{count} partition{'s' if count > 1 else ''}")
                )
        return 0 if len(present) == len(TOPICS) else 1
    except (OSError, KafkaError) as error:
        if not options.quiet:
            print(f"kafka: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
