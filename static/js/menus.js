// A menu is <details class="menu">: it closes on Escape, on a click elsewhere and when the focus leaves it,
// and the arrow keys walk through what it offers.

const OFFERED = ".menu-panel :is(summary, button, a, input:not([type=hidden], [type=date]))";

// In the sheet of filters menus stay open: one that closed under a finger would move what the finger is on.
function openMenus() {
  const menus = [...document.querySelectorAll("details.menu[open]")];
  return menus.filter((menu) => !menu.closest(":popover-open"));
}

function closeMenus(isLeft) {
  for (const menu of openMenus()) {
    if (isLeft(menu)) menu.open = false;
  }
}

function closeByEscape(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

function itemsOf(menu) {
  // Parts that are closed offer nothing.
  return [...menu.querySelectorAll(OFFERED)].filter((item) => item.checkVisibility());
}

function nextIndex(items, isUp) {
  const current = items.indexOf(document.activeElement);
  if (current < 0) return isUp ? items.length - 1 : 0;
  const step = isUp ? -1 : 1;
  return (current + step + items.length) % items.length;
}

function moveFocus(menu, event) {
  // Date fields keep their own arrows.
  if (event.target.type === "date") return;
  menu.open = true;
  const items = itemsOf(menu);
  if (!items.length) return;
  event.preventDefault();
  items[nextIndex(items, event.key === "ArrowUp")].focus();
}

document.addEventListener("click", (event) => {
  closeMenus((menu) => !menu.contains(event.target));
});

// A press on words in a menu gives the focus to what lies around the menu: that is not leaving it.
document.addEventListener("focusin", (event) => {
  closeMenus((menu) => !menu.contains(event.target) && !event.target.contains(menu));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) closeByEscape(menu);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(menu, event);
});
