// The tab of the view that is open is in sight, however many tabs there are. They are counted anew, and so
// replaced, from time to time.

const FADE = 24;

function showCurrent() {
  const tabs = document.getElementById("badges");
  const current = tabs?.querySelector("[aria-current]");
  if (!current) return;
  const end = current.offsetLeft + current.offsetWidth + FADE - tabs.clientWidth;
  tabs.scrollLeft = Math.max(tabs.scrollLeft, end);
}

document.addEventListener("htmx:load", (event) => {
  if (event.target.id === "badges") showCurrent();
});
showCurrent();
