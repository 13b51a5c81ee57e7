// On every page: menus that close, messages that go away, countdowns, and answers that did not come.

// A menu (<details class="menu">) closes on Escape, on a click elsewhere, and when focus leaves it.
// In the sheet of filters they are parts of it: one that closed under a finger would move what the finger is on.
const openMenus = () => [...document.querySelectorAll("details.menu[open]")].filter((menu) => !menu.closest(":popover-open"));

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-dismiss]")) event.target.closest(".message").remove();
});

// A press on words in a menu gives the focus to what lies around the menu: that is not leaving it.
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target) && !event.target.contains(menu)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest("details.menu");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    moveIn(menu, event);
  }
});

// Arrow keys walk through what a menu offers; date fields keep their own arrows.
function moveIn(menu, event) {
  if (event.target.type === "date") return;
  const up = event.key === "ArrowUp";
  menu.open = true;
  const offered = menu.querySelectorAll(".menu-panel :is(summary, button, a, input:not([type=hidden], [type=date]))");
  const items = [...offered].filter((item) => item.checkVisibility()); // not those of a part that is closed
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const next = at < 0 ? (up ? items.length - 1 : 0) : (at + (up ? -1 : 1) + items.length) % items.length;
  items[next].focus();
}

// <span data-countdown="432" data-enables="ID"> counts down in m:ss; at 0 its line goes and the button may be used.
// It counts by the clock, so that a page that slept wakes up with the right time.
const ends = new WeakMap();

function countDown() {
  for (const each of document.querySelectorAll("[data-countdown]")) {
    if (!ends.has(each)) ends.set(each, Date.now() + Number(each.dataset.countdown) * 1000);
    const left = Math.ceil((ends.get(each) - Date.now()) / 1000);
    if (left > 0) {
      each.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    } else {
      const button = document.getElementById(each.dataset.enables);
      if (button) button.disabled = false;
      each.parentElement.remove();
    }
  }
}
setInterval(countDown, 1000);
countDown();

// A request that was sent elsewhere (the session has ended) shows that page as a whole, not inside of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.responseURL && requestConfig && new URL(xhr.responseURL).pathname !== new URL(requestConfig.path, location.href).pathname) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

// No answer, or an error: said once, until it is dismissed.
// An error page of ours explains itself; of anything else only the general sentence is said.
function sayTrouble(event) {
  const messages = document.getElementById("messages");
  const trouble = document.getElementById("trouble");
  if (!trouble) return;
  messages.querySelector(".trouble")?.remove();
  messages.append(trouble.content.cloneNode(true));
  const page = new DOMParser().parseFromString(event.detail.xhr?.responseText ?? "", "text/html");
  const explanation = page.getElementById("explanation");
  if (explanation) messages.querySelector(".trouble > span").textContent = explanation.textContent;
}
document.addEventListener("htmx:sendError", sayTrouble);
document.addEventListener("htmx:responseError", sayTrouble);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.querySelector("#messages .trouble")?.remove();
});
