// The public API, with the session of whoever looks at the page.
import { h } from "../kernel/elements.js";

const page = document.querySelector("[data-imports]");
export const told = JSON.parse(page.dataset.imports);
export const csrf = page.dataset.csrf;
export const HOME = "/importexport/imports/";
const NEXT = {
  NETWORK: "Check the connection, then try again.",
  LIMIT_EXCEEDED: "Wait until others are done, then try again.",
  RATE_LIMITED: "Wait a moment, then try again.",
  CONFLICT: "See how it stands now.",
  UNAUTHENTICATED: "Load this page again and sign in.",
  FORBIDDEN: "Ask whoever manages this tenant for the right.",
};

/** What was not done and what to do next, in words for people. */
export class Failure extends Error {
  constructor(code, message) {
    const told = code === "UNAUTHENTICATED" ? "Your session has ended." : sentence(message);
    super(NEXT[code] ? `${told} ${NEXT[code]}` : told);
    this.code = code;
  }
}

/** Write what a server says as a sentence. */
export const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}` : "");

/** Ask the graph of a service; throws Failure. */
export async function graph(query, variables = {}, service = "importexport") {
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
export const button = (text, act, { kind = "", ...more } = {}) => h("button", { type: "button", class: `imp-button ${kind}`, onclick: act, ...more }, text);

/** Make a badge. */
export const badge = (text, kind = "") => h("span", { class: `imp-badge ${kind}` }, text);

/** Make a list to choose from, of [value, text]. */
export function select(options, value, more = {}) {
  const made = h("select", { class: "imp-field", ...more }, options.map(([one, text]) => h("option", { value: one }, text)));
  made.value = value;
  return made;
}

/** Say that there is nothing, and what to do about it. */
export const nothing = (title, more, ...acts) => h("div", { class: "imp-empty" }, h("p", {}, h("strong", {}, title)), h("p", {}, more), acts.length ? h("div", { class: "imp-acts" }, acts) : "");

/** Show what was not done; without words, that all is well. */
export function complain(error = null) {
  const place = page.querySelector("[data-problem]");
  place.hidden = !error;
  place.textContent = error?.message ?? "";
  if (error) place.scrollIntoView({ block: "nearest" });
}

/** Do something that may fail; returns whether it was done. */
export async function attempt(work) {
  try {
    await work();
    complain();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

/** Ask for something in a dialog; returns what was filled in, or null. */
export function ask(title, parts, { yes, kind = "imp-primary" }) {
  return new Promise((resolve) => {
    const acts = h("div", { class: "imp-acts" }, button("Cancel", () => dialog.close()), h("button", { class: `imp-button ${kind}`, value: "yes" }, yes));
    const form = h("form", { method: "dialog" }, h("h2", { id: "imp-dialog-title" }, title), parts, acts);
    const dialog = h("dialog", { class: "imp-dialog", "aria-labelledby": "imp-dialog-title" }, form);
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      resolve(given);
    });
    page.append(dialog);
    dialog.showModal();
  });
}

/** A dialog of its own making: `fill` gets what ends it with an answer; returns that, or null. */
export function dialogOf(title, fill) {
  return new Promise((resolve) => {
    let answer = null;
    const end = (given) => {
      answer = given;
      dialog.close();
    };
    const head = h("div", { class: "imp-head" }, h("h2", { id: "imp-dialog-title" }, title), button("Close", () => dialog.close()));
    const dialog = h("dialog", { class: "imp-dialog imp-picker", "aria-labelledby": "imp-dialog-title" }, head, fill(end));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    page.append(dialog);
    dialog.showModal();
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
