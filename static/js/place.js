// The order list's address says what it shows, also where it was opened without one.

const results = document.getElementById("results");

if (results?.dataset.address && !location.search) {
  history.replaceState(history.state, "", results.dataset.address);
}
