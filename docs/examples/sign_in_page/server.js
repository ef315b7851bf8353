// A sign-in page's server: has a code texted to a phone, tells what became of it, checks what the person types.
'use strict';
const { createHmac, randomBytes, randomUUID, timingSafeEqual } = require('node:crypto');
const { createServer } = require('node:http');
const { Kafka, Partitioners, logLevel } = require('kafkajs');

const { KAFKA_BOOTSTRAP, CHECK_URL, API_TOKEN, COOKIE_KEY, PORT, ENVIRONMENT_ID, APPLICATION_ID, CONNECTION_ID } = process.env;
const whose = { environment_id: ENVIRONMENT_ID, application_id: APPLICATION_ID, purpose: 'sign_in' };
const kafka = new Kafka({ brokers: KAFKA_BOOTSTRAP.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `sign-in-page-${randomUUID()}` }); // each instance of this server sees all
const outcomes = new Map(); // the newest of each challenge; of the last 10,000 challenges

async function eachMessage({ message: { key, value } }) {
  const status = JSON.parse(value);
  if (status.kind !== 'outcome') return;
  outcomes.set(String(key), status);
  if (outcomes.size > 10_000) outcomes.delete(outcomes.keys().next().value);
}

// A resend is a new event of the same challenge: the person gets the same code again.
async function send({ challenge, phone }, { request, device }) {
  const data = { ...whose, connection_id: CONNECTION_ID, challenge_id: challenge, phone_number: phone, device_token: device,
    client_ip: request.socket.remoteAddress }; // behind a proxy: the address that the proxy tells
  const headers = { ce_specversion: '1.0', ce_type: 'io.sendcode.send-code.v1', ce_source: '/sign-in', ce_id: randomUUID() };
  outcomes.delete(challenge);
  await producer.send({ topic: 'sms.send-code', acks: -1, messages: [{ key: phone, value: JSON.stringify(data), headers }] });
}

async function ask(method, path, body) {
  const headers = { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' };
  const options = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
  const answer = await fetch(`${CHECK_URL}/v1/challenges/${path}`, options);
  if (!answer.ok && answer.status !== 404) throw new Error(`${method} was answered with ${answer.status}`);
  return answer.status === 200 ? answer.json() : {};
}

// A browser keeps its attempt, {challenge, phone}, in a signed cookie that scripts cannot read.
const seal = (text) => `${text}.${createHmac('sha256', COOKIE_KEY).update(text).digest('base64url')}`;
function unseal(cookie = '') {
  const [given, good] = [cookie, seal(cookie.split('.')[0])].map(Buffer.from);
  const whole = given.length === good.length && timingSafeEqual(given, good);
  return whole ? JSON.parse(Buffer.from(cookie.split('.')[0], 'base64url')) : null;
}
const cookie = (name, value, seconds) =>
  `__Host-${name}=${value}; Max-Age=${seconds}; Path=/; HttpOnly; Secure; SameSite=Strict`;

const escape = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
const form = (path, field, button) => `<form method="post" action="${path}">${field}<button>${button}</button></form>`;
const page = (html, ...cookies) => ({ status: 200, body: `<!doctype html><title>Sign in</title>${html}`, cookies });
const redirect = (location, ...cookies) => ({ status: 303, location, cookies });
const codePage = ({ phone }, told) => page(`<p>${escape(told)} ${escape(phone)}</p>`
  + form('/check', '<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6">', 'Sign in')
  + form('/resend', '', 'Send it again') + form('/cancel', '', 'Cancel'));

const routes = {
  'GET /': () => page(form('/send', '<input name="phone" type="tel" autocomplete="tel" maxlength="64">', 'Text me a code')),
  'POST /send': async (visit) => {
    const attempt = { challenge: randomBytes(24).toString('base64url'), phone: visit.fields.get('phone')?.trim() };
    if (!attempt.phone || attempt.phone.length > 64) return redirect('/');
    await send(attempt, visit);
    return redirect('/code', cookie('attempt', seal(Buffer.from(JSON.stringify(attempt)).toString('base64url')), 7200));
  },
  'GET /code': async ({ attempt }) => {
    const { status, reason, retry_after_s: wait } = outcomes.get(attempt.challenge) ?? {};
    return codePage(attempt, reason ? `Not sent: ${reason}${wait ? `, try again in ${wait} s` : ''}.` : status ? 'Sent.' : 'On its way.');
  },
  'POST /resend': async (visit) => { await send(visit.attempt, visit); return redirect('/code'); },
  'POST /check': async ({ attempt, fields }) => {
    if (!/^[0-9]{6}$/.test(fields.get('code'))) return codePage(attempt, 'A code has six digits.');
    const guess = { ...whose, phone_number: attempt.phone, code: fields.get('code') };
    const answer = await ask('POST', `${attempt.challenge}/check`, guess);
    if (answer.status !== 'approved') return codePage(attempt, `The code is ${answer.status}.`);
    return page('You are signed in.', cookie('device', answer.device_token, 180 * 86_400), cookie('attempt', '', 0));
  },
  'POST /cancel': async ({ attempt }) => {
    await ask('DELETE', `${attempt.challenge}?${new URLSearchParams(whose)}`);
    return redirect('/', cookie('attempt', '', 0));
  },
};

async function answerTo(request) {
  const { pathname } = new URL(request.url, 'http://page');
  const route = routes[`${request.method} ${pathname}`];
  const cookies = new Map((request.headers.cookie ?? '').split('; ').map((each) => each.split('=', 2)));
  const visit = { request, attempt: unseal(cookies.get('__Host-attempt')), device: cookies.get('__Host-device') };
  if (!route) return { status: 404 };
  if (!visit.attempt && !['/', '/send'].includes(pathname)) return redirect('/');
  if (request.method === 'POST' && !(Number(request.headers['content-length']) <= 4096)) return { status: 413 };
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  return route({ ...visit, fields: new URLSearchParams(body) });
}

const server = createServer(async (request, response) => {
  const answer = await answerTo(request).catch((error) => (console.error(error.message), { status: 503 }));
  ...
