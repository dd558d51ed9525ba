// What was imported: found by its state, and opened.
import { h } from "../kernel/elements.js";
import { HOME, announce, badge, button, graph, nothing, select, told } from "./api.js";
import { STATES, many, standing, when } from "./jobs.js";

const page = document.querySelector("[data-imports]");
const place = page.querySelector("[data-list]");
const QUERY = `query($filter: ImportJobFilter, $after: String) {
  importJobs(filter: $filter, order: NEWEST_FIRST, first: 30, after: $after) {
    nodes { id name state dataset inserted updated unchanged failed retryOf createdAt progress { fraction } }
    pageInfo { hasNextPage endCursor } } }`;
const wanted = new URLSearchParams(location.search).get("state");
const state = select([["", "All"], ...Object.entries(STATES).map(([value, [text]]) => [value, text])], wanted in STATES ? wanted : "");
let turn = 0;

function counts({ state: at, inserted, updated, unchanged, failed, progress }) {
  if (at === "RUNNING" || at === "CHECKING") return `${Math.floor(100 * progress.fraction)} %`;
  const done = inserted + updated;
  const brought = at === "CHECKED" ? `${many(done, "row")} would be brought` : done && many(done, "row");
  return [brought, unchanged && `${many(unchanged, "row")} the same already`, failed && `${many(failed, "row")} failed`].filter(Boolean).join(", ");
}

const row = (one) =>
  h(
    "li",
    {},
    h(
      "div",
      {},
      h("a", { href: `${HOME}${one.id}/` }, one.name),
      one.retryOf && [" ", badge("rows of another")],
      h("p", { class: "imp-quiet" }, [one.dataset && `into ${one.dataset}`, when(one.createdAt), counts(one)].filter(Boolean).join(" · ")),
    ),
    standing(one),
  );

function empty() {
  if (state.value) return nothing("No import is in this state.", "Choose another state to see more.", button("Show all", () => { state.value = ""; load(); state.focus(); }));
  if (!told.mayWrite) return nothing("Nothing was imported yet.", "You may look at imports; whoever may write them has made none yet.");
  return nothing("Nothing was imported yet.", "Bring a table: CSV, Excel, OpenDocument, JSON lines or Parquet.", h("a", { class: "imp-button imp-primary", href: `${HOME}new/` }, "Import a file"));
}

async function load(after = null) {
  const mine = (turn += 1);
  place.setAttribute("aria-busy", "true");
  try {
    const { importJobs: found } = await graph(QUERY, { filter: state.value ? { state: state.value } : null, after });
    if (mine !== turn) return;
    const list = after ? place.querySelector("ul") : h("ul", { class: "imp-list", "aria-label": "Imports" });
    const first = found.nodes.map(row);
    list.append(...first);
    const more = found.pageInfo.hasNextPage && button("Show more", () => load(found.pageInfo.endCursor));
    place.replaceChildren(list.children.length ? list : empty(), more ? h("p", { class: "imp-acts" }, more) : "");
    if (after) first[0]?.querySelector("a").focus();
    if (after || state.value) announce(`${many(list.children.length, "import")} shown.`);
  } catch (error) {
    if (mine === turn) place.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => load(after)));
  } finally {
    if (mine === turn) place.setAttribute("aria-busy", "false");
  }
}

page.querySelector("[data-state]").replaceWith(state);
state.addEventListener("change", () => load());
page.querySelector("[data-new]").hidden = !told.mayWrite;
load();
