// The editor, with the session or a pasted key as its credential.
const place = document.getElementById("graphiql");
const form = document.getElementById("credential");
const note = document.querySelector("[data-note]");
const KEY = "septet-key";
const IN_USE = "This key is in use, in this tab only.";
const key = () => sessionStorage.getItem(KEY) || "";

async function fetcher(request, options = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": place.dataset.csrf, ...options.headers };
  const used = key();
  if (form && used && !headers.Authorization) headers.Authorization = `Bearer ${used}`;
  // The editor remembers for a moment what was called so in the text before.
  const named = request.query.includes(request.operationName) ? request : { ...request, operationName: undefined };
  const response = await fetch(place.dataset.endpoint, {
    method: "POST",
    credentials: "same-origin",
    headers,
    body: JSON.stringify(named),
  });
  const answer = await response.json();
  // What was asked with another key says nothing of the one in use now.
  if (used === key()) explain(answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED"), headers.Authorization);
  return answer;
}

// What to do when the endpoint does not know who asks.
function explain(unknown, withKey) {
  if (!unknown) tell(form && key() ? IN_USE : "");
  else if (withKey) tell("This key was refused. Paste another: manage.py key issue --tenant demo makes one.", true);
  else if (form) tell("No answer without a credential: sign in, or paste a key.", true);
  else tell("Your session has ended: load this page again and sign in.", true);
}

function tell(text, refused = false) {
  if (note.textContent !== text) note.textContent = text;
  note.classList.toggle("refused", refused);
}

// Each endpoint has tabs and a history of its own.
const storage = {
  getItem: (name) => localStorage.getItem(`${place.dataset.endpoint}:${name}`),
  setItem: (name, value) => localStorage.setItem(`${place.dataset.endpoint}:${name}`, value),
  removeItem: (name) => localStorage.removeItem(`${place.dataset.endpoint}:${name}`),
  clear: () => Object.keys(localStorage).filter((name) => name.startsWith(`${place.dataset.endpoint}:`)).forEach((name) => localStorage.removeItem(name)),
  get length() { return localStorage.length; },
};

const root = ReactDOM.createRoot(place);
function show() {
  root.render(
    React.createElement(GraphiQL, {
      fetcher,
      storage,
      forcedTheme: document.documentElement.dataset.theme,
      defaultQuery: place.dataset.example,
      defaultEditorToolsVisibility: false,
      shouldPersistHeaders: false,
    }),
  );
}

function tellKey() {
  form.querySelector("button").textContent = key() ? "Forget" : "Use";
  document.querySelector("[data-how]").hidden = Boolean(key());
  tell(key() ? IN_USE : "");
}

if (form) {
  const field = form.querySelector("input");
  field.value = key();
  field.addEventListener("input", () => { form.querySelector("button").textContent = "Use"; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() === key()) field.value = "";
    sessionStorage.setItem(KEY, field.value.trim());
    tellKey();
  });
  tellKey();
}

// The editor's text fields come without names, and its result can be scrolled only by mouse.
const NAMES = [
  [".graphiql-query-editor textarea", "Query"],
  [".graphiql-editor-tool textarea", "Variables or headers"],
  [".result-window textarea", "Result"],
];
function nameFields() {
  for (const [selector, name] of NAMES) {
    for (const field of place.querySelectorAll(selector)) field.setAttribute("aria-label", name);
  }
  for (const part of place.querySelectorAll(".CodeMirror-scroll")) part.tabIndex = 0;
}

new MutationObserver(nameFields).observe(place, { childList: true, subtree: true });
new MutationObserver(show).observe(document.documentElement, { attributeFilter: ["data-theme"] });
show();
