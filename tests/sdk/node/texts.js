// Texts by Twilio's SDK for Node: one JSON request a line, answered with a line each; see ../sdk_process.py.
"use strict";

const readline = require("node:readline");
const twilio = require("twilio");
const { RequestClient } = twilio;

// Twilio's own client, but for the host that it calls.
class SandboxHttpClient extends RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", process.env.SDK_BASE_URL) });
  }
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());

const typeOf = (value) => (value === null ? "null" : typeof value === "object" ? value.constructor.name : typeof value);

// Every attribute of the SDK's resource, with the type that it has there.
const asFields = (resource) =>
  Object.fromEntries(
    Object.entries(resource)
      .filter(([name]) => !name.startsWith("_"))
      .map(([name, value]) => [snake(name), { type: typeOf(value), value }]),
  );

async function answer(client, asked) {
  const parameters = Object.fromEntries(Object.entries(asked.parameters).map(([name, value]) => [camel(name), value]));
  const { sid, ...outcome } = parameters;
  if (asked.do === "feedback") return asFields(await client.messages(sid).feedback.create(outcome));
  if (asked.do === "send") return asFields(await client.messages.create(parameters));
  if (parameters.dateSentAfter) parameters.dateSentAfter = new Date(parameters.dateSentAfter);
  return (await client.messages.list(parameters)).map(asFields);
}

async function main() {
  const { SDK_USER, SDK_PASSWORD, SDK_ACCOUNT, SDK_CA_FILE } = process.env;
  process.env.TWILIO_CA_BUNDLE = SDK_CA_FILE;
  const client = twilio(SDK_USER, SDK_PASSWORD, { accountSid: SDK_ACCOUNT, httpClient: new SandboxHttpClient() });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let out;
    try {
      out = { done: await answer(client, JSON.parse(line)) };
    } catch (error) {
      if (!(error instanceof twilio.RestException)) throw error;
      const { code, status, moreInfo } = error;
      out = { error: { type: error.constructor.name, code, status, more_info: moreInfo } };
    }
    console.log(JSON.stringify(out));
  }
}

main();
