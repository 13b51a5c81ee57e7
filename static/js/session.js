// An htmx request that was redirected means that the session has ended. Open the login page, so that it is
// not swapped into this one; it says what was not done, or leads back here.

function wasRedirected({ xhr, requestConfig }) {
  if (!xhr.responseURL || !requestConfig) return false;
  const asked = new URL(requestConfig.path, location.href);
  return new URL(xhr.responseURL).pathname !== asked.pathname;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!wasRedirected(event.detail)) return;
  event.detail.shouldSwap = false;
  const { responseURL } = event.detail.xhr;
  if (new URL(responseURL).searchParams.has("undone")) location.assign(responseURL);
  else location.reload();
});
