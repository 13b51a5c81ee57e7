// The menu of a row in the order list: one for all rows, brought by the server when it is opened, since fifty
// of them would be most of the page. <button data-menu="statuses" data-seen="3"> opens it. It has the focus
// while it is on its way, so that keys of a quick hand do not reach the row.

const OPENER = "#results [data-menu]";
const GAP = 4;
const MARGIN = 8;

const menu = document.getElementById("row-menu");

// What the menu belongs to: the row's id and the kind of menu.
let opened = null;

function openerOf({ row, kind }) {
  return document.querySelector(`#${row} [data-menu=${kind}]`);
}

function place() {
  const panel = menu.firstElementChild;
  const opener = openerOf(opened);
  if (!panel || !opener) return;
  const anchor = opener.getBoundingClientRect();
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
  close();
  opened = mine;
  menu.replaceChildren();
  menu.showPopover();
  menu.focus();
  await htmx.ajax("GET", `${page}${kind}/?seen=${seen}`, { target: menu, swap: "innerHTML", source: button });
  if (opened !== mine) return;
  if (!menu.firstElementChild) close();
  if (!menu.matches(":popover-open")) return;
  place();
  menu.querySelector("[aria-current], .menu-item")?.focus();
  menu.dispatchEvent(new Event("filled", { bubbles: true }));
}

// Past its first or last control the row goes on, behind the button that opened it: the menu itself stands at
// the end of the page.
function leaveByTab(event) {
  if (event.key !== "Tab") return;
  const controls = [...menu.querySelectorAll("a[href], button, input:not([type=hidden])")];
  if (controls.length && event.target !== controls.at(event.shiftKey ? 0 : -1)) return;
  openerOf(opened)?.focus();
  close();
}

function close() {
  if (menu.matches(":popover-open")) menu.hidePopover();
}

// Stays with its row; what is typed into it must not fall to the row because the page moved a little.
function follow() {
  if (!menu.matches(":popover-open")) return;
  const { top, bottom } = openerOf(opened)?.getBoundingClientRect() ?? {};
  if (bottom > 0 && top < innerHeight) place();
  else close();
}

if (menu) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest(OPENER);
    if (button) open(button);
  });

  // A choice was made: keys mean the list again, while the row is still to be drawn anew.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (menu.contains(event.target) && event.detail.requestConfig.verb === "post") close();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    // What was searched for in it may be longer or shorter.
    if (menu.contains(event.target) && menu.matches(":popover-open")) place();
    if (opened && document.activeElement === document.body) openerOf(opened)?.focus();
  });
  menu.addEventListener("toggle", (event) => {
    // What was in it may have the focus until the page is drawn again.
    const isNowhere = document.activeElement === document.body || menu.contains(document.activeElement);
    if (event.newState === "closed" && isNowhere) openerOf(opened)?.focus();
  });
  menu.addEventListener("keydown", leaveByTab);
  addEventListener("scroll", follow, { passive: true });
}
