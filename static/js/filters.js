// The menus that filter a list.

const customerMenu = document.getElementById("customer-menu");
const search = customerMenu?.querySelector("input[type=search]");
const searches = document.querySelectorAll(".filter-menu input[type=search]");

// The "All" item of a menu unchecks its boxes.
function uncheck(button) {
  for (const box of button.parentElement.querySelectorAll("input")) box.checked = false;
  button.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-uncheck]");
  if (button) uncheck(button);
});

// Searching for a customer or a colleague must not submit the filter form; choosing one does.
for (const each of searches) each.addEventListener("input", (event) => event.stopPropagation());

const colleagueMenu = document.getElementById("assignee-filter");

// What is on its way knows nothing yet of a box that is ticked now; the list brings it anew.
colleagueMenu?.addEventListener("input", () => {
  htmx.trigger(colleagueMenu.querySelector(".finding"), "htmx:abort");
});

// While the menu is open, the numbers of colleagues who are searched for follow the list, as all others do.
for (const change of ["filtered", "recount", "reload"]) {
  document.addEventListener(change, () => {
    if (colleagueMenu?.open) colleagueMenu.dispatchEvent(new CustomEvent("opened"));
  });
}

// After a customer was chosen, reset and close the menu.
document.addEventListener("htmx:afterRequest", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter;
  if (!button || !customerMenu?.contains(button)) return;
  search.value = "";
  document.getElementById("who-found").replaceChildren();
  customerMenu.open = false;
});
