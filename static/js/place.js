// The way between the order list and what it leads to: the tab remembers which list was left and where in
// it, and leads back there, and from an order to its neighbours in that list.

const LIST = "list-left";
const RETURN = "list-return";
const START = { page: 0, left: 0, top: 0 };

const results = document.getElementById("results");

function remembered(name) {
  return JSON.parse(sessionStorage.getItem(name) ?? "null");
}

// Going back twice in a hurry changes the address before htmx listens.
function hasMissedBack() {
  const [navigation] = performance.getEntriesByType("navigation");
  return new URL(navigation.name).search !== location.search;
}

// With many columns the table scrolls within itself.
function table() {
  return document.querySelector("#results .table-box");
}

function place() {
  const { scrollLeft = 0, scrollTop = 0 } = table() ?? {};
  return { page: scrollY, left: scrollLeft, top: scrollTop };
}

function goTo({ page, left, top }) {
  scrollTo(0, page);
  table()?.scrollTo(left, top);
}

function leave() {
  const left = { address: location.pathname + location.search, place: place() };
  sessionStorage.setItem(LIST, JSON.stringify(left));
}

// To where the list was left, with the focus on the order that was opened last.
function comeBack() {
  const left = remembered(LIST);
  const order = remembered(RETURN);
  sessionStorage.removeItem(RETURN);
  if (order === null || left?.address !== location.pathname + location.search) return;
  goTo(left.place);
  document.querySelector(`#order-${order} td.number a`)?.focus({ preventScroll: true });
}

// A tab of its own knows the list only from where it was opened.
function listAddress(back) {
  const from = document.referrer && new URL(document.referrer);
  const isList = from && from.origin === location.origin && from.pathname === back.pathname && from.search;
  const left = remembered(LIST);
  if (!isList || left?.address === from.pathname + from.search) return left?.address;
  const address = from.pathname + from.search;
  sessionStorage.setItem(LIST, JSON.stringify({ address, place: START }));
  return address;
}

function leadBack(back, address) {
  back.href = address;
  back.addEventListener("click", () => {
    const order = location.pathname.match(/(\d+)\/$/)?.[1] ?? 0;
    sessionStorage.setItem(RETURN, order);
  });
}

function showNeighbours(address) {
  const part = document.getElementById("neighbours");
  if (!part) return;
  const query = new URL(address, location.origin).search;
  htmx.ajax("GET", part.dataset.address + query, { target: part, swap: "innerHTML" });
}

// After an act the rows are drawn anew and stand where they stood; the browser would follow the old ones,
// below the new ones, down to the end of the page.
let scrolled = null;

function isReloaded({ target, requestConfig }) {
  return target.id === "results" && requestConfig.triggeringEvent?.type === "reload";
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  scrolled = isReloaded(detail) ? place() : null;
});

document.addEventListener("htmx:afterRequest", () => {
  if (scrolled !== null) goTo(scrolled);
  scrolled = null;
});

if (results) {
  document.addEventListener("DOMContentLoaded", () => {
    if (hasMissedBack()) location.reload();
    else if (!location.search) history.replaceState(history.state, "", results.dataset.address);
    comeBack();
  });
  addEventListener("pagehide", leave);
} else {
  const back = document.querySelector(".back[data-list]");
  const address = back && listAddress(back);
  if (address) {
    leadBack(back, address);
    document.addEventListener("DOMContentLoaded", () => showNeighbours(address));
  }
}
