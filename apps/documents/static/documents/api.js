// The public API, with the session of whoever looks at the page.
import { h } from "../kernel/elements.js";
import { announce, graphsOf, partsOf } from "../kernel/kit.js";

const page = document.querySelector("[data-documents]");
export const told = JSON.parse(page.dataset.documents);

/** What was not done, in words for people. */
export class Failure extends Error {
  constructor(code, message) {
    super(code === "UNAUTHENTICATED" ? "Your session has ended: load this page again and sign in." : message);
    this.code = code;
  }
}

const graphs = graphsOf(page.dataset.csrf, Failure);
export { announce };
export const { ask, badge, button, dialogOf } = partsOf(page, "docs");

/** Ask the graph of a service; throws Failure. */
export const graph = (query, variables = {}, service = "documents") => graphs.graph(service, query, variables);

/** Run one mutation and return its answer; throws Failure. */
export const change = (field, input, asks) => graphs.change("documents", field, input, asks);

/** A moment, to the minute; all of it for programs. */
export function timeOf(told) {
  const moment = new Date(told);
  return h("time", { datetime: moment.toISOString() }, moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
}

/** What a field takes that asks for the name of a template. */
export const NAMED = { required: true, maxlength: 60, pattern: "[a-z0-9]+(-[a-z0-9]+)*", title: "Small letters and digits with single hyphens between", autocomplete: "off" };

/** A labelled field of a dialog. */
export const field = (label, name, more = {}) => h("label", {}, label, h(more.rows ? "textarea" : "input", { name, class: "docs-field", ...more }));

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
