// What pages of services have in common: questions to graphs, by the session of whoever looks, and parts of a page.
import { h } from "./elements.js";

/** Return what asks graphs of services and has them changed; both throw a Failure, made of a code and a message. */
export function graphsOf(csrf, Failure) {
  /** Ask the graph of a service. With `partly`, what could be answered is returned all the same. */
  async function graph(service, query, variables = {}, { partly = false } = {}) {
    let answer;
    try {
      const response = await fetch(`/${service}/graphql`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ query, variables }),
      });
      answer = await response.json();
    } catch {
      throw new Failure("NETWORK", "The server cannot be reached.");
    }
    const [error] = answer.errors ?? [];
    if (error && !(partly && answer.data)) throw new Failure(error.extensions?.code ?? "", error.message);
    return answer.data;
  }

  /** Run one mutation and return its answer. */
  async function change(service, field, input, asks = "") {
    const type = `${field[0].toUpperCase()}${field.slice(1)}Input`;
    const data = await graph(service, `mutation($input: ${type}!) { change: ${field}(input: $input) { ${asks} error { code message } } }`, { input });
    if (data.change.error) throw new Failure(data.change.error.code, data.change.error.message);
    return data.change;
  }

  return { graph, change };
}

let dialogs = 0;
let announcing = 0;

/** Return the parts of a page, whose classes begin with a prefix. */
export function partsOf(page, prefix) {
  /** Make a button; `label` says more to whoever does not see what is around it. */
  const button = (text, act, { label = null, kind = "", ...more } = {}) => h("button", { type: "button", class: `${prefix}-button ${kind}`, "aria-label": label, onclick: act, ...more }, text);

  /** Make a badge. */
  const badge = (text, kind = "") => h("span", { class: `${prefix}-badge ${kind}` }, text);

  /** Show a dialog; `fill` gets the id of what names it, and what ends it with an answer. Returns that, or null. */
  const open = (kind, fill) =>
    new Promise((settled) => {
      let answer = null;
      const end = (given) => {
        answer = given;
        dialog.close();
      };
      // One may be opened over another.
      const id = `${prefix}-dialog-${(dialogs += 1)}`;
      const dialog = h("dialog", { class: `${prefix}-dialog ${kind}`, "aria-labelledby": id }, fill(id, end));
      dialog.addEventListener("close", () => {
        dialog.remove();
        settled(answer);
      });
      page.append(dialog);
      dialog.showModal();
    });

  /** A dialog of its own making: `fill` gets what ends it with an answer; returns that, or null. */
  const dialogOf = (title, kind, fill) => open(kind, (id, end) => [h("div", { class: `${prefix}-head` }, h("h2", { id }, title), button("Close", () => end(null))), fill(end)]);

  /** Ask for something in a dialog; returns what `answer` makes of the form, else what was filled in, or null. */
  const ask = (title, parts, { yes, says = "", kind = `${prefix}-primary`, answer = (form) => Object.fromEntries(new FormData(form)) }) =>
    open("", (id, end) => {
      const acts = h("div", { class: `${prefix}-acts` }, button("Cancel", () => end(null)), h("button", { class: `${prefix}-button ${kind}` }, yes));
      const form = h("form", { method: "dialog" }, h("h2", { id }, title), says && h("p", { class: `${prefix}-quiet` }, says), parts, acts);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        end(answer(form));
      });
      return form;
    });

  return { button, badge, dialogOf, ask };
}

/** Say something to those who do not see what has changed: in the dialog that is open, for nothing else is heard then. */
export function announce(text) {
  const place = document.querySelector("dialog[open] [data-announcer]") ?? document.querySelector("[data-announcer]");
  place.textContent = "";
  clearTimeout(announcing);
  // The same words twice are said twice.
  announcing = setTimeout(() => (place.textContent = text), 50);
}
