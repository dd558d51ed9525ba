// Questions to whoever works with files: for a word, for a yes, for a folder.
import { ask, button, h, icon } from "./dom.js";
import { folderAt, foldersOf } from "./listing.js";

/** Ask for a text of one line. */
export function askText(title, label, { value = "", yes = "Save", most = 255 } = {}) {
  const field = h("input", { type: "text", class: "files-field", required: true, maxlength: most, value, autocomplete: "off", autofocus: true });
  const asked = ask(title, [h("label", {}, label, field)], { yes, answer: () => field.value.trim() });
  const dot = value.lastIndexOf(".");
  field.setSelectionRange(0, dot > 0 ? dot : value.length);
  return asked;
}

/** Ask for a day, not before `from`; its end by the clock of whoever is asked is returned, or null. */
export function askDay(title, label, causes, { from, yes }) {
  const field = h("input", { type: "date", class: "files-field", required: true, min: dayOf(from), autofocus: true });
  const said = causes.map((cause) => h("p", {}, cause));
  return ask(title, [h("label", {}, label, field), ...said], { yes, answer: () => new Date(`${field.value}T23:59:59`) });
}

function dayOf(moment) {
  return [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map((one) => String(one).padStart(2, "0")).join("-");
}

/** Ask whether something is to be done; `causes` say what comes of it. */
export function askYes(title, causes, { yes, kind = "files-danger" }) {
  return ask(title, causes.map((cause) => h("p", {}, cause)), { yes, kind, answer: () => true });
}

/** Ask for a folder; returns { id, path }, or null. The root has no id. */
export function askFolder(title, { at = "/", without = [] } = {}) {
  let path = at;
  let id = null;
  const crumbs = h("p", { class: "files-said" });
  const list = h("ul", { class: "files-chooser" });
  const enter = async (to, known) => {
    path = to;
    id = known === undefined ? await folderAt(to) : known;
    crumbs.textContent = path === "/" ? "At the root" : path;
    const { nodes } = await foldersOf({}, id);
    const inside = nodes.filter((folder) => !without.includes(folder.id));
    const above = path === "/" ? [] : [h("li", {}, button("One folder up", () => enter(path.slice(0, path.lastIndexOf("/")) || "/")))];
    const held = list.contains(document.activeElement);
    list.replaceChildren(...above, ...inside.map((folder) => h("li", {}, button([icon("folder"), folder.name], () => enter(folder.path, folder.id)))));
    if (!list.children.length) list.append(h("li", { class: "files-quiet" }, "No folders in it."));
    if (held) (list.querySelector("button") ?? list.closest("dialog").querySelector(".files-primary")).focus();
  };
  enter(at).catch(() => enter("/", null));
  return ask(title, [crumbs, list], { yes: "Move here", answer: () => ({ id, path }) });
}
