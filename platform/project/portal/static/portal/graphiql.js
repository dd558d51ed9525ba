// The editor, with the session or a pasted key as its credential.
const place = document.getElementById("graphiql");
const form = document.getElementById("credential");
const remembered = () => sessionStorage.getItem("septet-key") || "";

function token() {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return found ? found[1] : "";
}

async function fetcher(request, options = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token(), ...options.headers };
  if (remembered() && !headers.Authorization) headers.Authorization = `Bearer ${remembered()}`;
  const response = await fetch(place.dataset.endpoint, {
    method: "POST",
    credentials: "same-origin",
    headers,
    body: JSON.stringify(request),
  });
  return response.json();
}

function show() {
  const { createElement } = React;
  localStorage.setItem("graphiql:theme", document.documentElement.dataset.theme);
  ReactDOM.createRoot(place).render(
    createElement(GraphiQL, {
      fetcher,
      defaultQuery: place.dataset.example,
      defaultEditorToolsVisibility: false,
      shouldPersistHeaders: false,
    }),
  );
}

if (form) {
  form.key.value = remembered();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("septet-key", form.key.value.trim());
    form.querySelector("button").textContent = form.key.value ? "In use" : "Use";
  });
  if (remembered()) form.querySelector("button").textContent = "In use";
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
show();
