// The public API, with the session of whoever looks at the page.
import { h } from "../kernel/elements.js";

const page = document.querySelector("[data-documents]");
export const told = JSON.parse(page.dataset.documents);

/** What was not done, in words for people. */
export class Failure extends Error {
  constructor(code, message) {
    super(code === "UNAUTHENTICATED" ? "Your session has ended: load this page again and sign in." : message);
    this.code = code;
  }
}

/** Ask the graph of a service; throws Failure. */
export async function graph(query, variables = {}, service = "documents") {
  let answer;
  try {
    const response = await fetch(`/${service}/graphql`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": page.dataset.csrf },
      body: JSON.stringify({ query, variables }),
    });
    answer = await response.json();
  } catch {
    throw new Failure("NETWORK", "The server cannot be reached.");
  }
  const [error] = answer.errors ?? [];
  if (error) throw new Failure(error.extensions?.code ?? "", error.message);
  return answer.data;
}

/** Run one mutation and return its answer; throws Failure. */
export async function change(field, input, asks) {
  const type = `${field[0].toUpperCase()}${field.slice(1)}Input`;
  const data = await graph(`mutation($input: ${type}!) { change: ${field}(input: $input) { ${asks} error { code message } } }`, { input });
  if (data.change.error) throw new Failure(data.change.error.code, data.change.error.message);
  return data.change;
}

/** Make a button. */
export const button = (text, act, { kind = "", ...more } = {}) => h("button", { type: "button", class: `docs-button ${kind}`, onclick: act, ...more }, text);

/** Make a badge. */
export const badge = (text, kind = "") => h("span", { class: `docs-badge ${kind}` }, text);

/** Ask for something in a dialog; returns what was filled in, or null. */
export function ask(title, fields, { yes, says = "" }) {
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "docs-dialog-title" }, title),
      says && h("p", { class: "docs-quiet" }, says),
      fields,
      h("div", { class: "docs-acts" }, button("Cancel", () => dialog.close()), h("button", { class: "docs-button docs-primary", value: "yes" }, yes)),
    );
    const dialog = h("dialog", { class: "docs-dialog", "aria-labelledby": "docs-dialog-title" }, form);
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      resolve(given);
    });
    page.append(dialog);
    dialog.showModal();
  });
}

/** What a field takes that asks for the name of a template. */
export const NAMED = { required: true, maxlength: 60, pattern: "[a-z0-9]+(-[a-z0-9]+)*", title: "Small letters and digits with single hyphens between", autocomplete: "off" };

/** A labelled field of a dialog. */
export const field = (label, name, more = {}) => h("label", {}, label, h(more.rows ? "textarea" : "input", { name, class: "docs-field", ...more }));

let dialogs = 0;

/** A dialog of its own making: `fill` gets what ends it with an answer; returns that, or null. */
export function dialogOf(title, kind, fill) {
  return new Promise((resolve) => {
    let answer = null;
    const end = (given) => {
      answer = given;
      dialog.close();
    };
    // One may be opened over another.
    const id = `docs-dialog-${(dialogs += 1)}`;
    const head = h("div", { class: "docs-head" }, h("h2", { id }, title), button("Close", () => dialog.close()));
    const dialog = h("dialog", { class: `docs-dialog ${kind}`, "aria-labelledby": id }, head, fill(end));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    page.append(dialog);
    dialog.showModal();
  });
}

/** A form in a dialog that stays open until `save` has kept what it says; returns whether it has. */
export function form(title, fields, { yes, save, kind = "", says = "" }) {
  return dialogOf(title, kind, (end) => {
    const problem = h("p", { class: "docs-problem", role: "alert", hidden: true });
    const made = h("form", {}, says && h("p", { class: "docs-quiet" }, says), fields, problem, h("div", { class: "docs-acts" }, h("button", { class: "docs-button docs-primary" }, yes)));
    let saving = false;
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (saving) return;
      saving = true;
      problem.hidden = true;
      try {
        await save(Object.fromEntries(new FormData(made)));
        end(true);
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      } finally {
        saving = false;
      }
    });
    return made;
  });
}

let announcing = 0;

/** Say something to those who do not see what has changed. */
export function announce(text) {
  const place = page.querySelector("[data-announcer]");
  place.textContent = "";
  clearTimeout(announcing);
  announcing = setTimeout(() => (place.textContent = text), 50);
}
