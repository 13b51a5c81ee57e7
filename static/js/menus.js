// Menus (<details class="menu">) close on Escape, on a click elsewhere and when they lose the focus.
// Arrow keys move through their items (not what stands beside one as an icon), letters go to the item that
// begins with them, and a panel opens upwards where there is no room below, and to the left where there is
// none to its right. The menu of a row (row-menu.js) has the same keys.

const FIELD = "input:not([type=hidden], [type=date])";
const ITEMS = `.menu-panel :is(summary, button:not(.icon-button), a, ${FIELD})`;

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

// Also from a search that holds words, which Escape would empty first.
function closeByEscape(menu) {
  if (menu.matches(":popover-open")) menu.hidePopover();
  if (!menu.open) return;
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
  if (menu.matches("details")) menu.open = true;
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

// What is typed within this time is one word, in milliseconds.
const WORD = 700;

let typed = "";
let typedAt = 0;

function goToTyped(menu) {
  const found = itemsOf(menu).find((item) => wordsOf(item).startsWith(typed));
  if (typed) found?.focus();
}

function typeAhead(menu, key) {
  if (Date.now() - typedAt > WORD) typed = "";
  typed += key.toLowerCase();
  typedAt = Date.now();
  goToTyped(menu);
}

// Where one searches in it, or writes a name; on a touch screen the keyboard would hide what is offered.
function focusSearch(menu) {
  const search = menu.querySelector("[data-finder], [data-first]");
  if (matchMedia("(pointer: fine)").matches) search?.focus();
  return search;
}

// What was typed elsewhere is no word of this menu.
document.addEventListener("beforetoggle", (event) => {
  if (event.target.matches(".row-menu")) typed = "";
}, true);

// Its items came while one was typing.
document.addEventListener("filled", ({ target: menu }) => {
  const search = focusSearch(menu);
  if (!search) goToTyped(menu);
  else if (typed) ask(search, typed);
});

function ask(search, words) {
  search.value = words + search.value;
  search.dispatchEvent(new Event("input", { bubbles: true }));
}

// A box stands beside its words.
function wordsOf(item) {
  return (item.closest("label") ?? item).innerText.trim().toLowerCase();
}

function isTyping(event) {
  const isText = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  const isChord = event.ctrlKey || event.metaKey || event.altKey;
  return isText || isChord || event.key.length !== 1 || event.key === " ";
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu, .row-menu");
  if (!menu) return;
  if (["Escape", "ArrowDown", "ArrowUp"].includes(event.key)) typed = "";
  if (event.key === "Escape") closeByEscape(menu);
  const isArrow = event.key === "ArrowDown" || event.key === "ArrowUp";
  if (isArrow && !event.altKey) moveFocus(menu, event);
  if (event.target.closest(".menu-panel, .row-menu") && !isTyping(event)) typeAhead(menu, event.key);
});

const MARGIN = 8;

// In the filter sheet panels push down what follows them.
function fit(menu) {
  const panel = menu.querySelector(":scope > .menu-panel");
  for (const each of ["data-flipped", "data-ended"]) menu.removeAttribute(each);
  if (!panel || getComputedStyle(panel).position === "static") return;
  const { bottom, height, right } = panel.getBoundingClientRect();
  const { top } = menu.getBoundingClientRect();
  const hasRoomBelow = bottom <= innerHeight - MARGIN;
  menu.toggleAttribute("data-flipped", !hasRoomBelow && top - MARGIN > height);
  menu.toggleAttribute("data-ended", right > document.documentElement.clientWidth - MARGIN);
}

// "toggle" does not bubble.
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.menu[open]:not(.menu-up)")) fit(event.target);
  if (!event.target.matches("details:is(.menu, .submenu)[open]")) return;
  focusSearch(event.target);
  // For what a menu asks the server for.
  event.target.dispatchEvent(new CustomEvent("opened"));
}, true);
