// Row selection in the order list: ranges with Shift, "all on this page", "all matching" and the count.
// The checkboxes hold the selection.

const ROW_BOX = "#results tbody input[name=id]";

// Ids of the checked rows, kept to restore them when htmx replaces rows.
let selected = new Set();

// Id of the row that was clicked last, where a range starts.
let rangeStart = null;

function rowBoxes() {
  return [...document.querySelectorAll(ROW_BOX)];
}

function showWholePage(box, isWhole) {
  box.checked = isWhole;
  box.indeterminate = selected.size > 0 && !isWhole;
}

// "All matching" is available once the whole page is selected.
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

// Boxes are unchecked only after the reset event.
document.addEventListener("reset", (event) => {
  if (event.target.id === "bulk") setTimeout(show);
});

// A bulk action has started: clear the selection.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("#bulk");
  if (!form || !event.detail.successful) return;
  form.reset();
  for (const menu of form.querySelectorAll("details")) menu.open = false;
  setTimeout(show);
});

// A new page or filter starts with nothing selected; replaced rows keep their selection.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "results") selected.clear();
  restore();
});

// Browsers restore checked boxes when going back to a page.
show();
