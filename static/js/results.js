// One request at a time brings the results of a list anew. What a person asks for takes the place of what is
// under way, which would draw what nobody looks for any more. What the page asks for by itself (reload, after
// an act) waits for it and comes after, since that answer may be older than the act.

let underWay = null;
let isOutdated = false;

function isReload({ triggeringEvent }) {
  return triggeringEvent?.type === "reload";
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, requestConfig, xhr } = event.detail;
  if (target.id !== "results" || requestConfig.verb !== "get") return;
  if (underWay && isReload(requestConfig)) {
    isOutdated = true;
    event.preventDefault();
    return;
  }
  const before = underWay;
  underWay = xhr;
  before?.abort();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr !== underWay) return;
  underWay = null;
  if (!isOutdated) return;
  isOutdated = false;
  htmx.trigger(document.body, "reload");
});
