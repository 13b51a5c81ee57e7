// <input data-finder="ID">: what is found while one types, in the box with that id, is a listbox. Arrows
// choose, Enter takes the chosen or the first one, Escape closes it. What was found for other words than
// those that stand there is not taken: then Enter asks the server, as without a script; in a menu it takes
// the first one as soon as it is there.

const ITEM = ".suggestions :is(button, a, input)";
const CURRENT = "data-current";

function boxOf(input) {
  return document.getElementById(input.dataset.finder);
}

function itemsOf(input) {
  return [...boxOf(input).querySelectorAll(ITEM)];
}

function current(input) {
  return boxOf(input).querySelector(`[${CURRENT}]`);
}

function choose(input, item) {
  current(input)?.removeAttribute(CURRENT);
  item.setAttribute(CURRENT, "");
  item.id ||= `${input.dataset.finder}-${itemsOf(input).indexOf(item)}`;
  input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function move(input, by) {
  const items = itemsOf(input);
  if (!items.length) return false;
  const place = items.indexOf(current(input));
  const next = place < 0 && by < 0 ? items.length - 1 : (place + by + items.length) % items.length;
  choose(input, items[next]);
  return true;
}

function isUpToDate(input) {
  return boxOf(input).querySelector(".suggestions")?.dataset.text === input.value.trim();
}

// In a menu: Enter was pressed before anything was found.
let waiting = null;

function take(input) {
  const isInMenu = Boolean(input.closest(".menu-panel"));
  const item = current(input) ?? (isUpToDate(input) ? itemsOf(input)[0] : null);
  waiting = isInMenu && !item && input.value.trim() ? input : null;
  item?.click();
  return isInMenu || Boolean(item);
}

// In a dialog or a menu Escape closes that.
function close(input) {
  if (input.closest("dialog, .menu-panel") || !itemsOf(input).length) return false;
  boxOf(input).replaceChildren();
  return true;
}

const ACTS = {
  ArrowDown: (input) => move(input, 1),
  ArrowUp: (input) => move(input, -1),
  Enter: take,
  Escape: close,
};

document.addEventListener("keydown", (event) => {
  const input = event.target.closest("[data-finder]");
  if (!input || event.isComposing || event.ctrlKey || !Object.hasOwn(ACTS, event.key)) return;
  if (!ACTS[event.key](input)) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("input", (event) => {
  const input = event.target.closest("[data-finder]");
  if (!input) return;
  waiting = null;
  current(input)?.removeAttribute(CURRENT);
  input.removeAttribute("aria-activedescendant");
}, true);

document.addEventListener("htmx:afterSettle", () => {
  if (waiting?.isConnected && isUpToDate(waiting)) take(waiting);
});
