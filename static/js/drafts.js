// Stores at the server what is typed into a form with data-draft, its address, as long as it is not sent:
// leaving the page, the end of the session and a crash lose nothing.

const DELAY = 700;

// Forms with changes that are not stored yet, with their timers.
const unsaved = new Map();

function forget(form) {
  clearTimeout(unsaved.get(form));
  unsaved.delete(form);
}

// A beacon is sent even while the page closes.
function save(form) {
  forget(form);
  // What the server answered has taken its place; the server has stored that.
  if (!form.isConnected) return;
  const fields = new FormData(form);
  fields.delete("form-key");
  const { draft: address } = form.dataset;
  if (!navigator.sendBeacon(address, fields)) fetch(address, { method: "POST", body: fields });
}

for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    forget(form);
    unsaved.set(form, setTimeout(() => save(form), DELAY));
  });
}

addEventListener("pagehide", () => {
  for (const form of [...unsaved.keys()]) save(form);
});
