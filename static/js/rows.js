// A click anywhere on a row of the order list opens the order, as its number does; with Ctrl or the middle
// button in a new tab. Selecting text opens nothing.

const OTHER = "a, button, input, label, details";

function linkOf(event) {
  const row = event.target.closest("#results tbody tr");
  if (!row || event.target.closest(OTHER) || getSelection().toString()) return null;
  return row.querySelector("td.number a");
}

document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank");
  else link.click();
});

document.addEventListener("auxclick", (event) => {
  const link = event.button === 1 && linkOf(event);
  if (link) window.open(link.href, "_blank");
});
