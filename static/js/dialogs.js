// A <dialog data-open> that the server sends is shown; whatever has data-close in it closes it. Where no
// script runs, data-close is a link. A menu that asked is closed by then, and has the focus back.

function showNew() {
  for (const dialog of document.querySelectorAll("dialog[data-open]")) {
    dialog.removeAttribute("data-open");
    dialog.showModal();
    dialog.addEventListener("close", giveFocusBack, { once: true });
  }
}

function giveFocusBack() {
  if (document.activeElement === document.body) document.querySelector("#bulk details.menu summary")?.focus();
}

document.addEventListener("htmx:oobAfterSwap", showNew);

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-close]")?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
