// <span data-countdown="432" data-enables="ID"> counts down in m:ss. At 0 its parent is removed and the
// button with that id is enabled.

// End times instead of counters: timers stop while a device sleeps.
const ends = new WeakMap();

function secondsLeft(countdown) {
  if (!ends.has(countdown)) ends.set(countdown, Date.now() + Number(countdown.dataset.countdown) * 1000);
  return Math.ceil((ends.get(countdown) - Date.now()) / 1000);
}

function show(countdown, seconds) {
  const minutes = Math.floor(seconds / 60);
  countdown.textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

function end(countdown) {
  const button = document.getElementById(countdown.dataset.enables);
  if (button) button.disabled = false;
  countdown.parentElement.remove();
}

function tick() {
  for (const countdown of document.querySelectorAll("[data-countdown]")) {
    const seconds = secondsLeft(countdown);
    if (seconds > 0) show(countdown, seconds);
    else end(countdown);
  }
}

setInterval(tick, 1000);
tick();
