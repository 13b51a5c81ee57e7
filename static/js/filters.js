// The menus that filter a list.

const customerMenu = document.getElementById("customer-menu");
const search = customerMenu?.querySelector("input[type=search]");

// "All" in a menu: nothing of it is chosen.
function uncheck(button) {
  for (const box of button.parentElement.querySelectorAll("input")) box.checked = false;
  button.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-uncheck]");
  if (button) uncheck(button);
});

// Looking for a customer filters nothing yet, neither while typing nor by Enter.
search?.addEventListener("input", (event) => event.stopPropagation());
search?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});

// Choosing a customer filters, and is done with the menu.
document.addEventListener("htmx:afterRequest", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter;
  if (!button || !customerMenu?.contains(button)) return;
  search.value = "";
  document.getElementById("who-found").replaceChildren();
  customerMenu.open = false;
});
