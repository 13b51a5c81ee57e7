// After an act the focus stays with what was acted on, also where the server has drawn it anew: on the next
// thing of the same part of the page, or on what the part marks with data-first, its next empty field. To
// open a form in a part, and to close it, is an act too.

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";

// Ids of the parts around what was pressed, from within; a form elsewhere names the part that it acts on.
let trail = [];

// What was pressed itself, where it is still there.
let pressed = null;

// The request that it sent: what others bring meanwhile changes nothing.
let sent = null;

function idsAround(element) {
  const found = [];
  for (let part = element; part && part !== document.body; part = part.parentElement) {
    if (part.id) found.push(part.id);
    if (part.dataset.actsOn) found.push(part.dataset.actsOn);
  }
  return found;
}

function canHaveFocus(element) {
  return element.checkVisibility() && !element.disabled && element.tabIndex >= 0;
}

function firstIn(part) {
  const marked = [...part.querySelectorAll("[data-first]")];
  const others = [...part.querySelectorAll(FOCUSABLE)];
  const own = part.matches(FOCUSABLE) ? [part] : [];
  return [...own, ...marked, ...others].find(canHaveFocus);
}

function restore() {
  if (!trail.length || document.activeElement !== document.body) return;
  if (pressed?.isConnected && canHaveFocus(pressed)) {
    pressed.focus({ preventScroll: true });
    trail = [];
  }
  for (const id of trail) {
    const part = document.getElementById(id);
    const target = part && firstIn(part);
    if (!target) continue;
    target.focus({ preventScroll: true });
    break;
  }
  trail = [];
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  const { verb, triggeringEvent } = requestConfig;
  // The menu of a row gives the focus back itself (row-menu.js).
  if (elt.closest("#row-menu")) return;
  // What the page asks by itself, or while somebody types, is nobody's act.
  if (elt.id === "live" || (verb === "get" && triggeringEvent?.type !== "click")) return;
  pressed = triggeringEvent?.submitter ?? elt;
  trail = idsAround(pressed);
  sent = xhr;
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  // What was hidden or disabled loses the focus when the page is drawn.
  if (detail.xhr === sent) requestAnimationFrame(() => setTimeout(restore));
});

// Rows that are drawn anew keep the focus: on the same thing, else on the order.
let focusedRow = null;
let focusedThing = "";

function thingIn({ name, dataset }) {
  if (dataset.menu) return `[data-menu=${dataset.menu}]`;
  return name ? `[name=${name}]` : "td.number a";
}

document.addEventListener("htmx:beforeSwap", () => {
  const row = document.activeElement.closest("#results tbody tr");
  if (!row) return;
  focusedRow = row.id;
  focusedThing = thingIn(document.activeElement);
});

document.addEventListener("htmx:afterSettle", () => {
  const row = document.getElementById(focusedRow);
  focusedRow = null;
  if (document.activeElement !== document.body) return;
  row?.querySelector(focusedThing)?.focus({ preventScroll: true });
});

// A new order begins with its first line.
document.querySelector("#create [data-first]")?.focus();
