// The proof that a form is ours changes with every login. After logging out and in again in another tab, what
// was typed here is sent with the new one, which the cookie holds; the old one would be refused.

const FIELD = "csrfmiddlewaretoken";
const USER = "user";
const COOKIE = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/;

const { user } = document.body.dataset;

if (user) localStorage.setItem(USER, user);

// Nothing is sent in the name of somebody else who has logged in meanwhile: that stays refused.
function token() {
  return user && localStorage.getItem(USER) === user ? document.cookie.match(COOKIE)?.[1] : null;
}

function renew() {
  const found = token();
  if (!found) return;
  for (const field of document.querySelectorAll(`[name=${FIELD}]`)) field.value = found;
}

addEventListener("focus", renew);
document.addEventListener("visibilitychange", renew);
document.addEventListener("submit", renew, true);

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const found = detail.verb !== "get" && token();
  if (!found) return;
  detail.headers["X-CSRFToken"] = found;
  if (detail.parameters[FIELD]) detail.parameters[FIELD] = found;
});
