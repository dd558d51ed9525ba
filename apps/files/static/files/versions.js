// The versions of a file: who made each and when, and how one comes back.
import { change, told } from "./api.js";
import { button, h } from "./dom.js";
import { choose } from "./dropping.js";
import { size, STATES, when } from "./words.js";

/** Make the part of the details about versions. */
export function versionsOf(details, file, { nodes, pageInfo }) {
  const writes = told.may.write && !file.trashedAt;
  const section = h("section", { "aria-labelledby": "files-versions" }, h("h3", { id: "files-versions" }, "Versions"));
  if (writes && file.sha256) {
    section.append(button("Upload a new version", () => choose(([{ file: bytes }]) => details.acts.addVersion(file, bytes), { several: false }), { "data-keep": "version" }));
  }
  section.append(nodes.length ? h("ol", { class: "files-versions" }, nodes.map((one) => version(details, file, one, writes))) : h("p", { class: "files-quiet" }, "None yet."));
  if (pageInfo.hasNextPage) section.append(h("p", { class: "files-quiet" }, "Older ones are in the API."));
  return section;
}

function version(details, file, { number, createdAt, authorName, authorId, note, content }, writes) {
  const current = number === file.version;
  const [label, , look] = STATES[content.state];
  const restore = () =>
    details.run(async () => {
      const yes = await details.sure(`Bring version ${number} back?`, "It becomes the newest version; those between stay.", "Bring it back");
      return yes ? change("restoreFileVersion", { id: file.id, number }) : false;
    }, `Version ${number} is back.`);
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, `Version ${number}`), current ? h("span", { class: "files-badge files-good" }, "current") : "", content.state === "CLEAN" ? "" : h("span", { class: `files-badge files-${look}` }, label)),
    h("p", { class: "files-quiet" }, [when(createdAt), authorName || authorId || "the platform", size(content.sizeBytes)].join(" · ")),
    note ? h("p", {}, note) : "",
    writes && !current ? button("Restore", restore, { label: `Restore version ${number}`, "data-keep": `v${number}` }) : "",
  );
}
