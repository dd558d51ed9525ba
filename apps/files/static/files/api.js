// The public API, with the session of whoever looks at the page.
import { graphsOf } from "../kernel/kit.js";
import { problem } from "./words.js";

const page = document.querySelector("[data-files]");
/** What the server told the page: who may do what, and how much room there is. */
export const told = JSON.parse(page.dataset.files);
export const csrf = page.dataset.csrf;
export const UPLOADS = "/files/api/uploads/";
/** Of one call. */
export const AT_ONCE = 100;

/** What was not done, in words for people. */
export class Failure extends Error {
  constructor(code, message) {
    super(problem(code, message));
    this.code = code;
  }
}

const graphs = graphsOf(csrf, Failure);

/** Ask the graph; throws Failure. With `partly`, what could be answered is returned all the same. */
export const graph = (query, variables = {}, how = {}) => graphs.graph("files", query, variables, how);

/** Run one mutation and return its answer; throws Failure. */
export const change = (field, input, asks = "") => graphs.change("files", field, input, asks);

/** Do one thing to many files; returns the ids of those it was done to, and the first problem. */
export async function changeMany(field, ids, more = {}) {
  const done = [];
  let first = null;
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    const { outcomes } = await change(field, { ids: some, ...more }, "outcomes { error { code message } }");
    outcomes.forEach(({ error }, index) => {
      if (!error) done.push(some[index]);
      else first ??= new Failure(error.code, error.message);
    });
  }
  return { done, problem: first };
}

/** Where a file is fetched by whoever is signed in. */
export const contentOf = (id) => `/files/api/files/${id}`;
