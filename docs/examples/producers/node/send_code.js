// Texts a sign-in code, waits for the outcome, checks what the person types: node send_code.js "+61491570006"
'use strict';
const { randomBytes, randomUUID } = require('node:crypto');
const { EventEmitter, once } = require('node:events');
const { createInterface } = require('node:readline/promises');
const { Kafka, Partitioners, logLevel } = require('kafkajs');

const STATUSES = 'sms.delivery-status';
const { KAFKA_BOOTSTRAP, ENVIRONMENT_ID, APPLICATION_ID, CONNECTION_ID, CHECK_URL, API_TOKEN } = process.env;
const kafka = new Kafka({ clientId: 'send-code', brokers: KAFKA_BOOTSTRAP.split(','), logLevel: logLevel.ERROR });
const admin = kafka.admin();
const consumer = kafka.consumer({ groupId: `send-code-${randomUUID()}` });
const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
const outcomes = new EventEmitter(); // emits under the challenge's id

async function followStatuses() {
  const ends = await admin.fetchTopicOffsets(STATUSES); // before anything is sent, so that nothing is missed
  await consumer.subscribe({ topic: STATUSES });
  const eachMessage = async ({ message: { key, headers, value } }) => {
    const status = JSON.parse(value);
    if (status.kind === 'outcome') outcomes.emit(String(key), { id: String(headers.ce_id), ...status });
  };
  await consumer.run({ autoCommit: false, eachMessage });
  for (const { partition, offset } of ends) consumer.seek({ topic: STATUSES, partition, offset });
}

async function check(challengeId, guess) {
  const headers = { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(guess), signal: AbortSignal.timeout(10_000) };
  const answer = await fetch(`${CHECK_URL}/v1/challenges/${challengeId}/check`, request);
  if (!answer.ok) throw new Error(`the check was answered with ${answer.status}: ${await answer.text()}`);
  return (await answer.json()).status;
}

async function main(phone) {
  await Promise.all([admin, consumer, producer].map((each) => each.connect()));
  await followStatuses();
  const data = { environment_id: ENVIRONMENT_ID, application_id: APPLICATION_ID, connection_id: CONNECTION_ID,
    challenge_id: randomBytes(24).toString('base64url'), purpose: 'sign_in', phone_number: phone };
  const headers = { ce_specversion: '1.0', ce_type: 'io.sendcode.send-code.v1', ce_source: '/examples/node',
    ce_id: randomUUID(), 'content-type': 'application/json' };
  let outcome;
  for (const attempt of ['outcome', 'retry']) { // source and id again, as after a crash: one text, one outcome id
    const told = once(outcomes, data.challenge_id, { signal: AbortSignal.timeout(60_000) });
    const messages = [{ key: phone, value: JSON.stringify(data), headers }];
    await producer.send({ topic: 'sms.send-code', acks: -1, messages });
    [outcome] = await told;
    console.log(`${attempt}: ${outcome.status} ${outcome.id}`);
  }
  if (outcome.status !== 'sent') throw new Error(`not sent: ${outcome.reason}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const code = await terminal.question('code: ');
  terminal.close();
  console.log(`check: ${await check(data.challenge_id, { ...data, code })}`);
}

main(process.argv[2])
  .catch((error) => { console.error(error.message); process.exitCode = 1; })
  .finally(() => Promise.all([admin, consumer, producer].map((each) => each.disconnect())));
