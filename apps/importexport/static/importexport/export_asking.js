// What an export is asked for by: what of, which columns and rows, as what, and where it goes.
import { h } from "../kernel/elements.js";
import { ask, graph, select } from "./api.js";
import { grouped } from "./datasets.js";

const QUERY = `{ datasets { name title readable filters cursor fields { name title kind masked } }
  dataEndpoints(order: NAME, first: 50) { nodes { id name state } } }`;
const FORMATS = [["CSV", "CSV"], ["TSV", "TSV"], ["XLSX", "Excel (XLSX)"], ["ODS", "OpenDocument (ODS)"], ["JSONL", "JSON lines"], ["PARQUET", "Parquet"]];
const PACKINGS = [["NONE", "As it is"], ["GZIP", "gzip"], ["ZSTD", "zstd"]];

const ticked = (name, value, text, checked, more = {}) => h("label", { class: "imp-tick" }, h("input", { type: "checkbox", name, value, checked, ...more }), " ", text);

/** Show the columns of a dataset, all of them chosen; without any nothing can be asked for. */
function columnsOf(dataset) {
  if (!dataset) return h("p", { class: "imp-quiet" }, "Its columns are shown here once it is chosen.");
  const boxes = dataset.fields.map(({ name, title, masked }) => ticked("columns", name, [title, masked && h("span", { class: "imp-quiet" }, " (hidden from you)")], true));
  const group = h("fieldset", { class: "imp-ticks" }, h("legend", {}, "Columns"), boxes);
  const [first] = group.querySelectorAll("input");
  const judge = () => first.setCustomValidity(group.querySelector("input:checked") ? "" : "Choose a column at least.");
  group.addEventListener("change", judge);
  return group;
}

/** Ask which rows of a dataset, and in which order, as far as it can be asked for either. */
function rowsOf(dataset) {
  if (!dataset) return "";
  const seen = dataset.fields.filter(({ kind, masked }) => kind !== "JSON" && !masked);
  const narrowing = seen.filter(({ name }) => dataset.filters.includes(name));
  const value = h("input", { class: "imp-field", name: "value", disabled: true, autocomplete: "off" });
  const where = select([["", "All rows"], ...narrowing.map(({ name, title }) => [name, title])], "", { name: "where" });
  where.addEventListener("change", () => Object.assign(value, { disabled: !where.value, required: Boolean(where.value) }));
  const ordered = /^(tables|external)\./.test(dataset.name);
  const orders = seen.flatMap(({ name, title }) => [[name, title], [`-${name}`, `${title}, the greatest first`]]);
  return h(
    "div",
    { class: "imp-part" },
    narrowing.length > 0 && [h("label", {}, "Only rows by their", where), h("label", {}, "which is", value)],
    dataset.cursor && h("label", {}, "Only what changed since", h("input", { class: "imp-field", type: "datetime-local", name: "since" })),
    ordered && h("label", {}, "Order", select([["", "As they are stored"], ...orders], "", { name: "order" })),
  );
}

/** Make what the API takes of a filled form; all columns are those that there are then, and are not named. */
function told(form) {
  const given = new FormData(form);
  const columns = given.getAll("columns");
  const all = form.querySelectorAll("[name=columns]").length;
  return {
    dataset: given.get("dataset"),
    format: given.get("format"),
    compression: given.get("compression"),
    guard: given.has("guard"),
    columns: columns.length < all ? columns : null,
    filter: given.get("where") ? { [given.get("where")]: given.get("value") } : null,
    since: given.get("since") ? new Date(given.get("since")).toISOString() : null,
    order: given.get("order") ? [given.get("order")] : null,
    deliverTo: given.getAll("places"),
  };
}

/** Ask for all of an export; returns what the API takes, or null. Throws Failure. */
export async function askFor() {
  const { datasets, dataEndpoints } = await graph(QUERY);
  const readable = datasets.filter((one) => one.readable);
  const places = dataEndpoints.nodes.filter(({ state }) => state !== "DISABLED");
  const columns = h("div", { class: "imp-part" }, columnsOf(null));
  const rows = h("div", { hidden: true });
  const chosen = h("select", { class: "imp-field", name: "dataset", required: true }, h("option", { value: "" }, "Choose…"), grouped(readable));
  chosen.addEventListener("change", () => {
    const dataset = readable.find(({ name }) => name === chosen.value);
    columns.replaceChildren(columnsOf(dataset));
    rows.replaceChildren(rowsOf(dataset));
    rows.hidden = !dataset;
  });
  return ask(
    "New export",
    [
      h("label", {}, "Dataset or table", chosen),
      columns,
      rows,
      h("label", {}, "Format", select(FORMATS, "CSV", { name: "format" })),
      h("label", {}, "Packed", select(PACKINGS, "NONE", { name: "compression" })),
      ticked("guard", "yes", "Keep spreadsheets from computing texts; an import takes off again what this adds", true),
      places.length > 0 && h("fieldset", { class: "imp-ticks" }, h("legend", {}, "Deliver it to"), places.map(({ id, name }) => ticked("places", id, name, false))),
    ],
    { yes: "Export", answer: told },
  );
}
