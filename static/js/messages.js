// Messages and the strips of what has ended go by themselves, or are dismissed; one says when an htmx request
// fails.

// In seconds. While somebody points at a message or is in it, or looks at another tab, it stays.
const LASTS = 10;
const TROUBLE_LASTS = 30;

const ENDING = "#messages .message, .progress-strip.done:not(:has(.reason))";

const left = new WeakMap();

// The pages of the actions whose strips have gone: the server goes on bringing them.
const gone = new Set();

function messages() {
  return document.getElementById("messages");
}

function removeTrouble() {
  document.querySelector(".message.trouble")?.remove();
}

// Our error pages carry an explanation; for other responses the template's general text is shown.
function explanationIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.getElementById("explanation")?.textContent;
}

function showTrouble(event) {
  const template = document.getElementById("trouble");
  if (!template) return;
  removeTrouble();
  // A dialog covers everything else.
  const place = document.querySelector("dialog[open]") ?? messages();
  place.append(template.content.cloneNode(true));
  const explanation = explanationIn(event.detail.xhr?.responseText ?? "");
  if (explanation) place.querySelector(".trouble > span").textContent = explanation;
}

const HELD = ".trouble, [role=alert], :hover, :focus-within, :has([aria-busy=true])";

// What failed stays until it works again, what asks for a decision until it is made, and what is undone until
// the answer is here.
function isHeld(message) {
  return document.hidden || message.matches(HELD);
}

function age(message) {
  const lasts = message.matches(".success, .info") ? LASTS : TROUBLE_LASTS;
  const seconds = (left.get(message) ?? lasts) - 1;
  left.set(message, seconds);
  if (seconds <= 0) remove(message);
}

function pageOf(strip) {
  return strip.querySelector("a")?.href;
}

function remove(message) {
  const page = message.matches(".progress-strip") && pageOf(message);
  if (page) gone.add(page);
  message.remove();
}

function removeGone() {
  for (const strip of document.querySelectorAll(".progress-strip.done")) {
    if (gone.has(pageOf(strip))) strip.remove();
  }
}

setInterval(() => {
  for (const message of document.querySelectorAll(ENDING)) {
    if (!isHeld(message)) age(message);
  }
}, 1000);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) remove(event.target.closest(".message, .progress-strip"));
});

document.addEventListener("htmx:afterSwap", removeGone);
document.addEventListener("htmx:oobAfterSwap", removeGone);
document.addEventListener("htmx:sendError", showTrouble);
document.addEventListener("htmx:responseError", showTrouble);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) removeTrouble();
});
