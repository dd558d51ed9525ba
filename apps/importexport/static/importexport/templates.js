// Mappings that were kept: listed, renamed, removed.
import { h } from "../kernel/elements.js";
import { HOME, announce, ask, attempt, badge, button, change, graph, nothing, told } from "./api.js";
import { many, when } from "./jobs.js";

const place = document.querySelector("[data-list]");
const QUERY = `query($after: String) { importTemplates(order: NEWEST_FIRST, first: 50, after: $after) {
  nodes { id name dataset mode mapping createdAt } pageInfo { hasNextPage endCursor } } }`;

function row(one) {
  const name = h("strong", {}, one.name);
  const acts = told.mayWrite && [
    button("Rename", () => rename(one, name), { kind: "imp-small", "aria-label": `Rename ${one.name}` }),
    button("Delete", () => remove(one, made), { kind: "imp-small", "aria-label": `Delete ${one.name}` }),
  ];
  const made = h(
    "li",
    {},
    h("div", {}, name, " ", badge(one.mode.toLowerCase()), h("p", { class: "imp-quiet" }, `into ${one.dataset} · ${many(one.mapping.length, "field")} · ${when(one.createdAt)}`)),
    h("div", { class: "imp-acts" }, acts),
  );
  return made;
}

async function rename(one, shown) {
  const field = h("label", {}, "Name", h("input", { class: "imp-field", name: "name", required: true, maxlength: 100, value: one.name, autocomplete: "off" }));
  const given = await ask(`Rename ${one.name}`, field, { yes: "Rename it" });
  if (!given) return;
  const done = await attempt(() => change("updateImportTemplate", { id: one.id, name: given.name.trim() }, "importTemplate { id }"));
  if (!done) return;
  one.name = given.name.trim();
  const fresh = row(one);
  shown.closest("li").replaceWith(fresh);
  fresh.querySelector("button").focus();
  announce(`It is called ${one.name} now.`);
}

async function remove(one, shown) {
  const sure = await ask(`Delete ${one.name}?`, h("p", {}, "Imports that were made by it stay. The next file with its header gets suggestions instead."), { yes: "Delete it", kind: "imp-danger" });
  if (!sure) return;
  const done = await attempt(() => change("deleteImportTemplate", { id: one.id }, "importTemplate { id }"));
  if (!done) return;
  const next = shown.nextElementSibling ?? shown.previousElementSibling;
  shown.remove();
  announce(`${one.name} is deleted.`);
  if (next) next.querySelector("button").focus();
  else load();
}

async function load(after = null) {
  place.setAttribute("aria-busy", "true");
  try {
    const { importTemplates: found } = await graph(QUERY, { after });
    const list = after ? place.querySelector("ul") : h("ul", { class: "imp-list", "aria-label": "Templates" });
    list.append(...found.nodes.map(row));
    const none = nothing("No template was kept yet.", "Map the columns of an import, and keep that as a template: the next file with its header is mapped by it.", h("a", { class: "imp-button", href: HOME }, "Look at imports"));
    const more = found.pageInfo.hasNextPage && button("Show more", () => load(found.pageInfo.endCursor));
    place.replaceChildren(list.children.length ? list : none, more || "");
  } catch (error) {
    place.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => load(after)));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

load();
