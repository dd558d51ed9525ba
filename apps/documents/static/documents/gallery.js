// The gallery: templates to begin with, by their pictures.
import { h } from "../kernel/elements.js";
import { NAMED, ask, button, dialogOf, field, graph } from "./api.js";

const QUERY = "{ documentGallery { name title description formats picture } }";

const card = (one, pick) =>
  h(
    "li",
    {},
    h("img", { src: one.picture, alt: "", loading: "lazy" }),
    h("div", {}, h("h3", { class: "docs-title" }, one.title), h("p", { class: "docs-quiet" }, one.description), h("p", { class: "docs-quiet" }, one.formats.join(", ").toUpperCase())),
    button(`Begin with ${one.title}`, () => pick(one)),
  );

/** Let a template be chosen; returns what `copyDocumentGalleryTemplate` takes, or null. */
export async function gallery() {
  const { documentGallery: found } = await graph(QUERY);
  const one = await dialogOf("Gallery", "docs-gallery", (pick) => h("ul", {}, found.map((each) => card(each, pick))));
  if (!one) return null;
  const fields = [field("Title", "title", { required: true, maxlength: 255, value: one.title }), field("Name, for programs", "name", { ...NAMED, value: one.name })];
  const given = await ask(`Begin with ${one.title}`, fields, { yes: "Create it", says: "You get a draft with sample data, to be changed as you like." });
  return given && { sample: one.name, ...given };
}
