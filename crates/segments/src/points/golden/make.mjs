// Makes vectors.csv with the libraries that other houses run: for each person and salt the least share, in per cent, at
// which each of them lets the person in. Not run by tests, which must not change their mind when a library does.
//
//   npm install unleash-client@6.12.1 @launchdarkly/node-server-sdk@9.13.7 @growthbook/growthbook@1.8.0 @openfeature/flagd-core@4.0.1
//   node make.mjs > vectors.csv
//
// The salt is Unleash's group, GrowthBook's seed (hash version 2), flagd's key of the flag, and for LaunchDarkly, cut at
// its dot, key and salt of the flag.

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { FlagdCore } from '@openfeature/flagd-core';
import { GrowthBook } from '@growthbook/growthbook';
import { init, integrations } from '@launchdarkly/node-server-sdk';

const require = createRequire(import.meta.url);
const { default: FlexibleRollout } = require('unleash-client/lib/strategy/flexible-rollout-strategy');

const PEOPLE = 300;
const SALTS = ['front-desk.a1', 'night_buses.2026', 'VOICE_MESSAGES.x', 'letters.9c2f'];

const guid = (number) => {
  const hex = createHash('sha256').update(`person ${number}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
};

/** The least of 1 to `most` for which `isIn` holds, which holds for all above it. */
const least = async (most, isIn) => {
  let [below, at] = [0, most];
  while (at - below > 1) {
    const middle = Math.floor((below + at) / 2);
    if (await isIn(middle)) at = middle;
    else below = middle;
  }
  return at;
};

const strategy = new FlexibleRollout();
const unleash = (salt, person) =>
  least(100, (share) => strategy.isEnabled({ groupId: salt, rollout: `${share}`, stickiness: 'userId' }, { userId: person }));

const data = new integrations.TestData();
const client = init('sdk-key', { updateProcessor: data.getFactory(), sendEvents: false, logger: { debug() {}, info() {}, warn() {}, error: console.error } });
await client.waitForInitialization({ timeout: 10 });
const launchDarkly = (salt, person) =>
  least(100_000, async (share) => {
    const [key, its] = salt.split('.');
    const variations = [{ variation: 0, weight: share }, { variation: 1, weight: 100_000 - share }];
    const flag = { key, salt: its, on: true, version: 1, variations: [true, false], fallthrough: { rollout: { variations } } };
    await data.usePreconfiguredFlag(flag);
    return client.boolVariation(key, { kind: 'user', key: person }, null);
  });

const growthBook = (salt, person) =>
  least(10_000, (share) => {
    const rule = { force: true, coverage: share / 10_000, hashVersion: 2, seed: salt, hashAttribute: 'id' };
    const house = new GrowthBook({ attributes: { id: person }, features: { flag: { defaultValue: false, rules: [rule] } } });
    return house.isOn('flag');
  });

const core = new FlagdCore();
const flagd = (salt, person) =>
  least(1_000_000, (share) => {
    const targeting = { fractional: [['on', share], ['off', 1_000_000 - share]] };
    const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting };
    core.setConfigurations(JSON.stringify({ flags: { [salt]: flag } }));
    return core.resolveBooleanEvaluation(salt, false, { targetingKey: person }, { debug() {}, info() {}, warn() {}, error: console.error }).value;
  });

console.log('person,salt,unleash,launchdarkly,growthbook,flagd');
for (let number = 0; number < PEOPLE; number++) {
  const person = guid(number);
  const salt = SALTS[number % SALTS.length];
  const shares = [
    await unleash(salt, person),
    ((await launchDarkly(salt, person)) / 1e3).toFixed(3),
    ((await growthBook(salt, person)) / 1e2).toFixed(2),
    ((await flagd(salt, person)) / 1e4).toFixed(4),
  ];
  console.log([person, salt, ...shares].join(','));
}
client.close();
