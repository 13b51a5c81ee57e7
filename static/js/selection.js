// The selection of the order list. The checkboxes are the selection; added are ranges, "all on this page",
// "all matching" and the count.

const ROW_BOX = "#results tbody input[name=id]";

// Outlives rows that are exchanged while they are being updated.
let selected = new Set();

// Where a range begins: the id of the box that was clicked last.
let rangeStart = null;

function rowBoxes() {
  return [...document.querySelectorAll(ROW_BOX)];
}

function showWholePage(box, isWhole) {
  box.checked = isWhole;
  box.indeterminate = selected.size > 0 && !isWhole;
}

// "All matching" is offered when the whole page is selected.
function offerAllMatching(box, isWhole) {
  box.closest("label").hidden = !isWhole;
  if (!isWhole) box.checked = false;
}

function showCount(number) {
  const text = number.toLocaleString(document.documentElement.lang);
  document.getElementById("selected-count").textContent = text;
}

function show() {
  const boxes = rowBoxes();
  selected = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const page = document.getElementById("select-page");
  if (!page) return;
  const isWhole = boxes.length > 0 && selected.size === boxes.length;
  showWholePage(page, isWhole);
  const matching = document.getElementById("select-all");
  if (matching) offerAllMatching(matching, isWhole);
  const total = Number(document.getElementById("bulk").dataset.total);
  showCount(matching?.checked ? total : selected.size);
}

function restore() {
  for (const box of rowBoxes()) box.checked = selected.has(box.value);
  show();
}

function checkRange(box) {
  const boxes = rowBoxes();
  const from = boxes.findIndex((each) => each.value === rangeStart);
  if (from < 0) return;
  const to = boxes.indexOf(box);
  const range = boxes.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of range) each.checked = box.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest(ROW_BOX);
  if (!box) return;
  if (event.shiftKey) checkRange(box);
  rangeStart = box.value;
  show();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "select-page") {
    for (const box of rowBoxes()) box.checked = event.target.checked;
  }
  if (event.target.closest("#results")) show();
});

// A form's reset unchecks after this event.
document.addEventListener("reset", (event) => {
  if (event.target.id === "bulk") setTimeout(show);
});

// An action has taken the selection.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("#bulk");
  if (!form || !event.detail.successful) return;
  form.reset();
  for (const menu of form.querySelectorAll("details")) menu.open = false;
  setTimeout(show);
});

// Other rows (a new page, or other filters) begin with nothing selected.
// The same rows keep what was selected.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "results") selected.clear();
  restore();
});

// The browser may have brought the page back with boxes checked.
show();
