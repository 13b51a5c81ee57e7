// The selection of the order list. Checkboxes are the selection; this adds ranges, the page, "all matching" and the count.

const boxes = () => [...document.querySelectorAll("#results tbody input[name=id]")];
const byId = (id) => document.getElementById(id);
let selected = new Set(); // outlives rows that are exchanged while they are being updated
let last = null; // where a shift-range begins

function show() {
  const all = boxes();
  selected = new Set(all.filter((box) => box.checked).map((box) => box.value));
  const page = byId("select-page");
  if (!page) return;
  page.checked = all.length > 0 && selected.size === all.length;
  page.indeterminate = selected.size > 0 && !page.checked;
  const matching = byId("select-all");
  if (matching) {
    matching.closest("label").hidden = !page.checked;
    if (!page.checked) matching.checked = false;
  }
  const number = matching?.checked ? Number(byId("bulk").dataset.total) : selected.size;
  byId("selected-count").textContent = number.toLocaleString(document.documentElement.lang);
}

function restore() {
  for (const box of boxes()) box.checked = selected.has(box.value);
  show();
}

// "All" in a filter's menu: nothing of it is chosen.
document.addEventListener("click", (event) => {
  const all = event.target.closest?.("[data-uncheck]");
  if (!all) return;
  for (const box of all.parentElement.querySelectorAll("input")) box.checked = false;
  all.dispatchEvent(new Event("input", { bubbles: true }));
});

// Looking for a customer filters nothing yet; choosing one does, and is done with the menu.
byId("who")?.addEventListener("input", (event) => event.stopPropagation());
byId("who")?.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
document.addEventListener("htmx:afterRequest", (event) => {
  const menu = event.detail.requestConfig?.triggeringEvent?.submitter?.closest("#customer-menu");
  if (!menu) return;
  byId("who").value = "";
  byId("who-found").replaceChildren();
  menu.open = false;
});

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("#results tbody input[name=id]");
  if (!box) return;
  const all = boxes();
  const from = all.findIndex((each) => each.value === last);
  if (event.shiftKey && from >= 0) {
    const to = all.indexOf(box);
    for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
  }
  last = box.value;
  show();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "select-page") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.closest?.("#results")) show();
});

// A form's reset unchecks after this event.
document.addEventListener("reset", (event) => event.target.id === "bulk" && setTimeout(show));

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("#bulk");
  if (!form || !event.detail.successful) return;
  form.reset();
  for (const menu of form.querySelectorAll("details")) menu.open = false;
  setTimeout(show);
});

// Other rows: a new page, or other filters, begin with nothing selected. The same rows keep what was selected.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "results") selected.clear();
  restore();
});

// The browser may have brought the page back with boxes checked.
show();
