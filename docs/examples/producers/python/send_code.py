"""Texts a sign-in code, waits for the outcome, checks what the person types: send_code.py "+61491570006" """
import json
import secrets
import sys
import time
import urllib.request
from os import environ

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

KAFKA, STATUSES = {"bootstrap.servers": environ["KAFKA_BOOTSTRAP"]}, "sms.delivery-status"


def statuses_from_now():
    consumer = Consumer({**KAFKA, "group.id": "unused", "enable.auto.commit": False})
    topic = consumer.list_topics(STATUSES, 10).topics[STATUSES]
    ends = {each: consumer.get_watermark_offsets(TopicPartition(STATUSES, each), 10)[1] for each in topic.partitions}
    consumer.assign([TopicPartition(STATUSES, each, end) for each, end in ends.items()])  # fixed before anything is sent
    return consumer


def send(producer, event):
    failures = []
    producer.produce("sms.send-code", **event, on_delivery=lambda error, _: error and failures.append(error))
    if producer.flush(30) or failures:
        raise KafkaException(*failures or ["not acknowledged within 30 s"])


def outcome_of(challenge_id, consumer, seconds=60):
    deadline = time.monotonic() + seconds
    while record := consumer.poll(max(0, deadline - time.monotonic())):
        if record.error():
            raise KafkaException(record.error())
        if record.key() == challenge_id.encode() and (status := json.loads(record.value()))["kind"] == "outcome":
            return dict(record.headers())["ce_id"].decode(), status
    raise TimeoutError(f"no outcome within {seconds} s")


def check(challenge_id, guess):
    url = f"{environ['CHECK_URL']}/v1/challenges/{challenge_id}/check"
    headers = {"Authorization": f"Bearer {environ['API_TOKEN']}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(guess).encode(), headers), timeout=10) as answer:
        return json.load(answer)["status"]


data = {"environment_id": environ["ENVIRONMENT_ID"], "application_id": environ["APPLICATION_ID"], "purpose": "sign_in",
        "connection_id": environ["CONNECTION_ID"], "challenge_id": secrets.token_urlsafe(24), "phone_number": sys.argv[1]}
headers = {"ce_specversion": "1.0", "ce_type": "io.sendcode.send-code.v1", "ce_source": "/examples/python",
           "ce_id": secrets.token_hex(16), "content-type": "application/json"}
# Java's partitioner: a phone's events keep their order whichever language sends them.
producer = Producer({**KAFKA, "enable.idempotence": True, "acks": "all", "partitioner": "murmur2_random"})
consumer = statuses_from_now()
for attempt in ("outcome", "retry"):  # source and id again, as after a crash: the same outcome id, and no second text
    send(producer, {"key": sys.argv[1], "value": json.dumps(data), "headers": headers})
    outcome_id, outcome = outcome_of(data["challenge_id"], consumer)
    print(f"{attempt}: {outcome['status']} {outcome_id}", flush=True)
if outcome["status"] != "sent":
    sys.exit(f"not sent: {outcome['reason']}")
print("check:", check(data["challenge_id"], {**data, "code": input("code: ")}))
