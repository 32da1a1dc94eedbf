// Who the visitor is: a secret in this tab's sessionStorage, which a reload keeps. The page proposes one; an older one wins.
const NAME = "derin.visitor";
let remembered = null; // where sessionStorage is closed to us, this page's memory has to do

export default function identify({ data, setStateValue }) {
  const proposed = data?.secret;
  if (!proposed) return;
  const kept = read() ?? proposed;
  keep(kept);
  // not while mounting: Streamlit may lose what is set then
  if (kept !== proposed) setTimeout(() => setStateValue("secret", kept), 0);
}

function read() {
  try {
    return sessionStorage.getItem(NAME) ?? remembered;
  } catch {
    return remembered;
  }
}

function keep(secret) {
  remembered = secret;
  try {
    sessionStorage.setItem(NAME, secret);
  } catch {
    // a browser that stores nothing knows its visitor until the page is reloaded
  }
}
