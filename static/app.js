// All scripts of our own pages. Each does nothing on pages without the elements it looks for.
import "./js/menus.js";
import "./js/row-menu.js";
import "./js/finder.js";
import "./js/keys.js";
import "./js/focus.js";
import "./js/messages.js";
import "./js/session.js";
import "./js/posting.js";
import "./js/drafts.js";
import "./js/countdown.js";
import "./js/filters.js";
import "./js/place.js";
import "./js/selection.js";
import "./js/dialogs.js";
import "./js/undo.js";
import "./js/print.js";
import "./js/scan.js";
