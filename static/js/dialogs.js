// A <dialog data-open> that the server sends is shown; whatever has data-close in it closes it. Where no
// script runs, data-close is a link.

function showNew() {
  for (const dialog of document.querySelectorAll("dialog[data-open]")) {
    dialog.removeAttribute("data-open");
    dialog.showModal();
  }
}

document.addEventListener("htmx:oobAfterSwap", showNew);

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-close]")?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
