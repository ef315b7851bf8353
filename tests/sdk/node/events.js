// CloudEvents by their SDK for Node: one JSON request a line, answered with a line each; see ../sdk_process.py.
"use strict";

const readline = require("node:readline");
const { CloudEvent, Kafka: binding } = require("cloudevents");
const { Kafka, logLevel } = require("kafkajs");

const PATIENCE_MS = 30_000;
const kafka = new Kafka({ clientId: "sdk-node", brokers: [process.env.SDK_BOOTSTRAP], logLevel: logLevel.ERROR });

async function send(asked) {
  const event = new CloudEvent({ ...asked.attributes, data: asked.data, partitionkey: asked.key });
  const { key, value, headers } = binding[asked.mode](event);
  // The binding leaves data as it is, and has headers for attributes that are not there.
  const bytes = typeof value === "string" ? value : JSON.stringify(value);
  const present = Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined));
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: asked.topic, messages: [{ key, value: bytes, headers: present }] });
  await producer.disconnect();
}

// The events of the topic with these ids, each as the SDK parses it.
async function read(asked) {
  const wanted = new Set(asked.ids);
  const found = [];
  const consumer = kafka.consumer({ groupId: "sdk-node", allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topic: asked.topic, fromBeginning: true });
  let enough;
  const all = new Promise((resolve) => (enough = resolve));
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const pairs = Object.entries(message.headers).map(([name, value]) => [name, value.toString()]);
      const headers = Object.fromEntries(pairs);
      const event = binding.toEvent({ key: message.key.toString(), value: message.value, headers });
      if (!wanted.delete(event.id)) return;
      const { data, ...attributes } = event.toJSON();
      found.push({ attributes, time_type: typeof event.time, data: event.data });
      if (wanted.size === 0) enough();
    },
  });
  let timer;
  await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)))]);
  clearTimeout(timer);
  await consumer.disconnect();
  return found;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    console.log(JSON.stringify({ done: (await { send, read }[asked.do](asked)) ?? null }));
  }
}

main();
