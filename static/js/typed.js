// What is typed on the page of an order, and not sent, survives what the server draws anew there, also while
// an answer is under way. An order's page (data-typed, a name for it) keeps it for this tab, too: it is there
// again after leaving the page and after the end of the session. A new order is kept as a draft (drafts.js).

const AREAS = "#order, form[data-draft]";
const TYPED = ":is(input:not([type=hidden], [type=file], [type=password]), textarea, select)[name]";
const DELAY = 300;

// What was sent of a field, until it is drawn anew or the request has failed.
const sent = new WeakMap();

// For forms that are still to be opened.
let unopened = [];

function isBox(field) {
  return field.matches("[type=checkbox], [type=radio]");
}

function valueOf(field) {
  return isBox(field) ? field.checked : field.value;
}

function drawnValue(field) {
  if (isBox(field)) return field.defaultChecked;
  if (!field.matches("select")) return field.defaultValue;
  const options = [...field.options];
  return (options.find((option) => option.defaultSelected) ?? options[0])?.value;
}

// Choices that are sent as soon as they are made show what the server says; a menu is opened anew.
function isKept(field) {
  const isSentAtOnce = field.form?.getAttribute("hx-trigger")?.includes("change");
  return field.form && !isSentAtOnce && !field.closest(".menu-panel");
}

// Shown again with what is wrong, or has to be answered first: what stands in it was drawn, and is still
// nowhere but here.
function isRefused(form) {
  return form.matches(".wrong") || form.querySelector(".wrong, .error, .question") !== null;
}

function isTyped(field) {
  if (!isKept(field)) return false;
  if (sent.has(field)) return valueOf(field) !== sent.get(field);
  return isRefused(field.form) || valueOf(field) !== drawnValue(field);
}

function fieldsIn(area) {
  return [...area.querySelectorAll(TYPED)];
}

function keyOf(field, name = field.name) {
  const { form } = field;
  return [form.id || form.getAttribute("action"), name, isBox(field) ? field.value : ""].join(" ");
}

// With what its form says that the page showed, so that nobody's change is overwritten unseen; and whether it
// was typed while the form was on its way.
function entryOf(field) {
  const { selectionStart, selectionEnd } = field;
  return {
    key: keyOf(field),
    value: valueOf(field),
    seen: sent.has(field) ? undefined : field.form.elements.seen?.value,
    part: field.closest("tbody[id], section[id]")?.id,
    isLater: sent.has(field),
    selection: document.activeElement === field ? [selectionStart, selectionEnd] : null,
  };
}

function typedIn(area) {
  return fieldsIn(area).filter(isTyped).map(entryOf);
}

function write(field, { value, seen, selection }) {
  if (valueOf(field) === value) return;
  field[isBox(field) ? "checked" : "value"] = value;
  if (seen !== undefined && field.form.elements.seen) field.form.elements.seen.value = seen;
  if (field.closest("details")) field.closest("details").open = true;
  if (selection?.[0] != null && document.activeElement === field) field.setSelectionRange(...selection);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function fieldsByKey() {
  const fields = new Map();
  for (const area of document.querySelectorAll(AREAS)) {
    for (const field of fieldsIn(area)) if (field.form) fields.set(keyOf(field), field);
  }
  return fields;
}

// Those whose form is not open are returned.
function writeAll(entries) {
  const fields = fieldsByKey();
  for (const entry of entries) if (fields.has(entry.key)) write(fields.get(entry.key), entry);
  return entries.filter(({ key }) => !fields.has(key));
}

function formOf(element) {
  return element.closest("form") ?? element.form;
}

function forgetSent(form) {
  for (const field of form?.elements ?? []) sent.delete(field);
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const form = formOf(detail.elt);
  if (!form || detail.requestConfig.verb !== "post") return;
  for (const field of form.elements) if (field.matches(TYPED)) sent.set(field, valueOf(field));
});

// Of the answer that is swapped in: what is to be put back after it, and open forms that are kept as they
// are.
let meanwhile = [];
let openParts = [];

// Where a line of a draft is removed, the following ones move up.
function moveUp(entries, removed) {
  const number = (key) => Number(key.match(/ line-(\d+)-/)?.[1] ?? -1);
  return entries
    .filter(({ key }) => number(key) !== removed)
    .map((entry) => {
      const place = number(entry.key);
      if (place < removed) return entry;
      return { ...entry, key: entry.key.replace(` line-${place}-`, ` line-${place - 1}-`) };
    });
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = formOf(detail.requestConfig.elt);
  // The session has ended, or something went wrong: nothing was taken.
  if (!detail.shouldSwap) return forgetSent(form);
  const area = document.querySelector(AREAS);
  if (!area) return;
  const removed = detail.requestConfig.formData.get("without");
  meanwhile = removed === null ? typedIn(area) : moveUp(typedIn(area), Number(removed));
  openParts = detail.target.id === "order" ? meanwhile.map(({ part }) => document.getElementById(part)) : [];
});

// Its line was removed, or may no longer be changed.
function tellNoPlace(entries) {
  const texts = entries.map(({ value }) => value).filter((value) => typeof value === "string" && value);
  if (!texts.length) return;
  const message = document.getElementById("no-place").content.cloneNode(true);
  message.querySelector("bdi").textContent = texts.join(" · ");
  document.getElementById("messages").append(message);
}

// A form that was opened is not on the page as it is drawn anew.
function putPartBack(part, entries) {
  if (!part || part.isConnected) return;
  const drawn = document.getElementById(part.id);
  if (!drawn) return tellNoPlace(entries);
  drawn.replaceWith(part);
  htmx.process(part);
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) forgetSent(formOf(detail.requestConfig.elt));
  const left = writeAll(meanwhile);
  for (const part of new Set(openParts)) {
    const entries = left.filter((entry) => entry.part === part?.id);
    if (entries.length) putPartBack(part, entries);
  }
  meanwhile = openParts = [];
  // It was saved, and closed over what was typed since.
  openFor(left.filter(({ isLater }) => isLater));
  store();
});

function store() {
  const area = document.querySelector("[data-typed]");
  if (!area) return;
  const entries = [...typedIn(area), ...unopened];
  if (entries.length) sessionStorage.setItem(area.dataset.typed, JSON.stringify(entries));
  else sessionStorage.removeItem(area.dataset.typed);
}

let timer = 0;

document.addEventListener("input", ({ target }) => {
  if (!target.closest("[data-typed]")) return;
  clearTimeout(timer);
  timer = setTimeout(store, DELAY);
});

addEventListener("pagehide", store);

async function open(part) {
  const link = document.getElementById(`edit-${part}`);
  if (!link) return;
  await htmx.ajax("GET", link.getAttribute("hx-get"), { target: `#${part}`, swap: "outerHTML" });
}

async function openFor(entries) {
  if (!entries.length) return;
  unopened = entries;
  for (const part of new Set(unopened.map((entry) => entry.part))) await open(part);
  tellNoPlace(writeAll(unopened));
  goOnTyping(unopened);
  unopened = [];
}

// Where the field that was typed in went with its form, and nobody has gone elsewhere since.
function goOnTyping(entries) {
  const left = entries.find(({ isLater, selection }) => isLater && selection);
  const field = left && document.activeElement === document.body && fieldsByKey().get(left.key);
  if (!field) return;
  field.focus();
  if (left.selection[0] != null) field.setSelectionRange(...left.selection);
}

function restore() {
  const name = document.querySelector("[data-typed]")?.dataset.typed;
  if (name) openFor(writeAll(JSON.parse(sessionStorage.getItem(name) ?? "[]")));
}

document.addEventListener("DOMContentLoaded", restore);

// The login page makes the browser give up its storage, once more with every wrong password. What was typed
// is carried over it where the session has ended by itself; whoever has logged out leaves nothing.
function carry() {
  const names = Object.keys(sessionStorage).filter((name) => name.startsWith("typed-"));
  const texts = names.map((name) => [name, sessionStorage.getItem(name)]);
  for (const name of names) sessionStorage.removeItem(name);
  if (!new URLSearchParams(location.search).has("next")) return;
  addEventListener("pagehide", () => {
    for (const entry of texts) sessionStorage.setItem(...entry);
  });
}

if (document.querySelector("main.login")) carry();
