// The scripts of RO App's own pages. Each of them does nothing where what it looks for is missing.
import "./js/menus.js";
import "./js/messages.js";
import "./js/session.js";
import "./js/countdown.js";
import "./js/filters.js";
import "./js/selection.js";
