// The public API, with the session of whoever looks at the page.
import { h } from "../kernel/elements.js";
import { announce, graphsOf, partsOf } from "../kernel/kit.js";

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

const graphs = graphsOf(csrf, Failure);
const parts = partsOf(page, "imp");
export { announce };
export const { ask, badge, button } = parts;

/** Ask the graph of a service; throws Failure. */
export const graph = (query, variables = {}, service = "importexport") => graphs.graph(service, query, variables);

const SCANS = `query($files: [_Any!]!) { _entities(representations: $files) { ... on File { id state } } }`;
const UNSCANNED = new Set(["RECEIVING", "QUARANTINED", "SCANNING"]);

/** Return which of these files are looked through for harm yet, and not given out; none where that cannot be told. */
export async function unscanned(ids) {
  if (!ids.length) return new Set();
  const files = ids.map((id) => ({ __typename: "File", id }));
  try {
    const { _entities: found } = await graphs.graph("files", SCANS, { files }, { partly: true });
    return new Set(found.filter((one) => one && UNSCANNED.has(one.state)).map(({ id }) => id));
  } catch {
    // Whoever follows a link is told why a file is not given out.
    return new Set();
  }
}

/** Show a link to a file once it is given out. */
export async function showOnceScanned(link, id) {
  link.hidden = true;
  while ((await unscanned([id])).size) {
    await new Promise((over) => setTimeout(over, document.hidden ? 10_000 : 1500));
    if (!link.isConnected) return;
  }
  link.hidden = false;
}

/** Run one mutation and return its answer; throws Failure. */
export const change = (field, input, asks) => graphs.change("importexport", field, input, asks);

/** A dialog of its own making: `fill` gets what ends it with an answer; returns that, or null. */
export const dialogOf = (title, fill) => parts.dialogOf(title, "imp-picker", fill);

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
