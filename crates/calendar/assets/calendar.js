// Dragging, keys and the clock. Everything else on the page works without this file, and so does what is dragged here:
// each event has a form of its own.
"use strict";

const DAY_MINUTES = 1440;
const STEP = 15;
const PRESS_MILLISECONDS = 350;
const NEAR_PIXELS = 5;
const EDGE_PIXELS = 9;
// A finger is wider than the arrow of a mouse, and never rests.
const NEAR_FINGER_PIXELS = 12;
const EDGE_FINGER_PIXELS = 18;

const cal = document.getElementById("cal");
const two = (number) => String(number).padStart(2, "0");
const clock = (minutes) => `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;

// Which calendars are shown is sent as soon as it is ticked.
for (const button of document.querySelectorAll("[data-only-without-script]")) button.remove();
for (const button of document.querySelectorAll("[data-only-with-script]")) button.hidden = false;
document.getElementById("ticks")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());

// One key for each place one goes to; none of them while somebody types.
document.addEventListener("keydown", (event) => {
  if (!cal || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog, [popover]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "q") {
    event.preventDefault();
    document.getElementById("quick").focus();
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const links = [...cal.querySelectorAll(".ev a")].filter((link) => link.offsetParent);
    const at = links.indexOf(document.activeElement);
    if (at < 0 && event.key === "ArrowUp") return;
    const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    return;
  }
  const place = [...cal.querySelectorAll("[data-key]")].find((one) => one.dataset.key.split(" ").includes(event.key));
  if (!place) return;
  event.preventDefault();
  if (place.matches("input")) place.focus();
  else place.click();
});

// The hours open where the day begins, or where they were left. On a narrow screen they are lists, which do not scroll.
const week = document.getElementById("week");
if (week && week.scrollHeight > week.clientHeight) {
  const hour = week.querySelector(".scale li").offsetHeight;
  const starts = [...week.querySelectorAll(".hours .ev")].map((one) => Number(one.dataset.from));
  const first = Math.min(8 * 60, ...starts) - 30;
  const left = sessionStorage.getItem("calendar-hours");
  week.scrollTop = left === null ? (Math.max(first, 0) / 60) * hour : Number(left);
  addEventListener("pagehide", () => sessionStorage.setItem("calendar-hours", String(week.scrollTop)));
}

// The line of the clock moves with it, by the time that the page was made at.
const line = document.querySelector(".clock");
if (line) {
  const began = performance.now();
  const step = Number([...line.classList].find((name) => /^s\d+$/.test(name)).slice(1));
  setInterval(() => {
    const minutes = step * 5 + (performance.now() - began) / 60000;
    line.style.top = `${Math.min((minutes / DAY_MINUTES) * 100, 100)}%`;
  }, 30000);
}

// Minutes since midnight under a pointer, on a day's hours.
function minutesAt(hours, y) {
  const box = hours.getBoundingClientRect();
  const minutes = ((y - box.top) / box.height) * DAY_MINUTES;
  return Math.max(0, Math.min(DAY_MINUTES, minutes));
}

const snapped = (minutes) => Math.round(minutes / STEP) * STEP;

function dayUnder(x, y) {
  const days = [...document.querySelectorAll(".week .hours")];
  return days.find((hours) => {
    const box = hours.getBoundingClientRect();
    return x >= box.left && x < box.right;
  });
}

function place(element, from, to) {
  element.style.top = `${(from / DAY_MINUTES) * 100}%`;
  element.style.height = `${((to - from) / DAY_MINUTES) * 100}%`;
}

const dateOf = (hours) => hours.closest("[data-day]").dataset.day;
const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400000);

// A new event: pressed on an empty place and drawn. On a screen that is touched, after a moment, because it scrolls.
function draw(hours, event) {
  const from = Math.floor(minutesAt(hours, event.clientY) / STEP) * STEP;
  const draft = document.createElement("li");
  draft.className = "draft";
  hours.append(draft);
  let to = from + 60;
  const show = () => {
    const [low, high] = [Math.min(from, to), Math.min(Math.max(from, to), DAY_MINUTES)];
    place(draft, low, Math.max(high, low + STEP));
    draft.textContent = `${clock(low)}–${clock(Math.max(high, low + STEP))}`;
    return [low, Math.max(high, low + STEP)];
  };
  show();
  return {
    move(moved) {
      to = snapped(minutesAt(hours, moved.clientY));
      show();
    },
    drop() {
      const [low, high] = show();
      ask(dateOf(hours), low, high, draft);
    },
    cancel: () => draft.remove(),
  };
}

const dayAfter = (date) => new Date(Date.parse(`${date}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);
const called = (date) => document.querySelector(`[data-day="${date}"]`).getAttribute("aria-label");

function ask(date, from, to, draft) {
  const ends = to === DAY_MINUTES ? dayAfter(date) : date;
  const times = { start_date: date, start_time: clock(from), end_date: ends, end_time: clock(to), whole: "" };
  askAbout(times, `${called(date)}, ${clock(from)}–${clock(to)}`, draft);
}

function askDays(first, last, draft) {
  const times = { start_date: first, start_time: "", end_date: last, end_time: "", whole: "on" };
  askAbout(times, first === last ? called(first) : `${called(first)} – ${called(last)}`, draft);
}

function askAbout(times, words, draft) {
  const dialog = document.getElementById("short");
  const form = dialog.querySelector("form");
  for (const [name, value] of Object.entries(times)) form.elements[name].value = value;
  document.getElementById("short-when").textContent = words;
  dialog.addEventListener("close", () => draft.remove(), { once: true });
  dialog.showModal();
  form.title.focus();
}
document.querySelector("[data-close]")?.addEventListener("click", (event) => event.target.closest("dialog").close());

// What is there is moved, or stretched by its lower edge.
function carry(item, event) {
  const hours = item.closest(".hours");
  const box = item.getBoundingClientRect();
  const edge = event.pointerType === "mouse" ? EDGE_PIXELS : Math.min(EDGE_FINGER_PIXELS, box.height / 3);
  const isStretch = box.bottom - event.clientY < edge && box.height > 20;
  const [from, to] = [Number(item.dataset.from), Number(item.dataset.to)];
  const grabbed = minutesAt(hours, event.clientY);
  const ghost = item.cloneNode(true);
  ghost.classList.add("dragged");
  ghost.removeAttribute("data-event");
  let target = hours;
  let by = 0;
  let stretch = 0;
  hours.append(ghost);
  return {
    move(moved) {
      const now = minutesAt(target, moved.clientY);
      if (isStretch) {
        stretch = Math.max(snapped(to + now - grabbed), from + STEP) - to;
      } else {
        target = dayUnder(moved.clientX, moved.clientY) ?? target;
        by = Math.max(0, Math.min(snapped(from + now - grabbed), DAY_MINUTES - STEP)) - from;
      }
      if (ghost.parentElement !== target) target.append(ghost);
      place(ghost, from + by, to + by + stretch);
      const time = ghost.querySelector("time");
      time.textContent = `${clock(from + by)}–${clock(to + by + stretch)}`;
    },
    drop() {
      const days = daysBetween(dateOf(hours), dateOf(target));
      if (days === 0 && by === 0 && stretch === 0) return ghost.remove();
      send(item, by + days * DAY_MINUTES, stretch, ghost);
    },
    cancel: () => ghost.remove(),
  };
}

// The days of the page from one to another, whichever is the earlier.
function daysFrom(one, other) {
  const [first, last] = one < other ? [one, other] : [other, one];
  return [...cal.querySelectorAll("[data-day]")].filter(({ dataset }) => dataset.day >= first && dataset.day <= last);
}

// The day under a pointer: those of a week stand beside each other, those of a month below each other, too.
function cellUnder(x, y) {
  return [...cal.querySelectorAll("[data-day]")].find((day) => {
    const box = day.getBoundingClientRect();
    return x >= box.left && x < box.right && (week || (y >= box.top && y < box.bottom));
  });
}

// Days are marked while something is drawn over them or carried to them.
const mark = (days) => {
  for (const day of cal.querySelectorAll(".chosen")) day.classList.remove("chosen");
  for (const day of days) day.classList.add("chosen");
};
const unmarked = { remove: () => mark([]) };

// Something new that lasts for days.
function drawDays(day) {
  const from = day.dataset.day;
  let to = from;
  mark([day]);
  return {
    move(moved) {
      to = cellUnder(moved.clientX, moved.clientY)?.dataset.day ?? to;
      mark(daysFrom(from, to));
    },
    drop: () => askDays(...[from, to].sort(), unmarked),
    cancel: unmarked.remove,
  };
}

// What is there is carried to another day.
function carryDays(item) {
  const from = dateOf(item);
  let to = from;
  item.classList.add("lifted");
  const ghost = {
    remove() {
      item.classList.remove("lifted");
      unmarked.remove();
    },
  };
  return {
    move(moved) {
      const day = cellUnder(moved.clientX, moved.clientY);
      to = day?.dataset.day ?? to;
      if (day) mark([day]);
    },
    drop() {
      if (to === from) return ghost.remove();
      send(item, daysBetween(from, to) * DAY_MINUTES, 0, ghost);
    },
    cancel: ghost.remove,
  };
}

function send(item, by, stretch, ghost) {
  const form = document.getElementById("move");
  const { calendar, event, change, instance } = item.dataset;
  const values = { calendar, event, change, instance, by, stretch, which: "this" };
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  if (!instance) return form.submit();
  const dialog = document.getElementById("which");
  dialog.returnValue = "";
  for (const button of dialog.querySelectorAll("button")) button.onclick = () => dialog.close(button.value);
  dialog.onclose = () => {
    if (!dialog.returnValue) return ghost.remove();
    form.elements.which.value = dialog.returnValue;
    form.submit();
  };
  dialog.showModal();
}

// What is begun where it is pressed: something that is there is carried, an empty place is drawn upon.
function begunAt({ target, event }) {
  const item = target.closest(".ev");
  if (item && !item.dataset.event) return null;
  const hours = target.closest(".hours");
  if (hours) return item ? carry(item, event) : draw(hours, event);
  const day = target.closest("[data-day]");
  if (!day || target.closest("h2, .more")) return null;
  return item ? carryDays(item) : drawDays(day);
}

// Whoever looks at a published calendar changes nothing in it.
const board = document.getElementById("short") && (week ?? document.getElementById("month"));
if (board && getComputedStyle(board).display === "grid") {
  board.classList.add("by-hand");
  let drag = null;
  let begun = null;
  let isDropped = false;
  board.addEventListener("pointerdown", (event) => {
    isDropped = false;
    // Two fingers make the page larger.
    if (!event.isPrimary) return stop();
    if (event.button !== 0) return;
    const { clientX: x, clientY: y, target } = event;
    const start = { x, y, target, event, ready: event.pointerType === "mouse" };
    begun = start;
    if (!start.ready) setTimeout(() => {
      if (begun !== start) return;
      start.ready = true;
      begin(start, event);
    }, PRESS_MILLISECONDS);
  });
  const begin = (start, event) => {
    drag = begunAt(start);
    if (!drag) return;
    try { board.setPointerCapture(event.pointerId); } catch { /* The pointer is gone. */ }
  };
  board.addEventListener("pointermove", (event) => {
    if (!begun) return;
    const near = event.pointerType === "mouse" ? NEAR_PIXELS : NEAR_FINGER_PIXELS;
    const far = Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > near;
    if (!drag && far && !begun.ready) begun = null;
    else if (!drag && far) begin(begun, event);
    if (drag) {
      event.preventDefault();
      drag.move(event);
    }
  });
  board.addEventListener("touchmove", (event) => drag && event.preventDefault(), { passive: false });
  // What a finger holds is carried: there is no menu of its link.
  const isHeld = () => drag || (begun && begun.event.pointerType !== "mouse");
  board.addEventListener("contextmenu", (event) => isHeld() && event.preventDefault());
  // A finger's click would follow later: there is none after what was held.
  board.addEventListener("touchend", (event) => isDropped && event.preventDefault(), { passive: false });
  board.addEventListener("pointerup", (event) => {
    const start = begun;
    begun = null;
    if (drag) {
      const dropped = drag;
      drag = null;
      isDropped = true;
      // The click that follows a mouse at once would open what was dragged.
      const open = (click) => click.preventDefault();
      board.addEventListener("click", open, true);
      setTimeout(() => {
        board.removeEventListener("click", open, true);
        dropped.drop();
      });
    } else if (start && !start.target.closest(".ev") && event.pointerType === "mouse") {
      begunAt(start)?.drop();
    }
  });
  const stop = () => {
    drag?.cancel();
    drag = begun = null;
  };
  board.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
}

// Times of whole days are of no use, and an end before its start moves along.
const form = document.getElementById("event");
if (form) {
  let [date, time] = [form.start_date.value, form.start_time.value];
  form.addEventListener("change", (event) => {
    if (event.target !== form.start_date && event.target !== form.start_time) return;
    const at = (day, hour) => Date.parse(`${day}T${hour || "00:00"}:00Z`);
    const length = at(form.end_date.value, form.end_time.value) - at(date, time);
    [date, time] = [form.start_date.value, form.start_time.value];
    const end = new Date(at(date, time) + length);
    if (Number.isNaN(end.getTime()) || length < 0) return;
    form.end_date.value = end.toISOString().slice(0, 10);
    form.end_time.value = end.toISOString().slice(11, 16);
  });
}

// Problems of a file that are listed; how many more there are is said.
const PROBLEMS_SHOWN = 20;

// A file is read by the service twice: first to see what it would do, then to do it.
const bringing = document.getElementById("import");
if (bringing) {
  bringing.hidden = false;
  const part = (name) => document.getElementById(`import-${name}`);
  const send = async (preview) => {
    const answer = await fetch(`${bringing.dataset.to}?preview=${preview}`, {
      method: "POST",
      headers: { "content-type": "text/calendar" },
      body: part("file").files[0],
    });
    const told = await answer.json().catch(() => ({}));
    part("problems").replaceChildren();
    const list = part("problems");
    const words = JSON.parse(list.dataset.words);
    const said = ({ code, about, problem }) => words[code]?.replace("{about}", about) ?? problem;
    const wrong = told.errors?.[0];
    part("said").textContent = answer.ok ? "" : words[wrong?.code] ?? wrong?.message ?? told.detail ?? bringing.dataset.wrong;
    part("result").hidden = !answer.ok;
    if (!answer.ok) return false;
    for (const figure of part("result").querySelectorAll("dd")) figure.textContent = told[figure.dataset.of];
    const refused = told.rows.filter((row) => row.problem);
    const called = (row) => `${list.dataset.line.replace("0", row.line)} ${row.title || row.uid}`;
    const of = (line) => list.dataset.line.replace("0", line);
    const outside = told.problems.map((one) => (one.line ? `${of(one.line)} ${said(one)}` : said(one)));
    const all = [...refused.map((row) => `${called(row)}: ${said(row)}`), ...outside];
    const lines = all.slice(0, PROBLEMS_SHOWN);
    const more = told.refused - refused.length + all.length - lines.length;
    if (more > 0) lines.push(`${list.dataset.more} ${more}`);
    for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
    return told.new + told.changed > 0;
  };
  part("file").addEventListener("change", async () => {
    part("do").disabled = true;
    part("do").disabled = !(part("file").files.length && (await send(true)));
  });
  part("do").addEventListener("click", async () => {
    part("do").disabled = true;
    await send(false);
    if (!part("result").hidden) part("said").textContent = part("said").dataset.done;
  });
}
