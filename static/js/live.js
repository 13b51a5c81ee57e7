// Keeps what stands on the screen true: a tab that is looked at asks the server once every ten seconds.
// Most times for what has changed on the page, in turns for the badges and for the banners.

const EVERY = 10_000;
const TURNS = ["live", "recount", "live", "banners", "live", "live"];

let turn = 0;
let askedAt = Date.now();

// A search that failed: the list and its fields disagree until it is sent again.
let failedForm = null;

function ask() {
  askedAt = Date.now();
  document.body.dispatchEvent(new Event(TURNS[turn++ % TURNS.length]));
}

setInterval(() => {
  if (!document.hidden) ask();
}, EVERY);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - askedAt > EVERY) ask();
});

function idsOf(rows) {
  return [...rows].map((row) => row.id.replace("order-", "")).join(".");
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id !== "live" || !document.getElementById("results")) return;
  detail.parameters.shown = idsOf(document.querySelectorAll("#results tbody tr"));
  detail.parameters.left = idsOf(document.querySelectorAll("#results tbody tr.left"));
});

// Nothing is told twice to who listens.
function isSame(part, fragment) {
  return part.id === "news" && part.textContent.trim() === fragment.textContent.trim();
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (isSame(event.detail.target, event.detail.fragment)) event.detail.shouldSwap = false;
});

function noteFailure({ detail }) {
  const { elt, xhr } = detail;
  if (elt.matches("form[role=search]") && (xhr.status === 0 || xhr.status >= 500)) failedForm = elt;
}

document.addEventListener("htmx:sendError", noteFailure);
document.addEventListener("htmx:responseError", noteFailure);
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful || !failedForm) return;
  const form = failedForm;
  failedForm = null;
  if (form.isConnected && detail.elt !== form) htmx.trigger(form, "submit");
});
