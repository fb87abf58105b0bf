// Small comforts. Every page does its work without this file.
"use strict";

// A secret that is shown once can be copied with one press.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = button.dataset.copied;
  });
}

// The menu closes when the reader goes elsewhere or presses Escape.
for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// A second press of the same button would only do the same thing twice.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A form that can tell what it would do tells it again whenever its reader pauses.
const PAUSE_MILLISECONDS = 700;
for (const form of document.querySelectorAll("form[data-preview]")) {
  let pause, asked;
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      const body = new URLSearchParams(new FormData(form));
      body.set("act", "preview");
      try {
        const answer = await fetch(form.action, { method: "POST", body, signal: asked.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(form.dataset.preview);
        if (fresh) document.getElementById(form.dataset.preview).replaceChildren(...fresh.childNodes);
      } catch {
        // The button does the same.
      }
    }, PAUSE_MILLISECONDS);
  });
}

// The first field that was refused takes the cursor.
document.querySelector("[aria-invalid=true]")?.focus();
