// Runs what docs/segments.md shows for JavaScript on a web page, with the streams that browsers have, and changes the
// person meanwhile.

import assert from 'node:assert/strict';
import { EventSource } from 'eventsource';
import { put, stranger, until, variant } from './given.mjs';

globalThis.EventSource = EventSource;
const changes = [];
globalThis.given.redraw = (flags) => changes.push(flags);

await put('VOICE_MESSAGES', true);
const { OpenFeature, ProviderEvents, client } = await import('./snippet-web.mjs');
assert.equal(client.getBooleanValue('VOICE_MESSAGES', false), true, 'by hand');
assert.equal(client.getStringValue('BUTTON_COLOUR', 'none'), await variant('BUTTON_COLOUR'));
const absent = client.getBooleanDetails('NOT_A_SEGMENT', true);
assert.equal(absent.value, true);
assert.equal(absent.errorCode, 'FLAG_NOT_FOUND');

const heard = [];
client.addHandler(ProviderEvents.ConfigurationChanged, ({ message }) => heard.push(message));
for (const isIn of [false, true]) {
  changes.length = 0;
  await put('VOICE_MESSAGES', isIn);
  await until(`the change to ${isIn}`, () => client.getBooleanValue('VOICE_MESSAGES', !isIn) === isIn);
  await until('that the page was told', () => changes.some((flags) => flags.includes('VOICE_MESSAGES')));
}
assert.deepEqual([...new Set(heard)], ['Flags updated'], 'told by the stream and not found by polling');

await OpenFeature.setContext({ targetingKey: stranger });
const unknown = client.getBooleanDetails('VOICE_MESSAGES', true);
assert.equal(unknown.reason, 'UNKNOWN');
assert.equal(unknown.value, false);
process.exit(0);
