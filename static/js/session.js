// A request that was sent elsewhere has found the session ended. The page it was sent to is shown as a whole:
// as a part of this page it would make no sense.

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
