// The columns of the list change places in their menu, by the buttons beside them or with Alt and an arrow
// key; the list follows once the form is sent. Without a script each button sends it.

const STEPS = { ArrowUp: "earlier", ArrowDown: "later" };

// Past the next one that is shown: the others make no difference.
function move(choice, step) {
  const isEarlier = step === "earlier";
  let other = choice;
  do other = isEarlier ? other.previousElementSibling : other.nextElementSibling;
  while (other && !other.querySelector(":checked"));
  if (isEarlier) other?.before(choice);
  else other?.after(choice);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".column-choice button");
  if (!button) return;
  event.preventDefault();
  move(button.closest(".column-choice"), button.name);
  button.focus();
});

document.addEventListener("keydown", (event) => {
  const choice = event.target.closest(".column-choice");
  if (!choice || !event.altKey || !(event.key in STEPS)) return;
  event.preventDefault();
  move(choice, STEPS[event.key]);
  event.target.focus();
});
