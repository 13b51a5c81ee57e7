// Ctrl+Z undoes what a message on the page offers to undo, unless somebody is typing.

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function offered() {
  return document.querySelector("#messages [data-undo] button:enabled");
}

function isUndo(event) {
  const hasControl = event.ctrlKey || event.metaKey;
  return hasControl && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
}

document.addEventListener("keydown", (event) => {
  if (!isUndo(event) || event.target.closest(TYPING) || !offered()) return;
  event.preventDefault();
  offered().click();
});
