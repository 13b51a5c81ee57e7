// The page that shows a slip: what is chosen is shown at once, and the button prints.
const form = document.querySelector(".print-bar");

form?.addEventListener("change", () => form.requestSubmit());
form?.querySelector("[data-print]").addEventListener("click", () => window.print());
form?.querySelector("[data-without-script]").setAttribute("hidden", "");
