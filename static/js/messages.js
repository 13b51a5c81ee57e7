// Dismisses messages, and shows one when an htmx request fails.

function messages() {
  return document.getElementById("messages");
}

function removeTrouble() {
  messages()?.querySelector(".trouble")?.remove();
}

// Our error pages carry an explanation; for other responses the template's general text is shown.
function explanationIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.getElementById("explanation")?.textContent;
}

function showTrouble(event) {
  const template = document.getElementById("trouble");
  if (!template) return;
  removeTrouble();
  messages().append(template.content.cloneNode(true));
  const explanation = explanationIn(event.detail.xhr?.responseText ?? "");
  if (explanation) messages().querySelector(".trouble > span").textContent = explanation;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".message").remove();
});

document.addEventListener("htmx:sendError", showTrouble);
document.addEventListener("htmx:responseError", showTrouble);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) removeTrouble();
});
