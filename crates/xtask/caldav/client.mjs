// tsdav, the client library of many web programs: discovery, calendars, events, sync. Prints a line for each promise.

import { DAVClient } from "tsdav";

const [serverUrl, username, password] = process.argv.slice(2);
const client = new DAVClient({
  serverUrl,
  credentials: { username, password },
  authMethod: "Basic",
  defaultAccountType: "caldav",
});

const event = (uid, summary) =>
  [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Judge//EN", "BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20261101T000000Z",
    "DTSTART:20261124T090000Z", "DTEND:20261124T100000Z", "RRULE:FREQ=DAILY;COUNT=3", `SUMMARY:${summary}`, "END:VEVENT",
    "END:VCALENDAR", "",
  ].join("\r\n");

let calendar;
let token;
const within = { start: "2026-11-25T00:00:00Z", end: "2026-11-25T23:59:59Z" };
const objects = (more = {}) => client.fetchCalendarObjects({ calendar, ...more });
const is = (said, what) => {
  if (!said) throw new Error(what);
};

const promises = {
  "finds the account by the address of the house": async () => {
    await client.login();
    is(client.account.homeUrl.includes("/dav/calendars/"), client.account.homeUrl);
  },
  "lists calendars with names and colours": async () => {
    const all = await client.fetchCalendars();
    is(all.length > 0 && all[0].displayName && all[0].ctag && all[0].syncToken, JSON.stringify(all));
  },
  "makes a calendar": async () => {
    const url = `${client.account.homeUrl}judge/`;
    await client.makeCalendar({ url, props: { displayname: "Judge" } });
    calendar = (await client.fetchCalendars()).find((one) => one.displayName === "Judge");
    is(calendar, "it is not listed");
    token = calendar.syncToken;
  },
  "creates an event": async () => {
    const made = await client.createCalendarObject({
      calendar,
      filename: "one.ics",
      iCalString: event("judge-one", "One"),
    });
    is(made.status === 201, `${made.status}`);
  },
  "refuses to create it once more": async () => {
    const again = await client.createCalendarObject({
      calendar,
      filename: "one.ics",
      iCalString: event("judge-one", "One"),
    });
    is(again.status === 412, `${again.status}`);
  },
  "finds it by time, an instance of the series": async () => {
    is((await objects({ timeRange: within })).length === 1, "it is not found");
    const later = { start: "2026-12-25T00:00:00Z", end: "2026-12-25T23:59:59Z" };
    is((await objects({ timeRange: later })).length === 0, "it is found where it is not");
  },
  "expands the series": async () => {
    const [one] = await objects({ timeRange: within, expand: true });
    is(one.data.includes("RECURRENCE-ID") && !one.data.includes("RRULE"), one.data);
  },
  "changes it with its tag, and not with an old one": async () => {
    const [before] = await objects();
    const changed = { ...before, data: event("judge-one", "Two") };
    is((await client.updateCalendarObject({ calendarObject: changed })).ok, "it is not taken");
    const stale = await client.updateCalendarObject({ calendarObject: changed });
    is(stale.status === 412, `${stale.status}`);
    is((await objects())[0].data.includes("SUMMARY:Two"), "it is as before");
  },
  "follows changes by token": async () => {
    const answers = await client.syncCollection({
      url: calendar.url,
      props: { "d:getetag": {} },
      syncLevel: 1,
      syncToken: token,
    });
    is(answers.some((one) => one.href?.endsWith("one.ics")), JSON.stringify(answers));
  },
  "sees that a calendar changed": async () => {
    const { isDirty } = await client.isCollectionDirty({ collection: calendar });
    is(isDirty, "it seems the same");
  },
  "syncs a calendar as a whole": async () => {
    const objectMultiGet = (wanted) => client.calendarMultiGet(wanted);
    const done = await client.smartCollectionSync({
      collection: { ...calendar, syncToken: token, objects: [], objectMultiGet },
      method: "webdav",
      detailedResult: true,
      account: client.account,
    });
    is(done.objects.created.length === 1, JSON.stringify(done));
  },
  "deletes it": async () => {
    const [before] = await objects();
    is((await client.deleteCalendarObject({ calendarObject: before })).ok, "it is refused");
    is((await objects()).length === 0, "it is still there");
  },
};

let failed = 0;
for (const [name, keep] of Object.entries(promises)) {
  try {
    await keep();
    console.log(`passed\t${name}`);
  } catch (error) {
    failed += 1;
    console.log(`failed\t${name}: ${error.message}`.slice(0, 500));
  }
}
process.exit(failed ? 1 : 0);
