// Imports of the importexport service, to be chosen: those that are done, into tables of the tenant.
import { h } from "../kernel/elements.js";
import { button, dialogOf, graph } from "./api.js";
import { Listing } from "./listing.js";

const READ = `query($after: String) { importJobs(filter: {state: DONE}, order: NEWEST_FIRST, first: 20, after: $after) {
  nodes { id name dataset inserted updated } pageInfo { hasNextPage endCursor } } }`;

/** Let an import be chosen; returns it, or null. */
export function chooseImport(title, says) {
  return dialogOf(title, "docs-picker", (pick) => {
    const place = h("div", {});
    const row = (one) => h("li", {}, button(one.name, () => pick(one)), h("span", { class: "docs-quiet" }, `${(one.inserted + one.updated).toLocaleString()} rows of ${one.dataset.replace("tables.", "")}`));
    const read = async (after) => {
      const { nodes, pageInfo } = (await graph(READ, { after }, "importexport")).importJobs;
      return { nodes: nodes.filter(({ dataset }) => dataset.startsWith("tables.")), pageInfo };
    };
    new Listing(place, { read, row, nothing: () => h("p", { class: "docs-quiet", role: "status" }, "No import into a table is done.") }).load();
    return h("div", { class: "docs-pick" }, h("p", { class: "docs-quiet" }, says), place);
  });
}
