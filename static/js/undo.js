// Ctrl+Z undoes what a message on the page offers to undo, unless it is pressed in a field in which somebody
// has typed: there it takes back what was typed. After an act the focus is often in one that is still empty.

const typedIn = new WeakSet();

function offered() {
  return document.querySelector("#messages [data-undo] button:enabled");
}

function isUndo(event) {
  const hasControl = event.ctrlKey || event.metaKey;
  return hasControl && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("select, [type=checkbox], [type=radio]")) typedIn.add(target);
});

document.addEventListener("keydown", (event) => {
  if (!isUndo(event) || typedIn.has(event.target) || !offered()) return;
  event.preventDefault();
  offered().click();
});
