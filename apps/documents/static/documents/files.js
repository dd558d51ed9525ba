// Files of the files service, to be chosen by their names.
import { h } from "../kernel/elements.js";
import { button, dialogOf, graph } from "./api.js";

const FIND = `query($name: String) { files(filter: {nameContains: $name, state: CLEAN}, first: 20) {
  nodes { id name version contentType } } }`;
const PAUSE = 250;

/** Let a file be chosen; returns it, or null. `fits` says of each whether it may be taken. */
export function chooseFile(title, says, fits) {
  return dialogOf(title, "docs-picker", (pick) => {
    const list = h("ul", { class: "docs-list", "aria-label": "Files" });
    const heard = h("p", { class: "docs-quiet", role: "status" });
    const word = h("input", { class: "docs-field", type: "search", autofocus: true, maxlength: 100, "aria-label": "Find files by name", placeholder: "Name of the file" });
    let turn = 0;
    let timer = 0;

    const find = async () => {
      const mine = (turn += 1);
      try {
        const { files } = await graph(FIND, { name: word.value.trim() || null }, "files");
        if (mine !== turn) return;
        const found = files.nodes.filter(fits);
        list.replaceChildren(...found.map((one) => h("li", {}, button(one.name, () => pick(one)), h("span", { class: "docs-quiet" }, `version ${one.version}`))));
        list.hidden = !found.length;
        heard.textContent = found.length ? `${found.length} found.` : "No file fits. Upload it to the files first.";
      } catch (error) {
        if (mine === turn) heard.textContent = error.message;
      }
    };
    word.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(find, PAUSE);
    });
    find();
    return h("div", { class: "docs-pick" }, h("p", { class: "docs-quiet" }, says), word, heard, list);
  });
}
