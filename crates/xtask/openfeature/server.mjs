// Runs what docs/segments.md shows for JavaScript on a server, and what its readers would try next.

import assert from 'node:assert/strict';
import { person, put, stranger, variant } from './given.mjs';

await put('VOICE_MESSAGES', true);
const { client, colour, isIn } = await import('./snippet-server.mjs');
assert.equal(isIn, true, 'by hand');
assert.equal(colour, await variant('BUTTON_COLOUR'), 'the variant that REST tells');

const details = await client.getBooleanDetails('VOICE_MESSAGES', false, { targetingKey: person });
assert.equal(details.reason, 'TARGETING_MATCH');
assert.equal(details.variant, 'on');
assert.equal(details.flagMetadata.why, 'by_hand');

await put('VOICE_MESSAGES', false);
assert.equal(await client.getBooleanValue('VOICE_MESSAGES', true, { targetingKey: person }), false, 'at once');

const absent = await client.getBooleanDetails('NOT_A_SEGMENT', true, { targetingKey: person });
assert.equal(absent.value, true, 'what the program says itself');
assert.equal(absent.errorCode, 'FLAG_NOT_FOUND');

const unknown = await client.getBooleanDetails('VOICE_MESSAGES', true, { targetingKey: stranger });
assert.equal(unknown.reason, 'UNKNOWN');
assert.equal(unknown.value, false);

const nobody = await client.getBooleanDetails('VOICE_MESSAGES', true, {});
assert.equal(nobody.errorCode, 'TARGETING_KEY_MISSING');
process.exit(0);
