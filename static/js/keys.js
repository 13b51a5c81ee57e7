// Keys for people who work without a mouse (O16). They do nothing while one types, in menus and in dialogs.

const ROW_LINK = "#results tbody td.number a";
const TEXT = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

const OPEN = "details.menu[open] .menu-panel, [popover]:popover-open, dialog[open]";

// Of the list: the row that had the focus last, which may have been drawn anew.
let currentRow = null;

function row() {
  const focused = document.activeElement.closest("#results tbody tr");
  if (focused) currentRow = focused.id;
  return currentRow && document.getElementById(currentRow);
}

function step(by) {
  const links = [...document.querySelectorAll(ROW_LINK)];
  if (!links.length) return false;
  const place = links.indexOf(row()?.querySelector("td.number a"));
  const next = place < 0 ? 0 : Math.min(Math.max(place + by, 0), links.length - 1);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector, within = document) {
  const found = within?.querySelector(selector);
  found?.click();
  return Boolean(found);
}

function focus(selector) {
  const found = document.querySelector(selector);
  found?.focus();
  return Boolean(found);
}

function openMenu(selector) {
  const menu = document.querySelector(selector);
  if (!menu?.checkVisibility()) return false;
  menu.open = true;
  const items = menu.querySelectorAll(".menu-panel .menu-item");
  (items[0] ?? menu.querySelector("summary")).focus();
  return true;
}

function search() {
  const box = document.querySelector("main input[type=search]");
  box?.focus();
  box?.select();
  return Boolean(box);
}

function leave(address) {
  if (address) location.assign(address);
  return Boolean(address);
}

function show(address) {
  if (!address) return false;
  const shown = document.getElementById("key-dialog");
  htmx.ajax("GET", address, { target: shown, swap: "innerHTML" }).then(() => {
    if (shown.firstElementChild && !shown.open) shown.showModal();
  });
  return true;
}

const { keys, goTo, newOrder } = document.body.dataset;

const KEYS = {
  "/": search,
  "?": () => show(keys),
  n: () => leave(newOrder),
  j: () => step(1) || press("#neighbours [rel=next]"),
  k: () => step(-1) || press("#neighbours [rel=prev]"),
  u: () => press(".back"),
  x: () => press("input[name=id]", row()),
  s: () => press("[data-menu=statuses]", row()) || openMenu("#status-menu"),
  a: () => press("[data-menu=people]", row()) || openMenu("#assignee-menu") || focus("#assignee"),
  d: () => press("[data-menu=days]", row()) || focus("#id_due_on"),
  m: () => openMenu("#bulk details.menu"),
};

// With Ctrl, also while one types.
const CHORDS = {
  k: () => show(goTo),
  Enter: () => press("#create button[name=save]"),
};

// Where one typed last, and when.
let typed = { field: null, at: 0 };

const PAUSE = 1000;

function typing(field) {
  typed = { field, at: performance.now() };
}

// The field was taken away while one types, as by an answer: letters that follow were meant for it.
function isCutOff() {
  if (!typed.field || typed.field.isConnected || performance.now() - typed.at > PAUSE) return false;
  typing(typed.field);
  return true;
}

function isBusy(target) {
  return target.matches(TEXT) || document.querySelector(OPEN) || isCutOff();
}

// A box takes no letters, and a menu or dialog closes by a choice: what follows is meant for the page.
document.addEventListener("input", ({ target }) => {
  typing(target.matches(TEXT) && !target.closest(OPEN) ? target : null);
});

document.addEventListener("focusin", row);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (CHORDS[event.key]?.()) event.preventDefault();
    return;
  }
  if (isBusy(event.target) || !Object.hasOwn(KEYS, event.key)) return;
  if (KEYS[event.key]()) event.preventDefault();
});
