// Lines are added as fast as they are scanned: in a form with data-queues, what is entered while another line
// is on its way waits for its turn. Each is sent by itself, with a key of its own. What the server did not
// take is named at the end, since the next one stands in its place by then.

const FORM = "form[data-queues]";
const FIELDS = ["q", "quantity", "price", "discount"];
const BUTTONS = ["find", "free", "product"];

// By the id of the form, which is drawn anew with every line: the line on its way, the ones that wait, and
// what was not taken.
const onItsWay = new Map();
const waiting = new Map();
const notTaken = new Map();

// Forms in which something was typed since a line was sent: a second Enter on the same words is no line.
const changed = new Set();

let isSending = false;

function formOf(element) {
  const form = element.closest("form") ?? element.form;
  return form?.matches(FORM) && form.elements.q ? form : null;
}

function lineIn(form) {
  return Object.fromEntries(FIELDS.map((name) => [name, form.elements[name]?.value ?? ""]));
}

function write(form, line) {
  for (const name of FIELDS) {
    if (form.elements[name]) form.elements[name].value = line?.[name] ?? "";
  }
}

function queueOf(form) {
  if (!waiting.has(form.id)) waiting.set(form.id, []);
  return waiting.get(form.id);
}

function isBusy(form) {
  return onItsWay.has(form.id) || form.ariaBusy === "true";
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.matches(FORM) && FIELDS.includes(target.name)) changed.add(target.form.id);
});

function enqueue(form, { name, value }) {
  const line = lineIn(form);
  if (!changed.delete(form.id) || !line.q.trim()) return;
  queueOf(form).push({ name, value, line });
  write(form, null);
}

// Before the form says that it is at work (posting.js).
document.addEventListener(
  "submit",
  (event) => {
    const { submitter } = event;
    const form = formOf(event.target);
    if (!form || isSending || !isBusy(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (BUTTONS.includes(submitter?.name)) enqueue(form, submitter);
  },
  true,
);

// What is scanned next replaces the words that were sent, or stands in empty fields.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const form = formOf(detail.elt);
  const submitter = detail.requestConfig.triggeringEvent?.submitter;
  if (!form || detail.requestConfig.verb !== "post" || !BUTTONS.includes(submitter?.name)) return;
  onItsWay.set(form.id, lineIn(form));
  changed.delete(form.id);
  const isSearch = submitter.name === "find" && document.activeElement === form.elements.q;
  if (isSearch && !isSending) form.elements.q.select();
  else write(form, null);
});

function send(form, { name, value, line }) {
  const typed = lineIn(form);
  const isTyped = changed.has(form.id);
  const button = Object.assign(document.createElement("button"), { name, value, hidden: true });
  button.ariaHidden = "true";
  write(form, line);
  form.append(button);
  isSending = true;
  button.click();
  isSending = false;
  button.remove();
  write(form, typed);
  if (isTyped) changed.add(form.id);
}

function note(form, ...texts) {
  const known = notTaken.get(form.id) ?? [];
  notTaken.set(form.id, [...known, ...texts.filter(Boolean)]);
}

function tell(form) {
  const texts = notTaken.get(form.id) ?? [];
  notTaken.delete(form.id);
  if (!texts.length) return;
  const message = document.getElementById("not-added").content.cloneNode(true);
  message.querySelector("bdi").textContent = texts.join(", ");
  document.getElementById("messages").append(message);
}

function giveUp(form, line) {
  if (changed.has(form.id)) note(form, line.q);
  else write(form, line);
  note(form, ...queueOf(form).map((each) => each.line.q));
  waiting.delete(form.id);
}

function goOn(id, isAnswered) {
  const form = document.getElementById(id);
  const line = onItsWay.get(id);
  onItsWay.delete(id);
  if (!form?.elements.q) return;
  const queue = queueOf(form);
  const isShownAgain = line.q.trim() && form.elements.q.defaultValue.trim() === line.q.trim();
  if (!isAnswered) giveUp(form, line);
  else if (isShownAgain && (queue.length || changed.has(id))) {
    note(form, line.q);
    if (!changed.has(id)) write(form, null);
  }
  if (queue.length && isAnswered) send(form, queue.shift());
  else tell(form);
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { elt, verb } = detail.requestConfig;
  const { id } = elt.closest("form") ?? elt.form ?? elt;
  // After what was typed meanwhile is put back (typed.js).
  if (verb === "post" && onItsWay.has(id)) setTimeout(() => onItsWay.has(id) && goOn(id, detail.successful));
});
