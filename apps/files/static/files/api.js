// The public API, with the session of whoever looks at the page.
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

/** Ask the graph; throws Failure. With `partly`, what could be answered is returned all the same. */
export async function graph(query, variables = {}, { partly = false } = {}) {
  let answer;
  try {
    const response = await fetch("/files/graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ query, variables }),
    });
    answer = await response.json();
  } catch {
    throw new Failure("NETWORK", "");
  }
  const [error] = answer.errors ?? [];
  if (error && !(partly && answer.data)) throw new Failure(error.extensions?.code ?? "", error.message);
  return answer.data;
}

/** Run one mutation and return its answer; throws Failure. */
export async function change(field, input, asks = "") {
  const type = `${field[0].toUpperCase()}${field.slice(1)}Input`;
  const data = await graph(`mutation($input: ${type}!) { change: ${field}(input: $input) { ${asks} error { code message } } }`, { input });
  if (data.change.error) throw new Failure(data.change.error.code, data.change.error.message);
  return data.change;
}

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
