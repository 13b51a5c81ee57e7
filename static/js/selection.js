// Row selection in the order list: ranges with Shift, "all on this page", "all matching" and the count.
// The ids are kept in the tab, over pages, search, sort, filters and Back; the checkboxes show them.

const ROW_BOX = "#results tbody input[name=id]";

// Longer addresses are not understood by every server.
const LONGEST_RANGES = 2000;

// Of the row that was clicked last, where a range starts.
let rangeStart = null;

function bar() {
  return document.getElementById("bulk");
}

// Of this user: another one may sign in in the same tab.
function storageName() {
  return `selection-${bar().dataset.owner}`;
}

function readSelected() {
  return new Set(JSON.parse(sessionStorage.getItem(storageName()) ?? "[]"));
}

function keep(selected) {
  if (selected.size) sessionStorage.setItem(storageName(), JSON.stringify([...selected]));
  else sessionStorage.removeItem(storageName());
}

function rowBoxes() {
  return [...document.querySelectorAll(ROW_BOX)];
}

function idsElsewhere(selected) {
  const shown = new Set(rowBoxes().map((box) => box.value));
  return [...selected].filter((id) => !shown.has(id));
}

function takesAll() {
  return document.getElementById("select-all")?.checked ?? false;
}

// "7.10-12", as the filter of the same name reads it.
function ranges(selected) {
  const parts = [];
  for (const id of [...selected].map(Number).sort((one, other) => one - other)) {
    const last = parts.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else parts.push([id, id]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(".");
}

function written(number) {
  return number.toLocaleString(document.documentElement.lang);
}

// "All matching" is available once the whole page is selected.
function showPage(boxes) {
  const box = document.getElementById("select-page");
  if (!box) return;
  const checked = boxes.filter((each) => each.checked).length;
  box.checked = boxes.length > 0 && checked === boxes.length;
  box.indeterminate = checked > 0 && !box.checked;
}

function offerAll(isWhole) {
  const box = document.getElementById("select-all");
  if (!box) return;
  box.closest("label").hidden = !isWhole;
  if (!isWhole) box.checked = false;
}

function showElsewhere(selected) {
  const elsewhere = takesAll() ? [] : idsElsewhere(selected);
  const part = document.getElementById("selected-elsewhere");
  part.hidden = elsewhere.length === 0;
  part.querySelector("b").textContent = written(elsewhere.length);
  const found = ranges(selected);
  const link = part.querySelector("a");
  link.hidden = found.length > LONGEST_RANGES;
  link.href = `${location.pathname}?ids=${found}`;
}

// Of all that match: exact, once the server has counted.
function total() {
  const { value } = document.getElementById("bulk-total");
  return value ? written(Number(value)) : "…";
}

function show() {
  if (!bar()) return;
  const selected = readSelected();
  const boxes = rowBoxes();
  for (const box of boxes) box.checked = selected.has(box.value);
  showPage(boxes);
  offerAll(document.getElementById("select-page")?.checked ?? false);
  document.getElementById("selected-count").textContent = takesAll() ? total() : written(selected.size);
  showElsewhere(selected);
  bar().toggleAttribute("data-selected", selected.size > 0);
}

function take(boxes, isChecked) {
  const selected = readSelected();
  for (const box of boxes) {
    if (isChecked) selected.add(box.value);
    else selected.delete(box.value);
  }
  keep(selected);
  show();
}

function clear() {
  keep(new Set());
  const all = document.getElementById("select-all");
  if (all) all.checked = false;
  show();
}

function rangeTo(box) {
  const boxes = rowBoxes();
  const from = boxes.findIndex((each) => each.value === rangeStart);
  if (from < 0) return [box];
  const to = boxes.indexOf(box);
  return boxes.slice(Math.min(from, to), Math.max(from, to) + 1);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest(ROW_BOX);
  if (!box) return;
  take(event.shiftKey ? rangeTo(box) : [box], box.checked);
  rangeStart = box.value;
});

document.addEventListener("change", (event) => {
  if (event.target.id === "select-page") take(rowBoxes(), event.target.checked);
  else if (event.target.id === "select-all") show();
});

// What is selected on other pages goes with the form.
document.addEventListener("formdata", (event) => {
  if (event.target !== bar() || takesAll()) return;
  for (const id of idsElsewhere(readSelected())) event.formData.append("id", id);
});

// Boxes are unchecked only after the reset event.
document.addEventListener("reset", (event) => {
  if (event.target === bar()) setTimeout(clear);
});

// An action on the selection has started.
document.addEventListener("acted", () => {
  if (!bar()) return;
  for (const menu of bar().querySelectorAll("details")) menu.open = false;
  clear();
});

document.addEventListener("htmx:afterSettle", show);

// Back to a page that the browser has kept.
addEventListener("pageshow", show);
show();
