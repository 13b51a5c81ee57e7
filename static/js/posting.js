// One click, one effect: while a form that posts is at work, its button says so and nothing is sent again.
// The key in the form lets the server recognise what arrives twice all the same.

const KEY = "form-key";

// Shorter waits are not worth a changing label, in milliseconds.
const LABEL_AFTER = 250;

// A page that was stopped from loading never says so.
const GIVE_UP_AFTER = 30_000;

// Forms at work, with a function that puts each as it was.
const atWork = new Map();

function formOf(element) {
  return element.closest("form") ?? element.form ?? null;
}

function posts(form) {
  return form.getAttribute("method")?.toLowerCase() === "post";
}

// In a row of a table another label would move what is beside it.
function hasLabel(button) {
  return button.innerText.trim() && !button.querySelector(".word");
}

function showLabel(button) {
  const label = [...button.childNodes];
  button.replaceChildren(document.body.dataset.working);
  return () => button.replaceChildren(...label);
}

function disable(button) {
  const hadFocus = document.activeElement === button;
  let putLabelBack = () => {};
  button.disabled = true;
  button.ariaBusy = "true";
  const timer = setTimeout(() => {
    if (hasLabel(button)) putLabelBack = showLabel(button);
  }, LABEL_AFTER);
  return () => {
    clearTimeout(timer);
    putLabelBack();
    button.disabled = false;
    button.ariaBusy = null;
    if (hadFocus && document.activeElement === document.body) button.focus({ preventScroll: true });
  };
}

function begin(form, submitter) {
  form.ariaBusy = "true";
  // What the Enter key presses cannot be seen; disabled, it would keep the key from being heard (queue.js).
  const isSeen = submitter?.type === "submit" && submitter.ariaHidden !== "true";
  const enable = isSeen ? disable(submitter) : () => {};
  const timer = setTimeout(() => end(form), GIVE_UP_AFTER);
  atWork.set(form, () => {
    clearTimeout(timer);
    enable();
    form.ariaBusy = null;
  });
}

function end(form) {
  atWork.get(form)?.();
  atWork.delete(form);
}

// What is sent next from a form that stays is another act. crypto.randomUUID() needs HTTPS.
function renewKey(form) {
  const field = form.elements[KEY];
  if (!field) return;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  field.value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Before htmx and the browser see it.
document.addEventListener(
  "submit",
  (event) => {
    if (!atWork.has(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// Without htmx. Its button is disabled later, since a disabled one would not be sent.
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || !posts(form) || submitter?.matches("[data-download]")) return;
  if (form.matches("[data-download]")) return;
  atWork.set(form, () => {});
  setTimeout(() => begin(form, submitter));
});

// htmx keeps what is pressed meanwhile, and would send it afterwards.
document.addEventListener("htmx:confirm", (event) => {
  const form = formOf(event.detail.elt);
  if (event.detail.verb === "post" && atWork.has(form)) event.preventDefault();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const form = formOf(elt);
  if (requestConfig.verb !== "post" || !form) return;
  begin(form, requestConfig.triggeringEvent?.submitter ?? elt);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, xhr } = event.detail;
  // Also of a form that the answer has replaced: its buttons may stand elsewhere.
  const form = formOf(requestConfig.elt);
  if (!atWork.has(form) || xhr.getResponseHeader("HX-Redirect")) return;
  end(form);
  // Without an answer, or after a fault of the server, the same act may be tried again.
  if (xhr.status > 0 && xhr.status < 500) renewKey(form);
});

// Back to a page that the browser has kept.
addEventListener("pageshow", () => {
  for (const form of [...atWork.keys()]) end(form);
});
