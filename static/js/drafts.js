// Stores at the server what is typed into a form with data-draft, its address, as long as it is not sent:
// leaving the page, the end of the session and a crash lose nothing. What the server answers, for instance
// the total so far, stands in the form's [data-draft-answer].

const DELAY = 500;

// Forms with changes that are not stored yet, with their timers.
const unsaved = new Map();

function forget(form) {
  clearTimeout(unsaved.get(form));
  unsaved.delete(form);
}

// Of two answers the one to the later question counts.
let latest = 0;

async function send(form, body) {
  const question = ++latest;
  const answer = await fetch(form.dataset.draft, { method: "POST", body });
  if (answer.status !== 200 || answer.redirected) return;
  const said = await answer.text();
  if (question === latest) form.querySelector("[data-draft-answer]").innerHTML = said;
}

function save(form, isLeaving) {
  forget(form);
  // What the server answered has taken its place; the server has stored that.
  if (!form.isConnected) return;
  const fields = new FormData(form);
  fields.delete("form-key");
  // A beacon is sent even while the page closes. A server that is gone is told of by what people press.
  if (isLeaving) navigator.sendBeacon(form.dataset.draft, fields);
  else send(form, fields).catch(() => {});
}

function keep(form) {
  forget(form);
  unsaved.set(form, setTimeout(() => save(form, false), DELAY));
}

for (const name of ["input", "change"]) {
  document.addEventListener(name, ({ target }) => {
    if (target.form?.dataset.draft) keep(target.form);
  });
}

function isTyped({ type, value, defaultValue = value }) {
  return type !== "hidden" && value !== defaultValue;
}

// Back to the page whose order was created: the browser puts back what was typed, and sent again it would be
// another order. The entry of the history remembers that it has done its work.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const isDone = detail.requestConfig.elt.dataset.draft && detail.xhr.getResponseHeader("HX-Redirect");
  if (isDone) history.replaceState({ ...history.state, isSent: true }, "");
});

function emptySent() {
  if (!history.state?.isSent) return;
  for (const form of document.querySelectorAll("form[data-draft]")) form.reset();
}

emptySent();

addEventListener("pageshow", ({ persisted }) => {
  // As the browser has kept it, it would still belong to that draft.
  if (persisted && history.state?.isSent) return location.reload();
  emptySent();
  // What is typed from now on is another order.
  if (history.state?.isSent) history.replaceState({ ...history.state, isSent: false }, "");
});

// What was typed before this script came, over a slow line, or was put back by the browser.
for (const form of document.querySelectorAll("form[data-draft]")) {
  if ([...form.elements].some(isTyped)) keep(form);
}

addEventListener("pagehide", () => {
  for (const form of [...unsaved.keys()]) save(form, true);
});
