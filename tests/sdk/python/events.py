"""CloudEvents by their SDK for Python: one JSON request a line, answered with a line each; see ../sdk_process.py."""

import datetime
import json
import os
import sys

import confluent_kafka
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

BOOTSTRAP = os.environ["SDK_BOOTSTRAP"]
PATIENCE_S = 30


def send(asked):
    attributes = {**asked["attributes"], "time": datetime.datetime.fromisoformat(asked["attributes"]["time"])}
    event = CloudEvent(attributes={**attributes, "partitionkey": asked["key"]}, data=asked["data"])
    message = {"binary": to_binary, "structured": to_structured}[asked["mode"]](event, JSONFormat())
    failed = []
    producer = confluent_kafka.Producer({"bootstrap.servers": BOOTSTRAP})
    producer.produce(
        asked["topic"],
        message.value,
        message.key,
        headers=message.headers,
        on_delivery=lambda error, _: failed.append(str(error)) if error else None,
    )
    if producer.flush(PATIENCE_S) or failed:
        raise RuntimeError(f"Kafka did not take the event: {failed}")


def read(asked):
    """The events of the topic with these ids, each as the SDK parses it."""
    wanted, found = set(asked["ids"]), []
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": "sdk-python",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    partitions = consumer.list_topics(asked["topic"]).topics[asked["topic"]].partitions
    consumer.assign([confluent_kafka.TopicPartition(asked["topic"], number, 0) for number in partitions])
    deadline = datetime.datetime.now() + datetime.timedelta(seconds=PATIENCE_S)
    while wanted and datetime.datetime.now() < deadline:
        record = consumer.poll(1)
        if record is None or record.error():
            continue
        event = from_kafka(
            KafkaMessage(dict(record.headers() or []), record.key(), record.value()), JSONFormat(), CloudEvent
        )
        if event.get_id() in wanted:
            wanted.remove(event.get_id())
            attributes = {name: shown(value) for name, value in event.get_attributes().items()}
            found.append(
                {"attributes": attributes, "time_type": type(event.get_time()).__name__, "data": event.get_data()}
            )
    consumer.close()
    return found


def shown(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps({"done": {"send": send, "read": read}[asked["do"]](asked)}), flush=True)


if __name__ == "__main__":
    main()
