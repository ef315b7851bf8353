// A sign-in page's server: has a code texted to a phone, tells what became of it, checks what the person types.
'use strict';
const { createHash, randomBytes, randomUUID } = require('node:crypto');
const { createServer } = require('node:http');
const { Kafka, Partitioners, logLevel } = require('kafkajs');

const { PORT, KAFKA_BOOTSTRAP, ENVIRONMENT_ID, APPLICATION_ID, CONNECTION_ID, CHECK_URL, API_TOKEN } = process.env;
const whose = { environment_id: ENVIRONMENT_ID, application_id: APPLICATION_ID, purpose: 'sign_in' };
const kafka = new Kafka({ brokers: KAFKA_BOOTSTRAP.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `sign-in-page-${randomUUID()}` }); // every such server sees every status
const attempts = new Map(); // {challenge, phone, outcome} by challenge; the newest 10,000

// The session stands in the browser's cookie alone, its hash on Kafka: who reads Kafka cannot go on with an attempt.
const challengeOf = (session) => createHash('sha256').update(session).digest('base64url');

// A resend is a new event of the same challenge: the person gets the same code again.
async function send({ challenge, phone }, { request, device }) {
  const data = { ...whose, connection_id: CONNECTION_ID, challenge_id: challenge, phone_number: phone, device_token: device,
    client_ip: request.socket.remoteAddress }; // behind a proxy: the address that the proxy tells
  const headers = { ce_specversion: '1.0', ce_type: 'io.sendcode.send-code.v1', ce_source: '/page', ce_id: randomUUID() };
  if (attempts.set(challenge, { challenge, phone }).size > 10_000) attempts.delete(attempts.keys().next().value);
  await producer.send({ topic: 'sms.send-code', acks: -1, messages: [{ key: phone, value: JSON.stringify(data), headers }] });
}

async function eachMessage({ message }) {
  const status = JSON.parse(message.value);
  const attempt = attempts.get(status.challenge_id);
  if (attempt && status.kind === 'outcome') attempt.outcome = status;
}

async function ask(method, path, body) {
  const headers = { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' };
  const options = { method, headers, body, signal: AbortSignal.timeout(10_000) };
  const answer = await fetch(`${CHECK_URL}/v1/challenges/${path}`, options);
  if (!answer.ok && answer.status !== 404) throw new Error(`sendcode answered ${method} with ${answer.status}`);
  return answer.status === 200 ? answer.json() : {};
}

const escape = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const cookie = (name, value, s) => `__Host-${name}=${value}; Max-Age=${s}; Path=/; HttpOnly; Secure; SameSite=Strict`;
const redirect = (location, ...cookies) => ({ status: 303, headers: { location, 'set-cookie': cookies } });
const page = (html, ...cookies) => ({ status: 200, headers: { 'set-cookie': cookies }, body: `<!doctype html>${html}` });
const form = (path, button, field = '') =>
  `<form method="post" action="${path}">${field}<button>${button}</button></form>`;
const codePage = ({ phone }, told) => page(`<p>${escape(phone)}: ${escape(told)}</p>`
  + form('/check', 'Sign in', '<input name="code" inputmode="numeric" autocomplete="one-time-code">')
  + form('/resend', 'Send it again') + form('/cancel', 'Cancel'));

const routes = {
  'GET /': () => page(form('/send', 'Text me a code', '<input name="phone" type="tel" autocomplete="tel">')),
  'POST /send': async (visit) => {
    const session = randomBytes(32).toString('base64url');
    const attempt = { challenge: challengeOf(session), phone: visit.fields.get('phone')?.trim() };
    if (!attempt.phone || attempt.phone.length > 64) return redirect('/');
    await send(attempt, visit);
    return redirect('/code', cookie('session', session, 7200));
  },
  'GET /code': ({ attempt }) => codePage(attempt, attempt.outcome?.reason ?? attempt.outcome?.status ?? 'on its way'),
  'POST /resend': (visit) => send(visit.attempt, visit).then(() => redirect('/code')),
  'POST /cancel': ({ attempt: { challenge } }) =>
    ask('DELETE', `${challenge}?${new URLSearchParams(whose)}`).then(() => redirect('/', cookie('session', '', 0))),
  'POST /check': async ({ attempt, fields }) => {
    const guess = { ...whose, phone_number: attempt.phone, code: fields.get('code') };
    if (!/^[0-9]{6}$/.test(guess.code)) return codePage(attempt, 'a code has six digits');
    const { status, device_token: device } = await ask('POST', `${attempt.challenge}/check`, JSON.stringify(guess));
    if (status !== 'approved') return codePage(attempt, status);
    return page('Signed in', cookie('device', device, 180 * 86_400), cookie('session', '', 0)); // here begins your own
  },
};

async function answerTo(request) {
  const [path] = request.url.split('?');
  const cookies = new Map((request.headers.cookie ?? '').split('; ').map((each) => each.split('=')));
  const attempt = attempts.get(challengeOf(cookies.get('__Host-session') ?? ''));
  const route = routes[`${request.method} ${path}`];
  if (!route) return { status: 404 };
  if (!attempt && !['/', '/send'].includes(path)) return redirect('/');
  if (request.headers['transfer-encoding'] || request.headers['content-length'] > 4096) return { status: 413 };
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  return route({ request, attempt, device: cookies.get('__Host-device'), fields: new URLSearchParams(body) });
}

const server = createServer(async (request, response) => {
  const answer = await answerTo(request).catch((error) => (console.error(error.message), { status: 503 }));
  response.writeHead(answer.status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; form-action 'self'", ...answer.headers });
  response.end(answer.body);
});

(async () => {
  const [admin, topic] = [kafka.admin(), 'sms.delivery-status'];
  await Promise.all([admin, producer, consumer].map((each) => each.connect()));
  const ends = await admin.fetchTopicOffsets(topic); // before the first event is sent, so that no outcome is missed
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachMessage });
  for (const { partition, offset } of ends) consumer.seek({ topic, partition, offset });
  server.listen(PORT, '127.0.0.1');
})();
