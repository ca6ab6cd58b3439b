// The key of the server: kept for this tab only, and never part of an address that is sent or logged.

const PLACE = "graphide.key";

/** Take a key out of the part of the address that browsers do not send (`#key=…`), and clean the address. */
export function takeKeyFromAddress() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(PLACE, decodeURIComponent(found[1]));
  history.replaceState(null, "", location.pathname);
}

/** Return the key, "" when there is none. */
export function key() {
  return sessionStorage.getItem(PLACE) ?? "";
}

/** Keep a key for this tab. */
export function keepKey(text) {
  sessionStorage.setItem(PLACE, text);
}

/** Forget the key. */
export function forgetKey() {
  sessionStorage.removeItem(PLACE);
}
