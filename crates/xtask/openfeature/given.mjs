// What the snippets are given, and how those who check them change the house meanwhile.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const demo = JSON.parse(readFileSync(process.env.TESTER_DEMO, 'utf8'));
const PATIENCE_MS = 60_000;

export const house = process.env.TESTER_BASE;
export const key = demo.service_key;
export const person = demo.people.find(({ role }) => role === process.env.TESTER_PERSON).id;
export const stranger = randomUUID();

const ask = async (method, path, body) => {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const answer = await fetch(house + path, { method, headers, body: body && JSON.stringify(body) });
  assert(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};

/** Puts the person into a segment, or out of it. */
export const put = (segment, isIn) =>
  ask('PATCH', `/api/v1/people/${person}/segments`, isIn ? { add: [{ key: segment }] } : { remove: [segment] });

/** Which variant of a segment the person is shown, as the API of segments has it. */
export const variant = async (segment) => {
  const { segments } = await ask('GET', `/api/v1/people/${person}/segments`);
  return segments.find((one) => one.key === segment).variant;
};

/** Waits for a condition, which comes true or never does. */
export const until = async (what, condition) => {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    assert(Date.now() < deadline, `not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

globalThis.given = { house, key, person };
