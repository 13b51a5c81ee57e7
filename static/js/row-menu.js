// The menu of a row in the order list: one for all rows, brought by the server when it is opened, since fifty
// of them would be most of the page. <button data-menu="statuses" data-seen="3"> opens it.

const OPENER = "#results [data-menu]";
const GAP = 4;
const MARGIN = 8;

const menu = document.getElementById("row-menu");

// What the menu belongs to: the row's id and the kind of menu.
let opened = null;

function openerOf({ row, kind }) {
  return document.querySelector(`#${row} [data-menu=${kind}]`);
}

function place(button) {
  const panel = menu.firstElementChild;
  if (!panel) return;
  const anchor = button.getBoundingClientRect();
  const below = innerHeight - anchor.bottom - GAP - MARGIN;
  const above = anchor.top - GAP - MARGIN;
  panel.style.maxHeight = "";
  const isBelow = panel.offsetHeight <= below || below >= above;
  panel.style.maxHeight = `${Math.min(panel.offsetHeight, isBelow ? below : above)}px`;
  const top = isBelow ? anchor.bottom + GAP : anchor.top - GAP - panel.offsetHeight;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(MARGIN, Math.min(anchor.left, innerWidth - panel.offsetWidth - MARGIN))}px`;
}

async function open(button) {
  const row = button.closest("tr");
  const page = row.querySelector("td.number a").pathname;
  const { menu: kind, seen } = button.dataset;
  const mine = { row: row.id, kind };
  opened = mine;
  menu.replaceChildren();
  await htmx.ajax("GET", `${page}${kind}/?seen=${seen}`, { target: menu, swap: "innerHTML", source: button });
  if (opened !== mine || !menu.firstElementChild) return;
  menu.showPopover();
  place(button);
  menu.querySelector("[aria-current], .menu-item")?.focus();
}

function close() {
  if (menu.matches(":popover-open")) menu.hidePopover();
}

if (menu) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest(OPENER);
    if (button) open(button);
  });

  // Its row has been drawn anew.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.closest?.("#row-menu") && event.detail.requestConfig.verb === "post") close();
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (opened && document.activeElement === document.body) openerOf(opened)?.focus();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && document.activeElement === document.body) openerOf(opened)?.focus();
  });
  addEventListener("scroll", close, { passive: true });
}
