// Menus (<details class="menu">) close on Escape, on a click elsewhere and when they lose the focus.
// Arrow keys move through their items.

const ITEMS = ".menu-panel :is(summary, button, a, input:not([type=hidden], [type=date]))";

// Menus in the filter sheet stay open: closing one would move its neighbours under the user's finger.
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
  // Without the items of closed submenus.
  return [...menu.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility());
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

// Clicking on plain text in a menu focuses an ancestor of the menu, which does not count as leaving it.
document.addEventListener("focusin", (event) => {
  closeMenus((menu) => !menu.contains(event.target) && !event.target.contains(menu));
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) closeByEscape(menu);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(menu, event);
});
