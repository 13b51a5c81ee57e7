// The order list's address says what it shows, also where it was opened without one.

const results = document.getElementById("results");

// Going back twice in a hurry changes the address before htmx listens.
function hasMissedBack() {
  const [navigation] = performance.getEntriesByType("navigation");
  return new URL(navigation.name).search !== location.search;
}

if (results) {
  document.addEventListener("DOMContentLoaded", () => {
    if (hasMissedBack()) location.reload();
    else if (!location.search) history.replaceState(history.state, "", results.dataset.address);
  });
}
