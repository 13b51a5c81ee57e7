// The menus that filter a list.

const customerMenu = document.getElementById("customer-menu");
const search = customerMenu?.querySelector("input[type=search]");

// The "All" item of a menu unchecks its boxes.
function uncheck(button) {
  for (const box of button.parentElement.querySelectorAll("input")) box.checked = false;
  button.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-uncheck]");
  if (button) uncheck(button);
});

// Typing into the customer search must not submit the filter form; choosing a customer does.
search?.addEventListener("input", (event) => event.stopPropagation());
search?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});

// After a customer was chosen, reset and close the menu.
document.addEventListener("htmx:afterRequest", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter;
  if (!button || !customerMenu?.contains(button)) return;
  search.value = "";
  document.getElementById("who-found").replaceChildren();
  customerMenu.open = false;
});
