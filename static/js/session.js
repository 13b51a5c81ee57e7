// An htmx request that was redirected means that the session has ended. Reload, so that the login page
// is not swapped into this one.

function wasRedirected({ xhr, requestConfig }) {
  if (!xhr.responseURL || !requestConfig) return false;
  const asked = new URL(requestConfig.path, location.href);
  return new URL(xhr.responseURL).pathname !== asked.pathname;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!wasRedirected(event.detail)) return;
  event.detail.shouldSwap = false;
  location.reload();
});
