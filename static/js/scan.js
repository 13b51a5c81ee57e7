// A scanner types the barcode of a slip into the list's search box, and Enter: that opens the order.
const OURS = /^\s*RO\d{1,18}\s*$/i;

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const typed = form.querySelector("[data-scan]");
    if (!typed || !OURS.test(typed.value)) return;
    event.preventDefault();
    event.stopPropagation();
    location.assign(`${typed.dataset.scan}?code=${encodeURIComponent(typed.value.trim())}`);
  },
  true,
);
