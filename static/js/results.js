// One request at a time brings the results of a list anew. What a person asks for takes the place of what is
// under way, which would draw what nobody looks for any more; but what is searched and filtered for stands in
// its fields and is brought, and a heading that was pressed beside it is pressed once more. What the page
// asks for by itself (reload, after an act) comes after what is under way, which may be older than the act.

const HEADING = "[id^=sort-], [id^=size-]";

let underWay = null;
let heading = "";
let isOutdated = false;

function press(id) {
  document.getElementById(id)?.click();
}

function isReload({ triggeringEvent }) {
  return triggeringEvent?.type === "reload";
}

// Whether it has to wait for what is under way, or gives way to it.
function gives(elt, requestConfig) {
  if (!underWay) return false;
  if (isReload(requestConfig)) isOutdated = true;
  else if (!underWay.elt.matches("form") || elt.matches("form")) return false;
  else if (elt.matches(HEADING)) heading = elt.id;
  return true;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target, requestConfig, xhr } = event.detail;
  if (target.id !== "results" || requestConfig.verb !== "get") return;
  if (gives(elt, requestConfig)) {
    event.preventDefault();
    return;
  }
  const before = underWay;
  if (elt.matches("form") && before?.elt.matches(HEADING)) heading = before.elt.id;
  underWay = { elt, xhr };
  before?.xhr.abort();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr !== underWay?.xhr) return;
  const pressed = heading;
  const isReloaded = isOutdated;
  underWay = null;
  heading = "";
  isOutdated = false;
  if (pressed) press(pressed);
  else if (isReloaded) htmx.trigger(document.body, "reload");
});
